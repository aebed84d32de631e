"""What a learning system gives to download, for `nbgrader zip_collect`.

    c.ZipCollectApp.extractor_plugin = "grading.plugins.archives.Extractor"
    c.ZipCollectApp.collector_plugin = "grading.plugins.archives.Collector"

Students named the files in it, and packed some of them themselves. One that is damaged, or that is
more than a student hands in, is told and left out; the others are collected. Whose the files are
say the names that Canvas and Moodle give them, or a pattern: `c.Collector.named_regexp`.
"""

import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar

from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from traitlets import Integer

from grading.coordinator.candidates import opened_zip
from grading.coordinator.folder import NOTEBOOKS_IN_ALL, YEARS, opened, showable, walk
from grading.plain import plain_line
from grading.plugins.systems.downloads import EXAMPLES, Owners, named, sorted_out

DEEPEST = 2  # archives in one another, the learning system's counted
MOST_MEMBERS = 2_000  # of an archive in an archive


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name, its size, and what reads it; None: it is no plain file."""

    name: str
    size: int
    open: Callable[[], IO[bytes] | None] | None


class Extractor(ExtractorPlugin):
    """nbgrader's own, with limits: no link is made or followed, no archive stops the others."""

    archive_bytes = Integer(
        20 * 10**9, help="bytes that one archive of the learning system's may unpack to"
    ).tag(config=True)
    packed_by_students: ClassVar[set[Path]] = set()  # folders: archives in the learning system's

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpacks the archives in a folder, and copies the other files.

        Args:
            archive_path: of the folder.
            extracted_path: of another one, which is filled.
        """
        with opened(archive_path) as folder:
            for entry in walk(folder):
                source, target = Path(archive_path, *entry.path), Path(extracted_path, *entry.path)
                if why := entry.why or _why_no_name(str(source)):
                    self._leave_out(str(source), why)
                elif stat.S_ISREG(entry.status.st_mode):
                    self._bring(source, target, 1)

    def _bring(self, source: Path, target: Path, depth: int) -> None:
        """Copies a file, or unpacks it where it is an archive."""
        try:
            if source.suffix.lower() in self.zip_ext and depth <= DEEPEST:
                stem = target.name.removesuffix(target.suffix).removesuffix(".tar")
                if depth > 1:
                    self.packed_by_students.add(target.with_name(stem))
                self._unpack(source, target.with_name(stem), depth)
            elif source != target:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target, follow_symlinks=False)
        except Exception as error:  # whatever zipfile and tarfile make of a damaged or a forged one
            self._leave_out(str(source), f"cannot be read ({error})")

    def _unpack(self, source: Path, into: Path, depth: int) -> None:
        self.log.info("Extracting %s", source)
        room = self.archive_bytes if depth == 1 else NOTEBOOKS_IN_ALL
        archives: list[Path] = []
        with ExitStack() as stack:
            for number, member in enumerate(_members(source, depth, stack)):
                shown = f"{member.name} in {source}"
                path = PurePosixPath(member.name.replace("\\", "/"))
                room -= member.size
                if room < 0 or (depth > 1 and number >= MOST_MEMBERS):
                    self._leave_out(shown, "and what follows are too much for one archive")
                    break
                why = _why_no_name(member.name)
                if member.open is None or path.is_absolute() or ".." in path.parts:
                    why = "is no plain file, or leads out of the archive"
                if why or member.open is None:
                    self._leave_out(shown, why)
                    continue
                target = into / path
                try:
                    _write(target, member.open)
                except Exception as error:  # whatever zipfile makes of a damaged or encrypted one
                    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
                    self._leave_out(shown, f"cannot be unpacked ({said})")
                    continue
                if target.suffix.lower() in self.zip_ext:
                    archives.append(target)
        for archive in archives:
            self._bring(archive, archive, depth + 1)

    def _leave_out(self, what: str, why: str) -> None:
        self.log.error("Left out: '%s' %s", *map(plain_line, (what, why)))


def _write(target: Path, member: Callable[[], IO[bytes] | None]) -> None:
    """Unpacks a file where none is yet: all of it, or nothing. Raises whatever hinders it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "xb") as file:
        try:
            with member() or open(os.devnull, "rb") as packed:
                shutil.copyfileobj(packed, file)
        except BaseException:
            target.unlink()
            raise


def _why_no_name(name: str) -> str:
    """Why a name can't be used: another in its place could be that of another student."""
    return "" if showable(name) == name else "has a name with characters that can't be seen"


def _members(source: Path, depth: int, stack: ExitStack) -> Iterator[Member]:
    """The files in an archive, which stays open as long as `stack`."""
    if not zipfile.is_zipfile(source):
        packed = stack.enter_context(tarfile.open(source))  # noqa: SIM115 (the stack is one)
        for one in packed:
            if not one.isdir():
                read = (lambda one=one: packed.extractfile(one)) if one.isreg() else None
                yield Member(one.name, one.size, read)
        return
    archive = stack.enter_context(zipfile.ZipFile(source) if depth == 1 else opened_zip(source))
    for info in archive.infolist():
        if not info.is_dir():
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            read = None if is_link else (lambda info=info: archive.open(info))
            yield Member(info.filename, info.file_size, read)


class Collector(FileNameCollectorPlugin):
    """nbgrader's own; a file that is there twice, or of a time that is none, stops nobody.

    Without a pattern, files are known by the names that Canvas and Moodle give them.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._times: dict[tuple[str, str], str | None] = {}
        self._known: dict[str, dict[str, str]] = {}  # without a pattern: what `collect` says

    def look_at(self, files: list[str], root: str, owners: Owners, released: list[str]) -> None:
        """Finds out whose the files of a download are, where there is no pattern.

        A number belongs to one student, so files of one number and of two names are nobody's:
        one of them was named to be taken for somebody else's.

        Args:
            root: the folder that they are in.
            owners: who has which number.
            released: the names of the assignment's notebooks.
        """
        paths = [Path(file) for file in files if Path(file).suffix.lower() in self.valid_ext]
        said = {path: named(path.relative_to(root)) for path in paths}
        names: dict[tuple[str, str], set[str]] = {}
        for one in filter(None, said.values()):
            names.setdefault((one.system, one.number), set()).add(one.name)
        claimed = []
        for path, name in said.items():
            if name is None:
                self._leave_out(path, f"is named in no known way, such as {EXAMPLES.format('toy')}")
            elif len(names[name.system, name.number]) > 1:
                self._leave_out(path, f"has the number {name.number}, as others of another name")
            elif len(own := owners.owners(name)) > 1:
                self._leave_out(path, f"can be of {' or '.join(sorted(own))}, by its numbers")
            elif own:
                claimed.append((path, name, own.pop()))
            else:
                self._leave_out(
                    path,
                    f"is of {name.name}, number {name.number} in {name.system}: that is no student "
                    "of the gradebook's. Read the class list: python -m grading roster FILE",
                )
        kept, replaced = sorted_out(claimed, released)
        for path, student in replaced:
            self.log.warning("'%s' was handed in again by %s", plain_line(path.name), student)
        late = sorted({student for path, one, student in claimed if one.late and path in kept})
        if late:
            self.log.warning(
                "Late for Canvas, which doesn't say when: %s. Nothing is taken off for that.",
                ", ".join(late),
            )
        whose = {path: student for path, _, student in claimed}
        self._known = {
            str(path): {"student_id": whose[path], "file_id": f"{name}.ipynb"}
            for path, name in kept.items()
        }

    def _leave_out(self, path: Path, why: str) -> None:
        self.log.error("Left out: '%s' %s", *map(plain_line, (path, why)))

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Whose a file is, and what it is called; None where the file can't be collected."""
        if not self.named_regexp:
            return self._known.get(submitted_file)
        found = super().collect(submitted_file)
        if not found or not found.get("student_id") or not found.get("file_id"):
            return None
        for folder in Extractor.packed_by_students.intersection(Path(submitted_file).parents):
            owner = self._owner(folder, Path(submitted_file).suffix)
            if owner not in (None, found["student_id"]):
                told = map(plain_line, (submitted_file, owner, found["student_id"]))
                self.log.error("Left out: '%s' is of %s, and named as if it were of %s", *told)
                return None
        said = found.get("timestamp")
        if said is not None and not _is_time(said):
            self.log.warning("%s holds no date and time", plain_line(submitted_file))
            found["timestamp"] = said = None
        key = found["student_id"], os.path.splitext(found["file_id"])[0]
        if key in self._times and None in (said, self._times[key]):
            self.log.error("Left out: '%s' is there twice", plain_line(submitted_file))
            return None
        self._times[key] = said
        return found

    def _owner(self, folder: Path, suffix: str) -> str | None:
        """Whose archive was unpacked to a folder, by its name; None: the pattern can't tell."""
        found = (super(Collector, self).collect(f"{folder}{end}") for end in (".zip", suffix))
        return next((one["student_id"] for one in found if one and one.get("student_id")), None)


def _is_time(said: str) -> bool:
    try:
        return parse_utc(said).year in YEARS
    except Exception:  # whatever dateutil makes of it
        return False
