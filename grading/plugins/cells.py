"""The cells of an assignment in the gradebook, changed after hand-in without losing a grade.

nbgrader refuses to record other cells for a notebook that was handed in. Here they are: a renamed
cell keeps its points and comments, a new one begins without, and one that is gone takes its points
along, unless somebody gave them by hand.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from nbgrader.preprocessors import NbGraderPreprocessor

KINDS = {GradeCell: utils.is_grade, SolutionCell: utils.is_solution, TaskCell: utils.is_task}


class CellsError(Exception):
    """The gradebook can't follow; the message says why and what to do."""


@dataclass(frozen=True)
class Change:
    """What has been told of the cells that are not the same any more.

    renamed: old name -> new name; dropped: names whose points by hand are given up.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()


class Noted(NbGraderPreprocessor):
    """Takes the place of nbgrader's `SaveCells`: keeps the notebooks, and writes to no gradebook.

    Attributes:
        notebooks: as `SaveCells` would have recorded them, by their names.
    """

    def __init__(self) -> None:
        super().__init__()
        self.notebooks: dict[str, NotebookNode] = {}

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        self.notebooks[resources["nbgrader"]["notebook"]] = deepcopy(nb)
        return nb, resources


def follow(gradebook: Gradebook, notebook: Notebook, nb: NotebookNode, change: Change) -> set[str]:
    """Makes the cells of a notebook in the gradebook those of `nb`; the caller commits.

    Returns:
        The names of locked cells that are gone.

    Raises:
        CellsError: points or comments that were given by hand would be lost.
    """
    rows = [row for kind in KINDS for row in _rows(notebook, kind)] + list(notebook.source_cells)
    for row in rows:
        row.name = change.renamed.get(row.name, row.name)
    gradebook.db.flush()
    for kind, belongs in KINDS.items():
        _follow_kind(gradebook, notebook, kind, {_name(c): c for c in nb.cells if belongs(c)})
    marks = (*KINDS.values(), utils.is_locked)
    wanted = {_name(cell): cell for cell in nb.cells if any(mark(cell) for mark in marks)}
    gone = {row for row in notebook.source_cells if row.name not in wanted}
    for row in gone:
        gradebook.db.delete(row)
    known = {row.name: row for row in notebook.source_cells}
    for name, cell in wanted.items():
        row = known.get(name) or SourceCell(name=name, notebook_id=notebook.id)
        row.cell_type, row.locked, row.source = cell.cell_type, utils.is_locked(cell), cell.source
        row.checksum = cell.metadata.nbgrader.get("checksum")
        gradebook.db.add(row)
    gradebook.db.flush()
    return {row.name for row in gone if row.locked}


def _follow_kind(
    gradebook: Gradebook, notebook: Notebook, kind: type, wanted: dict[str, NotebookNode]
) -> None:
    known = {row.name: row for row in _rows(notebook, kind)}
    for name in known.keys() - wanted.keys():
        for entry in _entries(known[name]):
            gradebook.db.delete(entry)
        gradebook.db.flush()  # they refer to the cell
        gradebook.db.delete(known[name])
    for name, cell in wanted.items():
        fields = {}
        if kind is not SolutionCell:
            fields["max_score"] = float(cell.metadata.nbgrader["points"])
            fields["cell_type"] = cell.cell_type
        if row := known.get(name):
            for attribute, value in fields.items():
                setattr(row, attribute, value)
            continue
        row = kind(name=name, notebook_id=notebook.id, **fields)
        gradebook.db.add(row)
        gradebook.db.flush()  # gives it the id by which grades and comments know it
        for work in notebook.submissions:
            if kind is not SolutionCell:
                gradebook.db.add(Grade(cell_id=row.id, notebook_id=work.id))
            if kind is not GradeCell:
                gradebook.db.add(Comment(cell_id=row.id, notebook_id=work.id))


def check(notebook: Notebook, nb: NotebookNode, change: Change) -> None:
    """Raises `CellsError` where `follow` would lose what somebody gave by hand."""
    for kind, belongs in KINDS.items():
        wanted = {_name(cell) for cell in nb.cells if belongs(cell)}
        for row in _rows(notebook, kind):
            if change.renamed.get(row.name, row.name) in wanted or row.name in change.dropped:
                continue
            students = sorted({e.student.id for e in _entries(row) if _is_by_hand(e)})
            if students:
                raise CellsError(
                    f"{notebook.name}.ipynb has no cell {row.name} any more, for which there are "
                    f"points or comments given by hand ({', '.join(students)}). If it has another "
                    f"name now, add `--rename {row.name}=<its name now>`; if they are to be given "
                    f"up, add `--drop {row.name}`."
                )


def _rows(notebook: Notebook, kind: type) -> list:
    return [row for row in notebook._base_cells if isinstance(row, kind)]


def _entries(row: GradeCell | SolutionCell | TaskCell) -> list:
    """The grades and the comments that a cell's row has, of all students."""
    return [*(row.grades or []), *(row.comments or [])]


def _is_by_hand(entry: Grade | Comment) -> bool:
    names = ("manual_score", "extra_credit", "manual_comment")
    return any(getattr(entry, name, None) is not None for name in names)


def _name(cell: NotebookNode) -> str:
    return cell.metadata.nbgrader["grade_id"]
