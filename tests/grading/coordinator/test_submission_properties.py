"""No file is too strange to be read; whatever is handed in, the instructor's notebook stays."""

import json
import tempfile
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.coordinator import submission
from grading.coordinator.reading import UnreadableError

KEYS = ["cells", "worksheets", "cell_type", "source", "input", "metadata", "nbgrader", "grade_id"]

words = st.sampled_from([*KEYS, "id", "code", "markdown"]) | st.text(max_size=5)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


def read(content: bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "notebook.ipynb")
        path.write_bytes(content)
        return submission.read(path)


def is_read_or_explained(content):
    notebook, problem = read(content)
    if notebook is None:
        assert problem.endswith(".")
    else:
        assert problem is None
        nbformat.validate(submission.rebuild(new_notebook(), notebook).nb)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_explained(content):
    is_read_or_explained(content)


@given(any_json, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_json_is_read_or_explained(data, encoding):
    is_read_or_explained(json.dumps(data).encode(encoding))


@given(st.lists(any_json, max_size=4))
def test_any_cells_are_read(cells):
    notebook, problem = read(json.dumps({"cells": cells}).encode())
    assert problem is None
    assert len(notebook.cells) == sum(isinstance(cell, dict) for cell in cells)


# ---- rebuilding ---------------------------------------------------------------------------------


def cell(name, source, **marks):
    made = new_code_cell(source, id=name, metadata={"tags": ["the instructor's"]})
    made.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, **marks}
    return made


ANSWERS, FIGURE = ("first", "second"), "figure"
MASTER = new_notebook(
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    cells=[
        new_markdown_cell("# Title", id="title"),
        cell("setup", "import torch", locked=True),
        cell("first", "raise NotImplementedError", solution=True),
        cell("test-first", "assert first()", grade=True, locked=True, points=2),
        new_code_cell("plot()", id=FIGURE, metadata={"tags": ["the instructor's"]}),
        cell("second", "raise NotImplementedError", solution=True),
        cell("test-second", "assert second()", grade=True, locked=True, points=3),
        new_markdown_cell("The end", id="end"),
    ],
)
FORGED = {"points": 100, "solution": True, "grade": False, "locked": False}

marks = st.dictionaries(st.sampled_from(["tags", "grading", *FORGED]), any_json, max_size=3)
handed_in_cells = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "code", "markdown", "raw"]),
        "source": st.sampled_from(["plot()"]) | st.text(max_size=8),
        "metadata": marks,
        "outputs": any_json,
    },
    optional={"id": st.sampled_from([c.id for c in MASTER.cells]) | st.text(max_size=5)},
)


def is_own(cell):
    return cell.id.startswith("extra-")


@given(st.lists(handed_in_cells, max_size=12), st.dictionaries(words, any_json, max_size=2))
def test_the_instructors_notebook_stays(cells, metadata):
    """In whatever order, number and shape its cells come back."""
    handed_in, _ = read(json.dumps({"cells": cells, "metadata": metadata}).encode())
    answers = {}
    for name, source in ((c.get("id"), c["source"]) for c in cells):
        if name in ANSWERS:
            answers.setdefault(name, submission.plain_text(source))
    if not answers:
        with pytest.raises(UnreadableError):
            submission.rebuild(MASTER, handed_in)
        return
    result = submission.rebuild(MASTER, handed_in).nb
    nbformat.validate(result)
    assert result.metadata == MASTER.metadata

    shown = [c for c in result.cells if not is_own(c)]
    figure = [c.source for c in shown if c.id == FIGURE]
    answers |= dict.fromkeys([FIGURE] * len(figure), "".join(figure))
    assert shown == [
        {**c, "source": answers[c.id]} if c.id in answers else c
        for c in MASTER.cells
        if c.id != FIGURE or figure
    ]
    own = [c for c in result.cells if is_own(c)]
    assert all(c.metadata == {} and c.outputs == [] for c in own)

    named = {c.id for c in MASTER.cells if "nbgrader" in c.metadata}
    code, seen = [], set()
    for c in cells:
        name = c.get("id")
        of_the_master = name in named and (name not in ANSWERS or name not in seen)
        seen.add(name)
        if c["cell_type"] == "code" and not of_the_master:
            code.append(submission.plain_text(c["source"]))
    kept = [*figure, *(c.source for c in own)]
    assert sorted(filter(str.strip, kept)) == sorted(filter(str.strip, code))
