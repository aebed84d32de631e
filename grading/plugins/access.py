"""Who on this machine can read and write a course: the last part of `python -m grading doctor`.

It looks at modes and owners, from the folder up to the root of the file system, and says nothing
where all is well. Access control lists are not looked at.
"""

import grp
import os
import pwd
import shlex
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from grading.plain import plain_line

READ, WRITE, ENTER = stat.S_IROTH, stat.S_IWOTH, stat.S_IXOTH
EVERYBODY, GROUP = 0, 3  # how far the bits of a mode are moved to the left
ROOT = 0
UNSEEN = Path(__file__).parents[1] / "unseen"  # digits that hidden tests ask for


@dataclass(frozen=True)
class Finding:
    """What somebody can do who shouldn't, and the command that ends it."""

    what: str
    remedy: str


def told_access(coursedir: CourseDirectory, exchange: str) -> list[str]:
    """What is wrong with who may do what, as lines; none where all is well.

    Args:
        coursedir: the course; in a folder without `source/` there is none, and nothing to say.
        exchange: nbgrader's, which need not be there.
    """
    if sys.platform == "win32" or not Path(_step(coursedir, "source_directory")).is_dir():
        return []
    lines = []
    course = Path(exchange, coursedir.course_id) if coursedir.course_id else None
    above = _above(Path(coursedir.root))
    for found in (*_course(coursedir), *above, *_exchange(Path(exchange), course)):
        lines += [f"[look] {plain_line(found.what)}:", f"       {plain_line(found.remedy)}"]
    return lines


def _step(coursedir: CourseDirectory, name: str) -> str:
    return os.path.join(coursedir.root, getattr(coursedir, name))


def _course(coursedir: CourseDirectory) -> Iterator[Finding]:
    """What others can do in the course's own folder."""
    root = Path(coursedir.root).resolve()
    steps = ("source", "solution", "submitted", "autograded", "feedback")
    kept = [Path(_step(coursedir, f"{name}_directory")) for name in steps]
    file = coursedir.db_url.removeprefix("sqlite:///").partition("?")[0]
    kept += [Path(file)] if coursedir.db_url.startswith("sqlite:///") else []
    kept = [path.resolve() for path in kept if path.exists()]
    mode, group = root.stat().st_mode, root.stat().st_gid
    shared = bool(mode & stat.S_IWGRP)
    who = [(EVERYBODY, "every account of this machine", "o")]
    if not shared and (others := _others_in(group, root.stat().st_uid)):
        who.append((GROUP, f"the group {_group(group)} ({', '.join(others[:5])})", "g"))
    for shift, name, letter in who:
        for may, bit in (("write", WRITE), ("read", READ)):
            open_to = [path for path in kept if _may(path, bit, shift)]
            inside = [str(path.relative_to(root)) for path in open_to if root in path.parents]
            if inside:
                yield Finding(
                    f"{name} can {may} {', '.join(inside)} in {root}",
                    f"chmod {letter}= {shlex.quote(str(root))}",
                )
            for path in open_to:
                if root not in path.parents:
                    yield Finding(f"{name} can {may} {path}", f"chmod {letter}= {path}")
            if open_to:
                break
    if root not in UNSEEN.parents and _may(UNSEEN, READ, EVERYBODY):
        yield Finding(
            f"every account of this machine can read the digits of the hidden tests in {UNSEEN}",
            "give students an environment without grading/ (docs/hub.md), and close this one",
        )
    if shared and not mode & stat.S_ISGID:
        yield Finding(
            f"what one of the group {_group(group)} makes in {root} isn't the group's",
            f"find {shlex.quote(str(root))} -type d -exec chmod g+s {{}} +",
        )
    if shared and not coursedir.groupshared:
        yield Finding(
            f"the group {_group(group)} may write {root}, and nbgrader doesn't know of it",
            "c.CourseDirectory.groupshared = True",
        )


def _above(root: Path) -> Iterator[Finding]:
    """Who could put something else in the place of the course, by a folder above it."""
    owners = {ROOT, root.stat().st_uid, os.getuid()}
    for folder in root.resolve().parents:
        status = folder.stat()
        if status.st_mode & WRITE and not status.st_mode & stat.S_ISVTX:
            yield Finding(
                f"every account of this machine can rename what is in {folder}, with the course",
                f"chmod o-w {folder}",
            )
        elif status.st_uid not in owners:
            yield Finding(
                f"{folder}, which the course is in, belongs to {_account(status.st_uid)}",
                "move the course elsewhere",
            )


def _exchange(exchange: Path, course: Path | None) -> Iterator[Finding]:
    """What students can do in the exchange beyond handing in and fetching."""
    if not exchange.is_dir():
        return
    mode = exchange.stat().st_mode
    if mode & WRITE and not mode & stat.S_ISVTX:
        yield Finding(
            f"every account can put another folder in the place of a course in {exchange}",
            f"chmod +t {exchange}",
        )
    if not course or not course.is_dir():
        return
    rules = (
        ("", WRITE, "o-w", "put other folders in the place of"),
        ("outbound", WRITE, "o-w", "change what is handed out in"),
        ("inbound", READ, "o-r", "see who handed in, and change it, in"),
        ("feedback", READ | WRITE, "o-rw", "read everybody's pages in"),
    )
    for name, bits, remedy, may in rules:
        place = course / name
        if place.is_dir() and place.stat().st_mode & bits:
            yield Finding(f"every account can {may} {place}", f"chmod {remedy} {place}")


def _may(path: Path, bit: int, shift: int) -> bool:
    """Whether others, or a group, get to a path and may do something with it."""
    try:
        on_the_way = [folder.stat().st_mode for folder in path.parents]
        mode = path.stat().st_mode
    except OSError:
        return False
    # Of a group it isn't known which of the folders on the way are its own: those are open to all.
    entered = all(mode & ENTER or (shift and mode & ENTER << shift) for mode in on_the_way)
    needed = bit | ENTER if stat.S_ISDIR(mode) else bit
    return entered and mode >> shift & needed == needed


def _others_in(group: int, owner: int) -> list[str]:
    """The accounts of a group other than the owner and root."""
    try:
        listed = set(grp.getgrgid(group).gr_mem)
    except KeyError:
        return []
    listed |= {account.pw_name for account in pwd.getpwall() if account.pw_gid == group}
    return sorted(listed - {_account(owner), _account(ROOT)})


def _group(group: int) -> str:
    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)


def _account(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"an account without a name ({owner})"
