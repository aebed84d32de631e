"""The log of nbgrader's commands: what an instructor wants to know, and no line moves a cursor."""

import logging
import warnings
from pathlib import Path
from typing import Any

import nbconvert
import nbgrader
from sqlalchemy.exc import SAWarning
from tornado.log import LogFormatter
from tqdm import tqdm

from grading.plain import plain_lines

# What nbgrader says of every student, a dozen lines each: of files that it copies and writes.
EVERYBODYS = (Path(nbgrader.__file__).parent / "converters", Path(nbconvert.__file__).parent)
# Its warnings of what was asked for (--force), and of what is said in other words.
KNOWN = ("Removing existing ", "No submitted file: ")


def quieten() -> None:
    """Has nobody told of nbgrader's ways with SQLAlchemy, which change nothing."""
    warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)


class Console(logging.StreamHandler):
    """The terminal: a line of the log stands above a progress bar, and everybody's lines are left
    out unless debugging is asked for (`--log-level=DEBUG`; a file gets them all)."""

    def filter(self, record: logging.LogRecord) -> Any:
        """Whether a record is shown."""
        if self.level > logging.DEBUG and _is_everybodys(record):
            return False
        return super().filter(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Shows a record."""
        with tqdm.external_write_mode(self.stream):
            super().emit(record)


def _is_everybodys(record: logging.LogRecord) -> bool:
    place = Path(record.pathname)
    if not any(place.is_relative_to(folder) for folder in EVERYBODYS):
        return False
    return record.levelno <= logging.INFO or str(record.msg).startswith(KNOWN)


class PlainFormatter(LogFormatter):
    """nbgrader's own way to write a log, in which control characters and their like are escaped.

    Names of files and texts of errors can be a student's. What follows a line end is indented by
    tornado, so that nothing looks like a line of the log that isn't one.
    """

    def format(self, record: Any) -> str:
        """A record as text."""
        plain = logging.makeLogRecord(record.__dict__)
        plain.msg, plain.args = plain_lines(record.getMessage()), None
        return super().format(plain)

    def formatException(self, ei: Any) -> str:  # noqa: N802 (of logging)
        """A traceback as text."""
        return plain_lines(super().formatException(ei))
