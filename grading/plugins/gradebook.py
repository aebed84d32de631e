"""A gradebook that can't be used is told before a command begins, with what to do about it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.api import Base
from nbgrader.converters.base import NbGraderException
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

UNUSABLE = (
    "The gradebook at {address} can't be read or written: {why}. If it is a server's, see to it "
    "that it runs; if the disk is full, make some room. What was stored before is as it was."
)
OUTDATED = (
    "The gradebook at {address} is of an older nbgrader: its table '{table}' has no '{column}'. "
    "Please make a copy of it, and run `nbgrader db upgrade`. Nothing has been changed."
)


def with_gradebook(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Has a command's `start` fail at once where the gradebook can't be used."""

    def start(self: Any) -> None:
        address = self.coursedir.db_url
        try:
            if outdated := _outdated(address):
                fail(self, outdated)
            method(self)
        except (OperationalError, ProgrammingError) as error:
            fail(self, UNUSABLE.format(address=_shown(address), why=error.orig))

    return start


def fail(command: Any, why: str) -> NoReturn:
    """Ends a command of nbgrader's, an application, a step of the exchange or a converter, with an
    error in its log."""
    if hasattr(command, "fail"):
        command.fail(why)
    command.log.error(why)
    raise NbGraderException(why)


def _outdated(address: str) -> str:
    """What a gradebook lacks, as a sentence; "" where it lacks nothing, or isn't there yet."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return ""  # to look would be to make it
    engine = create_engine(url)
    try:
        there = inspect(engine)
        tables = set(there.get_table_names())
        for table in Base.metadata.sorted_tables:
            if table.name in tables:
                known = {column["name"] for column in there.get_columns(table.name)}
                for column in sorted({column.name for column in table.columns} - known):
                    names = {"table": table.name, "column": column}
                    return OUTDATED.format(address=_shown(address), **names)
    finally:
        engine.dispose()
    return ""


def _shown(address: str) -> str:
    return make_url(address).render_as_string(hide_password=True)
