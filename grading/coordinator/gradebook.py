"""The gradebook's database is opened once a run, not once a step.

Every step of nbgrader's makes an engine of its own, which looks at the tables, and compiles each of
its queries anew: most of what grading a submission cost beside judging it. nbgrader has no hook for
it: `install`, from nbgrader_config.py, has a `Gradebook` that is opened inside `kept_open` use the
engine of the one before. Its session is its own, so nothing of it outlives it.
"""

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import scoped_session, sessionmaker


class _Kept(threading.local):
    """The engines of this thread's runs, by the address of the database; None outside of one."""

    engines: dict[tuple[str, str], Engine] | None = None


_KEPT = _Kept()
_INSTALLED: list[type[Gradebook]] = []


@contextlib.contextmanager
def kept_open() -> Iterator[None]:
    """Inside, what opens the gradebook in this thread shares a database engine."""
    if _KEPT.engines is not None:  # by whoever called this
        yield
        return
    _KEPT.engines = {}
    try:
        yield
    finally:
        engines, _KEPT.engines = _KEPT.engines, None
        for engine in engines.values():
            engine.dispose()


def install() -> None:
    """Has nbgrader's `Gradebook` know of `kept_open`; a configuration can be read again."""
    if _INSTALLED:
        return
    _INSTALLED.append(Gradebook)
    first, close = Gradebook.__init__, Gradebook.close

    @functools.wraps(first)
    def opened(
        self: Gradebook, db_url: str, course_id: str = "default_course", authenticator: Any = None
    ) -> None:
        kept, key = _KEPT.engines, (db_url, course_id)
        if kept is None:
            return first(self, db_url, course_id, authenticator)
        if key not in kept:
            first(self, db_url, course_id, authenticator)  # makes tables, finds an old schema
            close(self)
            # A database that was started anew has ended the connections of a run.
            kept[key] = create_engine(db_url, future=True, pool_pre_ping=True)
        self.engine = kept[key]
        self.db = scoped_session(sessionmaker(autoflush=True, bind=self.engine, future=True))
        self.course_id, self.authenticator = course_id, authenticator

    @functools.wraps(close)
    def closed(self: Gradebook) -> None:
        if self.engine in (_KEPT.engines or {}).values():
            self.db.remove()
        else:
            close(self)

    Gradebook.__init__, Gradebook.close = opened, closed
