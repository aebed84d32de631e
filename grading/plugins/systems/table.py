"""A table as a learning system exports it, or a spreadsheet saves it."""

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from grading.plain import plain_line

SEPARATORS = ",;\t"
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class TableError(ValueError):
    """A file that is no table, or not the one that is needed; the text says what to do."""


@dataclass(frozen=True)
class Table:
    """A table of texts, each row as long as the titles."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> list[dict[str, str]]:
        """The rows as {title: field}, without white space around them."""
        names = [title.strip() for title in self.titles]
        return [
            dict(zip(names, (field.strip() for field in row), strict=True)) for row in self.rows
        ]


def read(path: Path) -> Table:
    """Reads a CSV file: UTF-8 or UTF-16, its fields separated by commas, semicolons or tabs.

    Raises:
        TableError: it can't be read, or holds no rows.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} can't be read: {error.strerror}.") from error
    if content.startswith(b"PK"):
        raise TableError(f"{path} is a workbook, or an archive: save its table as CSV (UTF-8).")
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not UTF-8: save it as CSV (UTF-8).") from error
    first, _, rest = text.partition("\n")
    if first.strip().lower() in (f"sep={separator.strip()}" for separator in SEPARATORS):
        text = rest  # a line for Excel
    try:
        lines = [
            row for row in csv.reader(io.StringIO(text, ""), delimiter=_separator(text)) if row
        ]
    except csv.Error as error:
        raise TableError(f"{path} is no CSV file: {plain_line(error)}.") from error
    if len(lines) < 2 or len(lines[0]) < 2:  # noqa: PLR2004  (titles and a row; who and what)
        raise TableError(f"{path} holds no table: a line of titles, then a line for each student.")
    width = len(lines[0])
    for number, row in enumerate(lines, 1):
        if any(map(str.strip, row[width:])):
            raise TableError(
                f"{path}: row {number} has more fields than there are titles, so they can't be "
                "told apart. A field that holds the separator has to be in quotes."
            )
    rows = (tuple((row + [""] * width)[:width]) for row in lines[1:] if any(map(str.strip, row)))
    return Table(tuple(lines[0]), tuple(rows))


def _encoding(content: bytes) -> str:
    for mark, name in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return name
    # Without a mark: of the Latin letters of the titles each second byte is 0.
    if b"\0" in content[:2]:
        return "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    return "utf-8"


def _separator(text: str) -> str:
    """The one that makes most fields of the titles."""
    titles = text.partition("\n")[0]
    return max(SEPARATORS, key=lambda one: len(next(csv.reader([titles], delimiter=one), [])))
