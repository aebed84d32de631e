"""Whether the tests of an assignment can be judged: the source is, and what students get.

The model's answers must earn all points and an untouched notebook none. Each test cell where that
isn't so is told, with its cause and what to write in its place, before a class hands anything in.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from grading.cells import is_test
from grading.coordinator.assignment import Assignment
from grading.coordinator.farm import Farm
from grading.plan import INSIDE
from grading.source import statements
from grading.verdict import Status, Verdict, verdict_of

SOLUTION, UNTOUCHED = "(solution)", "(untouched)"  # as whose submissions they are judged
# What only the student's own process has, by the names that a test reads.
ONLY_INSIDE = {
    "inspect": "looks at the source of the student's code",
    "plt": "looks at pictures of the student's process",
    "matplotlib": "looks at pictures of the student's process",
    "time": "measures the time that the student's code takes",
    "timeit": "measures the time that the student's code takes",
    "open": "reads files that the student's code writes",
    "os": "looks at the files of the student's process",
    "Path": "looks at the files of the student's process",
    "get_ipython": "uses the notebook's own shell",
    "In": "uses the notebook's own history",
}


@dataclass(frozen=True)
class Finding:
    """A test cell that doesn't judge as it should.

    Attributes:
        notebook: its name; cell: of the test; number: its place in the source notebook, from 1;
        line: where in the cell it ended, 0 where that isn't known.
        what: what is wrong; cause: why; advice: what to write in its place.
    """

    notebook: str
    cell: str
    number: int
    line: int
    what: str
    cause: str
    advice: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        place = f"{self.notebook}.ipynb, cell {self.number} (`{self.cell}`){line}"
        cause = self.cause.replace("\n", " ")
        return f"{place}: {self.what}\n    Cause: {cause}\n    In its place: {self.advice}"


def check(assignment: Assignment, farm: Farm, notebooks: list[str] | None = None) -> list[Finding]:
    """The test cells that don't judge as they should.

    Args:
        farm: which judges, for the same assignment.
        notebooks: their names; all of the source folder by default.

    Raises:
        NotGradableError: there is no such notebook.
    """
    paths = Path(assignment.source_folder).glob("*.ipynb")
    names = sorted(path.stem for path in paths) if notebooks is None else notebooks
    versions = []
    for name in names:
        master = assignment.master(name)
        versions.append(((SOLUTION, name), _bare(master.solved)))
        versions.append(((UNTOUCHED, name), _bare(master.stubs)))
    outcomes = farm.judge_all(versions)
    found: list[Finding] = []
    for (key, _), outcome in zip(versions, outcomes, strict=True):
        found += _solution(key[1], outcome.nb) if key[0] == SOLUTION else ()
        found += _untouched(key[1], outcome.nb) if key[0] == UNTOUCHED else ()
    return sorted(found, key=lambda one: (one.notebook, one.number))


def _bare(nb: NotebookNode) -> NotebookNode:
    """A copy without outputs."""
    copy = nbformat.from_dict(nb)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def _tests(nb: NotebookNode) -> Iterator[tuple[int, NotebookNode, Verdict]]:
    for number, cell in enumerate(nb.cells, 1):
        if is_test(cell) and (verdict := verdict_of(cell)):
            yield number, cell, verdict


def _solution(notebook: str, nb: NotebookNode) -> Iterator[Finding]:
    for number, cell, verdict in _tests(nb):
        place = notebook, verdict.test, number, verdict.line
        told = f"{verdict.points:g} of {verdict.most:g} points"
        if verdict.status is Status.PASSED and verdict.points == verdict.most:
            if verdict.manual:
                what = "the solution gets all points, and a human is asked to look."
                yield Finding(*place, what, verdict.manual, FLAGGED)
            continue
        cause = verdict.manual or verdict.told or "it says nothing"
        yield Finding(*place, f"the solution gets {told}.", cause, _advice(cell, verdict))


def _untouched(notebook: str, nb: NotebookNode) -> Iterator[Finding]:
    for number, _, verdict in _tests(nb):
        if verdict.points:
            what = f"an untouched notebook gets {verdict.points:g} of {verdict.most:g} points."
            yield Finding(notebook, verdict.test, number, verdict.line, what, EASY, HARDER)


FLAGGED = (
    "A function that is there to change its argument is called alone in its line, `tidy(xs)`; "
    "where its result is used, let it return a new value."
)
EASY = "the test asks for nothing that the student version doesn't have"
HARDER = "Test something that only an answer can give."
TAGGED = f"Give the cell the tag `{INSIDE}`: then it is judged inside the student's own process."


def _advice(cell: NotebookNode, verdict: Verdict) -> str:
    """What to write in the place of a test that fails the solution."""
    if "no cell before it defines" in verdict.manual:
        return "Define the name in a cell of yours before the test, or import it in the test."
    if verdict.status is Status.BROKEN:
        return "Mend the test; it is no judgement of anybody's answer."
    names = _names(cell.source)
    reasons = [why for name, why in ONLY_INSIDE.items() if name in names]
    if reasons:
        return f"The test {reasons[0]}. {TAGGED}"
    if "cannot be sent" in verdict.message:
        return f"Hand over plain values, arrays, tables or functions. {TAGGED}"
    return (
        "If the solution passes in the notebook itself, the test needs more than values: compare "
        f"values, attributes and results of methods in place of objects. {TAGGED}"
    )


def _names(source: str) -> set[str]:
    names = set()
    for statement in statements(source):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.alias):
                names.add(node.name.split(".")[0])
    return names
