"""The log of nbgrader's commands: whatever it tells of, a line of it moves no cursor."""

import logging
from typing import Any

from tornado.log import LogFormatter

from grading.plain import plain_lines


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
