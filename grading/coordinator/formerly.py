"""Cells of the instructor's that had another name, or were there, when notebooks were handed in.

`python -m grading retest` notes them in the metadata of the instructor's notebook.
"""

from collections.abc import Iterator, Mapping

from nbformat.notebooknode import NotebookNode

from grading.cells import grade_id

KEY = "formerly"  # in a notebook's metadata: {old name: name now, None where the cell is gone}


def noted(nb: NotebookNode) -> dict[str, str | None]:
    """What a notebook's metadata say."""
    return dict(nb.metadata.get(KEY, {}))


def note(nb: NotebookNode, renamed: Mapping[str, str], removed: set[str]) -> None:
    """Adds to a notebook's metadata what has been renamed and removed now."""
    gone = dict.fromkeys(removed)
    now = {**renamed, **gone}
    older = {old: now.get(name, name) if name else None for old, name in noted(nb).items()}
    names = {old: name for old, name in {**older, **now}.items() if old != name}
    if names:
        nb.metadata[KEY] = names


def under_their_names(cells: list[NotebookNode], master: NotebookNode) -> Iterator[NotebookNode]:
    """Handed-in cells under the names that they have now; without those that are gone."""
    names = noted(master)
    for cell in cells:
        old = grade_id(cell)
        if old in names:
            if names[old] is None:
                continue
            cell.metadata.nbgrader.grade_id = names[old]
        yield cell
