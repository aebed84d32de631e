"""Which of the handed-in files may be the notebook: a copy, one renamed, in a folder or in a zip.

Browsers, mail programs, operating systems and learning systems all rename files. Which of several
is the notebook, its content decides (`grading.coordinator.assignment`).
"""

import contextlib
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath

from grading.coordinator.reading import AGAIN, LARGEST, UnreadableError, shown_name

NOTEBOOK = re.compile(r"(?P<stem>.+)\.ipynb\b.*|(?P<other>.+)\.json", re.I | re.S)
NOT_OURS = {"__MACOSX", ".ipynb_checkpoints"}
DEEPEST = 3  # folders, the name of the file counted
MOST_FILES = 2_000  # that are looked at
MOST_CANDIDATES = 6
LONGEST_DIRECTORY = 1 << 20  # bytes that list what a zip holds
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # which expand piece by piece
PIECE = 1 << 16  # bytes
EXPORTED = (".html", ".pdf", ".py")
SHOWN = 8  # names of files in a message


@dataclass(frozen=True)
class Candidate:
    """A file that may be the notebook: its place in the folder, and in a zip at that place."""

    folder: Path
    name: str
    member: str = ""

    @property
    def shown(self) -> str:
        """What the file is called in messages."""
        name = f"{self.member} in {self.name}" if self.member else self.name
        return f"'{shown_name(name)}'"

    def is_at(self, path: Path) -> bool:
        """Whether this is the file at that path itself."""
        return not self.member and self.folder / self.name == path

    @contextlib.contextmanager
    def file(self) -> Iterator[Path]:
        """Where the file can be read; one in a zip is taken out of it meanwhile.

        Raises:
            UnreadableError: it can't be taken out: it is too large, encrypted or damaged.
        """
        if not self.member:
            yield self.folder / self.name
            return
        with tempfile.NamedTemporaryFile() as file:
            try:
                with (
                    opened_zip(self.folder / self.name) as zipped,
                    zipped.open(self.member) as packed,
                ):
                    while (piece := packed.read(PIECE)) and file.tell() <= LARGEST:
                        file.write(piece)
            except Exception:  # whatever zipfile makes of a damaged or a forged one
                raise UnreadableError(f"{self.shown} cannot be unpacked. {AGAIN}") from None
            file.flush()
            yield Path(file.name)


def candidates(wanted: Path, known: set[str]) -> list[Candidate]:
    """The files that may be the notebook `wanted`, those with the nearest names first.

    Args:
        known: the names of the assignment's notebooks; one of the others isn't this one.
    """
    found: dict[Candidate, tuple[bool, float, int, str]] = {}
    for name in files_in(wanted.parent):
        inside = _members(wanted.parent / name) if name.lower().endswith(".zip") else [""]
        for member in inside:
            path = PurePosixPath(member or name)
            match = NOTEBOOK.fullmatch(path.name)
            stem = (match["stem"] or match["other"]) if match else ""
            if not stem or not _is_ours(path) or stem in known - {wanted.stem}:
                continue
            alike = SequenceMatcher(None, wanted.stem.lower(), stem.lower()[:100]).ratio()
            depth = len(path.parts) + bool(member)
            candidate = Candidate(wanted.parent, name, member)
            found[candidate] = (name != wanted.name, -alike, depth, f"{name}/{member}")
    return sorted(found, key=lambda candidate: found[candidate])[:MOST_CANDIDATES]


def files_in(folder: Path) -> list[str]:
    """The paths, within `folder`, of the plain files in it and not far below."""
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        within = Path(place).relative_to(folder)
        if len(within.parts) + 1 >= DEEPEST:
            folders.clear()
        folders.sort()
        paths = [within / name for name in sorted(files)]
        found += [str(path) for path in paths if (folder / path).is_file() and _is_ours(path)]
        if len(found) > MOST_FILES:
            break
    return found[:MOST_FILES]


def told_files(files: list[str]) -> str:
    """A sentence that names the handed-in files."""
    if not files:
        return "No other file was handed in."
    told = ", ".join(f"'{shown_name(name)}'" for name in files[:SHOWN])
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    exported = any(name.lower().endswith(EXPORTED) for name in files)
    hint = " What was exported from a notebook cannot be graded." if exported else ""
    return f"Handed in: {told}{more}.{hint}"


def _is_ours(path: PurePosixPath | Path) -> bool:
    """Whether a file was put there by a person: no hidden one, and none of a system's own."""
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and not NOT_OURS.intersection(path.parts)


def _members(path: Path) -> Iterator[str]:
    """The files in a zip; none where it can't be read."""
    try:
        with opened_zip(path) as archive:
            for info in archive.infolist()[:MOST_FILES]:
                name = PurePosixPath(info.filename)
                if info.compress_type in METHODS and len(name.parts) <= DEEPEST:
                    yield info.filename
    except Exception:  # whatever zipfile makes of a damaged or a forged one
        return


class _Careful(io.BufferedReader):
    """A file of which no more is read at once than an honest zip asks for."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises ValueError where it would be more than LONGEST_DIRECTORY."""
        most = LONGEST_DIRECTORY + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        if len(data) == most:
            raise ValueError("this zip lists too many files")
        return data


@contextlib.contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A student's zip. Raises whatever zipfile makes of a damaged one, or one without end."""
    with _Careful(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
        yield archive
