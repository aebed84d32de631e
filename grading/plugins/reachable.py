"""An exchange that can't be used is told before a command begins, with what to do about it.

nbgrader tells the instructor, too, to contact the instructor; and what only shows on the way ends
in a traceback. `typed.install` puts `reachable` around what all of its steps begin with.
"""

import os
import pwd
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nbgrader.exchange.default import (
    Exchange,
    ExchangeCollect,
    ExchangeList,
    ExchangeReleaseAssignment,
    ExchangeReleaseFeedback,
)

READ, WRITE = os.R_OK | os.X_OK, os.W_OK | os.X_OK
OPEN = 0o777
HINT = "c.Exchange.root in nbgrader_config.py says which folder it is"
UNCHANGED = "Nothing has been changed."
MISSING = (
    "There is no exchange at {path}: {hint}. Whoever looks after this machine makes it once, "
    "`mkdir -p {path} && chmod 1777 {path}`. " + UNCHANGED
)
NO_COURSE = (
    "There is no course '{course}' in the exchange: {path} is not there. `nbgrader "
    "release_assignment` makes it with the first assignment; c.CourseDirectory.course_id says "
    "which course it is, and {hint}. " + UNCHANGED
)
FORBIDDEN = (
    "{me} can't {do} {path}, which belongs to {owner} ({mode}). Please ask {owner} for the right, "
    "`{remedy}`, or run the command as {owner}; {hint}. " + UNCHANGED
)
MOUNTED = (
    "{me} can't write to {path}: its file system is mounted for reading only. Please have it "
    "mounted for writing, or run the command where it is; {hint}. " + UNCHANGED
)
NOT_YOURS = (
    "{path} belongs to {owner}, and {me} can't release there. Where several accounts teach a "
    "course, set c.CourseDirectory.groupshared = True and have {owner} share it with their group, "
    "`chgrp -R <group> {course} && chmod -R g+rwX {course}`; else run the command as {owner}. "
    + UNCHANGED
)
BROKEN = (
    "The exchange at {root} could not be used to the end: {why}. If its disk is full, make some "
    "room; then run the command again, which goes on from there."
)


@dataclass(frozen=True)
class Need:
    """A folder that is used, what for (of `os.access`), and whether nbgrader wants it to be one's
    own."""

    path: str
    rights: int
    own: bool = False


def reachable(method: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """Has a step of the exchange end with what is wrong, where it can't begin or go on."""

    def start(self: Exchange) -> None:
        if why := problem(self):
            self.fail(why)
        try:
            method(self)
        except OSError as error:
            self.fail(BROKEN.format(root=self.root, why=error))

    return start


def problem(step: Exchange) -> str:
    """Why a step of the exchange can't be done by this account, in words; "" where it can."""
    root, course = step.root, step.coursedir.course_id
    if not os.path.isdir(root):
        releases = isinstance(step, ExchangeReleaseAssignment)
        makes_it = releases and os.access(_nearest(root), WRITE)
        return "" if makes_it else MISSING.format(path=root, hint=HINT)
    return _at_root(step, root) or (course and _in_course(step, os.path.join(root, course)))


def _at_root(step: Exchange, root: str) -> str:
    """What nbgrader asks of the exchange itself: that everybody, or else a group, can write."""
    shared, status = step.coursedir.groupshared, os.stat(root)
    if isinstance(step, ExchangeReleaseAssignment) and not shared:
        if status.st_uid == os.getuid() and not _mounted_read_only(root):
            return ""  # nbgrader opens it to all accounts
        if status.st_mode & OPEN != OPEN:
            return _forbidden(root, "open to all accounts", f"chmod 1777 {root}")
    if not os.access(root, os.X_OK if shared else WRITE):
        return _forbidden(root, "write to", f"chmod 1777 {root}")
    return ""


def _in_course(step: Exchange, course: str) -> str:
    for need in _needs(step, course):
        path = need.path
        if not os.path.exists(path):
            return NO_COURSE.format(course=step.coursedir.course_id, path=path, hint=HINT)
        owner, me = os.stat(path).st_uid, os.getuid()
        if need.own and not step.coursedir.groupshared and owner != me:
            names = {"owner": _account(owner), "me": _account(me)}
            return NOT_YOURS.format(path=path, course=course, **names)
        if not os.access(path, need.rights):
            do, right = ("write to", "w") if need.rights & os.W_OK else ("read", "r")
            return _forbidden(path, do, f"chmod g+{right}x {path}")
    return ""


def _needs(step: Exchange, course: str) -> Iterator[Need]:
    """The folders of a course in the exchange that a step uses, from above to below."""
    outbound, inbound, feedback = (
        os.path.join(course, name) for name in ("outbound", "inbound", "feedback")
    )
    match step:
        case ExchangeReleaseAssignment():
            for path, rights in (course, os.X_OK), (outbound, WRITE), (inbound, os.X_OK):
                made = not os.path.exists(path)
                yield Need(_nearest(path), WRITE if made else rights, own=not made)
            for folder, _, _ in os.walk(os.path.join(outbound, step.coursedir.assignment_id)):
                yield Need(folder, WRITE)
        case ExchangeReleaseFeedback():
            yield Need(_nearest(feedback), WRITE, own=os.path.exists(feedback))
        case ExchangeCollect():
            yield Need(inbound, READ)
        case ExchangeList():
            listed = inbound if step.inbound else outbound
            if os.path.exists(listed) and not step.cached:
                yield Need(listed, READ)


def _nearest(path: str) -> str:
    """`path`, or the nearest folder above it that is there."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _forbidden(path: str, do: str, remedy: str) -> str:
    me, status = _account(os.getuid()), os.stat(path)
    if _mounted_read_only(path):
        return MOUNTED.format(path=path, me=me, hint=HINT)
    told = {"owner": _account(status.st_uid), "mode": stat.filemode(status.st_mode)}
    return FORBIDDEN.format(me=me, do=do, path=path, remedy=remedy, hint=HINT, **told)


def _mounted_read_only(path: str) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the account {number}"
