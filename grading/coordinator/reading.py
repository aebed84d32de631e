"""The cells of a notebook file, whatever its size: what isn't graded is passed over, not loaded.

Most of a large notebook are figures in its outputs. The file is mapped into memory and walked
through as JSON; of each cell the type, text, name and attachments are loaded, and nothing else.
What goes beyond a limit is left out, and said; what was read before it counts.
"""

import json
import mmap
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 256 << 20  # bytes of a file; one full of figures has some tens of millions
LARGEST_CODE = 5_000_000  # bytes of the source of all code cells
LARGEST_KEPT = 16 << 20  # bytes of texts and attachments: pictures can be pasted into a text
LARGEST_UTF16 = 16 << 20  # bytes; such a file is decoded as a whole
MOST_CELLS = 2_000
MOST_MEMBERS = 5_000  # of one object
LONGEST_NAME = 1 << 16  # bytes
MOST_STEPS = 5_000_000  # strings and brackets: some seconds
AGAIN = "Please open your notebook in JupyterLab, save it, and hand in that file again."

SPACE = re.compile(rb"[ \t\r\n]*")
BEGUN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+', re.S)
STRING = re.compile(BEGUN.pattern + b'"', re.S)
ESCAPE = re.compile(rb"\\.", re.S)
SCALAR = re.compile(rb"[^\s,:\"\[\]{}]+")
MARK = re.compile(rb'["\[\]{}]')
SOMETHING = re.compile(rb"[^\0 \t\r\n]")
LINES = 1 << 20  # bytes in which lines are counted at once

Attachments = dict[str, dict[str, str]]  # {name: {type: data}}


class UnreadableError(Exception):
    """The file holds no notebook; the message tells the student why and what to do."""


@dataclass(frozen=True)
class RawCell:
    """What is read of a cell; `name` is its grade_id or else its id, None where it has neither."""

    kind: str
    name: str | None
    source: str
    attachments: Attachments = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """What was read of a file; `left_out`: what there was no room for, as sentences."""

    cells: tuple[RawCell, ...]
    left_out: tuple[str, ...] = ()


def cells_of_file(path: Path, shown: str = "") -> Read:
    """The cells of a handed-in notebook, which messages call `shown`, or by its own name.

    UTF-8 with or without a byte order mark, UTF-16, any line ends, any nbformat version and missing
    metadata are all understood.

    Raises:
        UnreadableError: it is no plain file, too large, or holds no notebook.
    """
    name = shown or shown_name(path.name)
    try:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableError(f"{name} is a folder and not a notebook. {AGAIN}")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(f"{name} is a link or a device and not a notebook. {AGAIN}")
        if status.st_size > LARGEST:
            raise UnreadableError(
                f"{name} is larger than {LARGEST >> 20} MiB. Please choose 'Clear Outputs of "
                "All Cells' in JupyterLab, save, and hand in the notebook again."
            )
        if not status.st_size:
            raise UnreadableError(f"{name} is empty. {AGAIN}")
        with (
            open(path, "rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw,
        ):
            return _cells(raw, name)
    except FileNotFoundError:
        raise UnreadableError(
            f"No notebook {name} was handed in. Please hand in the notebook that you were "
            "given, under its own name."
        ) from None
    except OSError as error:
        raise UnreadableError(f"{name} cannot be read ({error.strerror}). {AGAIN}") from None


def shown_name(name: str, most: int = 60) -> str:
    """A file's name as it can be shown anywhere: no markup, nothing invisible, not too long."""
    plain = "".join(c if c.isprintable() and c not in "<>&\"'`" else "?" for c in name)
    return plain if len(plain) <= most else f"{plain[: most - 12]}…{plain[-11:]}"


def _cells(raw: mmap.mmap | bytes, name: str) -> Read:
    if not SOMETHING.search(raw):
        raise UnreadableError(f"{name} is empty. {AGAIN}")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        if len(raw) > LARGEST_UTF16:
            raise UnreadableError(f"{name} is too large for a file in UTF-16. {AGAIN}")
        raw = raw[:].decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    return _Walk(raw, name).read()


class _Walk:
    """A way through the text of a JSON file. Every method raises `UnreadableError`."""

    def __init__(self, raw: mmap.mmap | bytes, name: str):
        self._raw, self._name = raw, name
        self._steps = MOST_STEPS
        self._rooms = {"code": LARGEST_CODE, "other": LARGEST_KEPT}
        self._cells: list[RawCell] | None = None  # None: no list of cells has been found yet
        self._left_out: list[str] = []

    def read(self) -> Read:
        """The cells of the notebook that the file holds."""
        start = self._after(3 if self._raw[:3] == b"\xef\xbb\xbf" else 0)
        if self._raw[start] != ord("{"):
            raise UnreadableError(f"{self._name} holds data, but no notebook. {AGAIN}")
        self._find_cells(start)
        if self._cells is None:
            raise UnreadableError(
                f"{self._name} is JSON, but not a notebook: it has no cells. {AGAIN}"
            )
        return Read(tuple(self._cells), tuple(self._left_out))

    def _find_cells(self, start: int) -> None:
        """Reads the cells, also those in the worksheets of nbformat 3, as far as there is room."""
        for name, at in self._members(start):
            lists = [at] if name == "cells" else []
            if name == "worksheets" and self._raw[at] == ord("["):
                sheets = [self._object(sheet) for sheet in self._elements(at)]
                lists = [sheet["cells"] for sheet in sheets if "cells" in sheet]
            for cells in lists:
                if self._raw[cells] == ord("[") and not self._take(cells):
                    return  # whatever follows isn't even looked at

    def _take(self, start: int) -> bool:
        """Reads a list of cells; whether there was room for all of them."""
        self._cells = self._cells or []
        for at in self._elements(start):
            if len(self._cells) == MOST_CELLS:
                self._left_out.append(
                    f"{self._name} has more than {MOST_CELLS:,} cells: what follows the first "
                    f"{MOST_CELLS:,} was left out."
                )
                return False
            if self._raw[at] == ord("{"):
                self._cells.append(self._cell(at))
        return True

    def _cell(self, at: int) -> RawCell:
        data = self._object(at)
        kind = self._string(data.get("cell_type"))
        marks = self._object(self._object(data.get("metadata")).get("nbgrader"))
        name = self._string(marks.get("grade_id"))
        return RawCell(
            kind=kind if kind in ("code", "raw") else "markdown",
            name=self._string(data.get("id")) if name is None else name,
            source=self._text(
                data.get("source", data.get("input")), "code" if kind == "code" else "other"
            ),
            attachments={
                name: {mime: self._text(data) for mime, data in self._object(versions).items()}
                for name, versions in self._object(data.get("attachments")).items()
            },
        )

    # ---- values, by where they start; one of another type is as good as none --------------------

    def _object(self, at: int | None) -> dict[str, int]:
        """{name of a member: where its value starts}."""
        if at is None or self._raw[at] != ord("{"):
            return {}
        found: dict[str, int] = {}
        for name, value in self._members(at):
            found[name] = value
            if len(found) > MOST_MEMBERS:
                raise self._too_complex()
        return found

    def _text(self, at: int | None, room: str = "other") -> str:
        """A string, or the strings of a list as one, as far as there is room: by whole lines."""
        parts = self._elements(at) if at is not None and self._raw[at] == ord("[") else [at]
        lines: list[str] = []
        for part in parts:
            if part is None or self._raw[part] != ord('"'):
                continue
            end = self._end(part)
            if end - part > self._rooms[room]:
                self._tell_of_full(room)
                lines.append(self._lines_of(part, part + self._rooms[room]))
                self._rooms[room] = 0
                break
            self._rooms[room] -= end - part
            lines.append(self._loaded(part, end))
        return "".join(lines)

    def _lines_of(self, at: int, end: int) -> str:
        """The whole lines of a string that lie before `end`."""
        begun = BEGUN.match(self._raw, at, end)
        piece = begun[0] if begun else b""
        breaks = [escape.end() for escape in ESCAPE.finditer(piece) if escape[0] == b"\\n"]
        return self._loaded(at, at + breaks[-1], b'"') if breaks else ""

    def _tell_of_full(self, room: str) -> None:
        code = f"{LARGEST_CODE // 10**6} MB of code"
        most = code if room == "code" else f"{LARGEST_KEPT >> 20} MiB of texts and pasted pictures"
        told = f"{self._name} holds more than {most}: what follows was left out."
        if told not in self._left_out:
            self._left_out.append(told)

    def _string(self, at: int | None) -> str | None:
        """A name; of them there are few, and short ones."""
        if at is None or self._raw[at] != ord('"'):
            return None
        end = self._end(at)
        if end - at > LONGEST_NAME:
            raise self._too_complex()
        return self._loaded(at, end)

    def _loaded(self, at: int, end: int, closing: bytes = b"") -> str:
        try:
            string = (self._raw[at:end] + closing).decode("utf-8", errors="replace")
            return json.loads(string, strict=False)
        except ValueError:
            raise self._damaged(at) from None

    # ---- JSON -----------------------------------------------------------------------------------

    def _members(self, at: int) -> Iterator[tuple[str, int]]:
        """The members of the object that starts at `at`: name, and where its value starts.

        A value is walked through when the next member is asked for, not before.
        """
        at = self._after(at + 1)
        while self._raw[at] != ord("}"):
            name, end = self._string(at), self._end(at)
            colon = self._after(end)
            if name is None or self._raw[colon] != ord(":"):
                raise self._damaged(at)
            start = self._after(colon + 1)
            yield name, start
            at = self._next(self._end(start), b"}")

    def _elements(self, at: int) -> Iterator[int]:
        """Where the elements of the list that starts at `at` start; of no list none."""
        if self._raw[at] != ord("["):
            return
        at = self._after(at + 1)
        while self._raw[at] != ord("]"):
            yield at
            at = self._next(self._end(at), b"]")

    def _next(self, at: int, closing: bytes) -> int:
        """Where the next member or element starts, or the closing bracket is."""
        at = self._after(at)
        if self._raw[at] == ord(","):
            return self._after(at + 1)
        if self._raw[at] != closing[0]:
            raise self._damaged(at)
        return at

    def _after(self, at: int) -> int:
        """Where the next thing that isn't space is."""
        found = SPACE.match(self._raw, at)
        if found is None or found.end() >= len(self._raw):
            raise self._damaged(len(self._raw))
        return found.end()

    def _end(self, at: int) -> int:
        """Where the value that starts at `at` ends."""
        raw, depth = self._raw, 0
        while True:
            self._steps -= 1
            if self._steps < 0:
                raise self._too_complex()
            if raw[at] in b"[{":
                depth, at = depth + 1, at + 1
            elif raw[at] in b"]}":
                depth, at = depth - 1, at + 1
            else:
                value = (STRING if raw[at] == ord('"') else SCALAR).match(raw, at)
                if value is None:
                    raise self._damaged(at)
                at = value.end()
            if depth <= 0:
                if depth < 0:
                    raise self._damaged(at)
                return at
            mark = MARK.search(raw, at)
            if mark is None:
                raise self._damaged(len(raw))
            at = mark.start()

    def _too_complex(self) -> UnreadableError:
        return UnreadableError(f"{self._name} is too complex to be read. {AGAIN}")

    def _damaged(self, at: int) -> UnreadableError:
        starts = range(0, at, LINES)
        line = 1 + sum(self._raw[i : min(i + LINES, at)].count(b"\n") for i in starts)
        return UnreadableError(
            f"{self._name} is damaged: it is not valid JSON (line {line}). {AGAIN}"
        )
