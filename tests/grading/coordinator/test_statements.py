"""How often the gradebook's database is asked, for each submission of a class."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event
from toy import GOOD, Toy

STATEMENTS, TRANSACTIONS = 22, 7  # however many cells a notebook has


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Counts the statements and the ends of transactions in here."""
    found: Counter[str] = Counter()

    def count(*_: object) -> None:
        found["statements"] += 1

    def end(_: object) -> None:
        found["transactions"] += 1

    listeners = ("before_cursor_execute", count), ("commit", end), ("rollback", end)
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield found
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def counts(course: Toy, students: list[str]) -> Counter[str]:
    for student in students:
        course.hand_in_cells(student, GOOD)
    with counted() as found:
        course.nbgrader_here("autograde", "toy", "--no-execute")
    assert {course.scores(student) for student in students} == {(0, 0, 0)}
    return found


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_submission_takes_few_statements_and_few_transactions(database, tmp_path, request):
    url = request.getfixturevalue("postgresql").url if database == "postgresql" else ""
    course = Toy(tmp_path / "course", db_url=url)
    few = counts(course, ["ada"])
    many = counts(course, ["ben", "cem", "dora"])
    assert many["statements"] - few["statements"] <= 2 * STATEMENTS, (few, many)
    assert many["transactions"] - few["transactions"] <= 2 * TRANSACTIONS, (few, many)
