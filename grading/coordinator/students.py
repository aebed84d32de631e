"""Whose work there is: which names of folders are students' ids.

A student's id becomes a part of paths, addresses, tables and the lines of a log. The folder that
bears it may have been named by anybody who can write to the exchange, or into an archive.
"""

import re
from collections.abc import Iterable

from traitlets import Unicode
from traitlets.config import LoggingConfigurable

from grading.plain import plain_line


class StudentIds(LoggingConfigurable):
    """Which ids students may have."""

    pattern = Unicode(
        r"\w[\w.@+-]{0,99}",
        help="A regular expression for the whole of an id: by default letters and digits of any "
        "script, '_', and after the first of them also '.', '@', '+' and '-'.",
    ).tag(config=True)

    def is_one(self, name: str) -> bool:
        """Whether a name is a student's id."""
        return re.fullmatch(self.pattern, name) is not None

    def known(self, names: Iterable[str], where: str = "") -> list[str]:
        """The names that are students' ids, in their order. Each of the others is told, once.

        Args:
            where: what a name is the name of, for the message.
        """
        found = []
        for name in names:
            if self.is_one(name):
                found.append(name)
            else:
                self.log.error(
                    "Left out: '%s'%s is no student's id. If it is one in your course, set "
                    "c.StudentIds.pattern.",
                    *(plain_line(name), where and f" ({where})"),
                )
        return found
