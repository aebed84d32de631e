"""Whatever is handed in is read or explained, and only its answers reach the graded notebook."""

import json
import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.coordinator import submission
from grading.coordinator.reading import LARGEST, MOST_CELLS, UnreadableError
from grading.coordinator.submission import HandedIn


def cell(name=None, text="", **marks):
    made = new_code_cell(text, **({"id": name} if name else {}))
    if name:
        marks = {"grade": False, "solution": False, "locked": False, "schema_version": 3} | marks
        made.metadata["nbgrader"] = {"grade_id": name, **marks}
    return made


@pytest.fixture
def master():
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            new_markdown_cell("# Title"),
            cell("setup", "import torch", locked=True),
            cell("answer", "raise NotImplementedError", solution=True),
            cell("test-answer", "assert answer() == 42", grade=True, locked=True, points=2),
            cell(None, "plot()"),
            cell("second", "raise NotImplementedError", solution=True),
            new_markdown_cell("The end"),
        ],
    )


@pytest.fixture
def good(master):
    notebook = nbformat.from_dict(master)
    notebook.cells[2].source = "def answer():\n    return 42"
    return notebook


def texts(notebook):
    return [cell.source for cell in notebook.cells]


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def answers_of(path, master):
    notebook, problem = submission.read(path)
    assert problem is None
    return submission.rebuild(master, notebook).nb


def v3(notebook):
    cells = [{**c, "input": c["source"]} for c in notebook["cells"]]
    for c in cells:
        del c["source"]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]})


READABLE = {
    "plain": json.dumps,
    "bom": lambda nb: b"\xef\xbb\xbf" + json.dumps(nb).encode(),
    "utf-16": lambda nb: json.dumps(nb).encode("utf-16"),
    "crlf": lambda nb: json.dumps(nb, indent=1).replace("\n", "\r\n"),
    "source with crlf": lambda nb: json.dumps(nb).replace("\\n", "\\r\\n"),
    "nbformat 5": lambda nb: json.dumps({**nb, "nbformat": 5}),
    "nbformat 3": v3,
    "no metadata": lambda nb: json.dumps({"cells": nb["cells"]}),
    "lines": lambda nb: json.dumps(
        {"cells": [{**c, "source": c["source"].splitlines(True)} for c in nb["cells"]]}
    ),
    "a stray byte": lambda nb: json.dumps(nb).encode().replace(b"The end", b"The \xe9nd"),
    "odd cells": lambda nb: json.dumps({"cells": [1, None, {}, {"cell_type": []}, *nb["cells"]]}),
    "schema from the future": lambda nb: json.dumps(nb).replace(
        '"schema_version": 3', '"schema_version": 99'
    ),
}


@pytest.mark.parametrize("form", sorted(READABLE))
def test_any_form_of_a_notebook_is_read(form, master, good, tmp_path):
    path = write(tmp_path / "n.ipynb", READABLE[form](json.loads(json.dumps(good))))
    assert "def answer():\n    return 42" in texts(answers_of(path, master))


BAD = {
    "empty": b"",
    "zeros": b"\0" * 1000,
    "damaged": b'{"cells": [{"cell_type": "code", "sour',
    "not a notebook": b'{"name": "Ada"}',
    "a list": b"[1, 2]",
    "a number": b"1e5",
    "deep": b"[" * 100_000,
    "huge number": b'{"cells": ' + b"9" * 10_000 + b"}",
    "cells no list": b'{"cells": {"a": 1}}',
    "binary": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_bad_file_is_explained(kind, tmp_path):
    notebook, problem = submission.read(write(tmp_path / "n.ipynb", BAD[kind]))
    assert notebook is None
    assert problem.endswith("hand in that file again.")


def test_what_is_no_file_is_explained(tmp_path):
    (tmp_path / "folder.ipynb").mkdir()
    os.symlink("/etc/passwd", tmp_path / "link.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    with open(tmp_path / "huge.ipynb", "wb") as file:
        file.truncate(LARGEST + 1)
    for name, word in [
        ("folder", "is a folder"),
        ("link", "is a link"),
        ("pipe", "is a link or a device"),
        ("huge", "larger than 256 MiB"),
        ("missing", "No notebook missing.ipynb was handed in"),
    ]:
        notebook, problem = submission.read(tmp_path / f"{name}.ipynb")
        assert notebook is None
        assert word in problem


def test_only_answers_survive(master, good):
    for handed_in in good.cells:
        handed_in.metadata["tags"] = ["skip-execution"]
    good.cells[2].outputs = [nbformat.v4.new_output("stream", text="forged")]
    good.cells[3].source = "pass"
    good.cells[3].metadata["nbgrader"]["points"] = 400
    good.metadata["kernelspec"] = {"name": "mine", "display_name": "mine"}
    built = submission.rebuild(master, good).nb
    assert texts(built) == [
        "# Title", "import torch", "def answer():\n    return 42", "assert answer() == 42",
        "plot()", "raise NotImplementedError", "The end",
    ]  # fmt: skip
    assert not any("tags" in cell.metadata for cell in built.cells)
    assert built.cells[2].outputs == []
    assert built.cells[3].metadata == master.cells[3].metadata
    assert built.metadata.kernelspec.name == "python3"
    nbformat.validate(built)


def test_order_and_duplicates_and_deletions_do_no_harm(master, good):
    good.cells = [
        cell("test-answer", "pass", grade=True),
        cell("answer", "first = 1"),
        cell("answer", "second = 2"),
        cell("test-answer", "pass"),
        cell("test-of-mine", "own = 3", grade=True, points=100),
        new_markdown_cell("mine"),
    ]
    assert texts(submission.rebuild(master, good).nb) == [
        "# Title", "import torch", "first = 1", "second = 2", "assert answer() == 42", "own = 3",
        "raise NotImplementedError", "The end",
    ]  # fmt: skip


def test_students_own_cells_stay_where_they_were(master, good):
    good.cells.insert(0, cell(None, "top = 1"))
    good.cells.insert(4, cell(None, "helper = 2"))
    built = texts(submission.rebuild(master, good).nb)
    assert built[:2] == ["top = 1", "# Title"]
    assert built[built.index("helper = 2") - 1] == "def answer():\n    return 42"
    good.cells = [handed_in for handed_in in good.cells if handed_in.source != "plot()"]
    assert "plot()" not in texts(submission.rebuild(master, good).nb)


def test_prose_and_figures_keep_the_order_of_the_released_notebook(master, good):
    """A figure stands where its prose is, whatever the student has put between them."""
    figure = next(i for i, made in enumerate(master.cells) if made.source == "plot()")
    master.cells.insert(figure, new_markdown_cell("What the figure shows", id="prose"))
    good = nbformat.from_dict(master)
    good.cells[2].source = "def answer():\n    return 42"
    good.cells[figure + 1].source = "plot(colour='red')"
    good.cells.insert(figure + 1, cell(None, "between = 1"))
    built = texts(submission.rebuild(master, good).nb)
    at = built.index("What the figure shows")
    assert built[at : at + 3] == ["What the figure shows", "between = 1", "plot(colour='red')"]


def test_a_figure_is_known_by_its_text_when_its_id_is_lost(master, good):
    for handed_in in good.cells:
        if handed_in.source == "plot()":
            handed_in.id = "lost"
    built = submission.rebuild(master, good).nb
    figure = next(made for made in built.cells if made.source == "plot()")
    assert figure.id == next(made.id for made in master.cells if made.source == "plot()")


def test_answers_are_found_when_metadata_is_lost(master, good, tmp_path):
    for handed_in in good.cells:
        handed_in.metadata = {}
    built = answers_of(write(tmp_path / "n.ipynb", json.dumps(good)), master)
    assert built.cells[2].source.startswith("def answer")


def test_a_notebook_of_another_assignment_is_named(master):
    with pytest.raises(UnreadableError, match="none of the assignment's answer cells"):
        submission.rebuild(master, new_notebook(cells=[cell("other", "x = 1", solution=True)]))


def test_text_that_no_file_can_store_is_mended(master, good, tmp_path):
    good.cells[2].source = "word = '\\ud800'"
    content = json.dumps(good).replace("\\\\ud800", "\\ud800")
    built = answers_of(write(tmp_path / "n.ipynb", content), master)
    assert built.cells[2].source == "word = '?'"
    nbformat.writes(built).encode()


def test_reading_stops_at_so_many_cells(good, tmp_path):
    """Those before count; those after are not even looked at, however many there are."""
    data = json.loads(json.dumps(good))
    text = json.dumps({**data, "cells": [*data["cells"], {"cell_type": "code", "source": "1"}]})
    path = write(tmp_path / "n.ipynb", text[: text.rindex("]")] + ",{}" * 2_000_000)
    notebook, problem = submission.read(path)
    assert problem is None and len(notebook.cells) == MOST_CELLS
    assert texts(notebook)[2] == good.cells[2].source
    assert HandedIn.of(notebook).doubt == (
        "n.ipynb has more than 2,000 cells: what follows the first 2,000 was left out."
    )


def test_so_many_cells_of_their_own_are_kept(master, good):
    own = [new_code_cell(f"x = {n}") for n in range(submission.MOST_OWN + 2)]
    texts_of_theirs = [new_markdown_cell("thoughts") for _ in own]
    few, many = nbformat.from_dict(good), nbformat.from_dict(good)
    few.cells += own[:-2] + texts_of_theirs
    many.cells = many.cells[:2] + own[:30] + many.cells[2:] + own[30:]
    assert not submission.rebuild(master, few).doubts
    built = submission.rebuild(master, many)
    kept = [text for text in texts(built.nb) if text.startswith("x = ")]
    assert kept == [cell.source for cell in own[:-2]]
    assert texts(built.nb)[-1] == kept[-1] and good.cells[2].source in texts(built.nb)
    told = "Of the code cells that were added to the notebook the first 50 were run; "
    assert built.doubts == built.notes == (told + "2 cells after them were left out.",)
