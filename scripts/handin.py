"""Turns a file of `tests/submissions` or `tests/attacks` into a handed-in notebook.

A file is Python in percent format. Its docstring says what this student did; literals follow:

    expected = {"test-kl": 0}       the test cells that lose points, and the points they earn
    solved = ["vae"]                solution cells that are taken from the model answer (optional)

Then each `# %% <grade_id>` block replaces that solution cell of the released notebook, and
`# %% + after <grade_id>` adds a code cell behind one. A block `# %% ! hand in` is run when the
notebook is handed in, with `nb` (the notebook; set it to None to hand in none) and `folder`, to
do to the files what a student could do to them.
"""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[1]
# {assignment: its notebook}
NOTEBOOKS = {path.parent.name: path.stem for path in sorted(ROOT.glob("source/[0-9]*/*.ipynb"))}
BLOCK = re.compile(r"^# %% (.+)\n((?:(?!# %% ).*\n?)*)", re.M)


@dataclass
class Answer:
    """What one file holds."""

    path: Path
    description: str
    expected: dict[str, float]
    solved: list[str]
    cells: dict[str, str] = field(default_factory=dict)
    extra: list[tuple[str, str]] = field(default_factory=list)
    hand_in: str = ""
    facts: dict = field(default_factory=dict)

    @property
    def assignment(self) -> str:
        return self.facts.get("assignment", self.path.parent.name)

    @property
    def name(self) -> str:
        return self.path.stem


def read(path: Path) -> Answer:
    """Reads a submission file; raises ValueError where it isn't in the format above."""
    text = path.read_text()
    head = ast.parse(text.split("\n# %% ")[0])
    facts = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in head.body
        if isinstance(node, ast.Assign)
    }
    description = ast.get_docstring(head)
    if not description or "expected" not in facts:
        raise ValueError(
            f"{path} needs a docstring and `expected = {{...}}` before its first block"
        )
    answer = Answer(path, description, facts.pop("expected"), facts.pop("solved", []), facts=facts)
    for title, block in BLOCK.findall(text):
        source = block.strip("\n")
        if title == "! hand in":
            answer.hand_in = source
        elif title.startswith("+ after "):
            answer.extra.append((title.removeprefix("+ after "), source))
        else:
            answer.cells[title] = source
    return answer


def grade_id(cell) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def model_answers(assignment: str, root: Path = ROOT) -> dict[str, str]:
    """The text of the solution cells of the source notebook, by grade_id."""
    source = root / "source" / assignment / f"{NOTEBOOKS[assignment]}.ipynb"
    return {
        grade_id(cell): re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M)
        for cell in nbformat.read(source, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def points(assignment: str, root: Path = ROOT) -> dict[str, float]:
    """Maximum points of each test cell, by grade_id."""
    source = root / "source" / assignment / f"{NOTEBOOKS[assignment]}.ipynb"
    return {
        grade_id(cell): float(cell.metadata.nbgrader.points)
        for cell in nbformat.read(source, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def tested_cells(assignment: str, root: Path = ROOT) -> dict[str, str]:
    """The solution cell that each test cell tests: the last one before it."""
    source = root / "source" / assignment / f"{NOTEBOOKS[assignment]}.ipynb"
    found, solution = {}, ""
    for cell in nbformat.read(source, as_version=4).cells:
        facts = cell.metadata.get("nbgrader", {})
        if facts.get("solution"):
            solution = grade_id(cell)
        elif facts.get("grade"):
            found[grade_id(cell)] = solution
    return found


def notebook(answer: Answer, root: Path = ROOT):
    """The released notebook with this student's answers in it."""
    name = f"{NOTEBOOKS[answer.assignment]}.ipynb"
    nb = nbformat.read(root / "release" / answer.assignment / name, as_version=4)
    model = model_answers(answer.assignment, root)
    texts = {cell: model[cell] for cell in answer.solved} | answer.cells
    unknown = {*texts, *(place for place, _ in answer.extra)} - {grade_id(c) for c in nb.cells}
    if unknown:
        raise ValueError(f"{answer.path}: no cell of the notebook is called {sorted(unknown)}")
    cells = []
    for cell in nb.cells:
        cell.source = texts.get(grade_id(cell), cell.source)
        cells.append(cell)
        cells += [new_code_cell(text) for place, text in answer.extra if place == grade_id(cell)]
    nb.cells = cells
    return nb


def hand_in(path: Path, student: str, root: Path = ROOT) -> Path:
    """Writes the submission of `student` below `root`/submitted; returns its folder."""
    answer = read(path)
    folder = root / "submitted" / student / answer.assignment
    folder.mkdir(parents=True, exist_ok=True)
    names = {"nb": notebook(answer, root), "folder": folder}
    exec(answer.hand_in, names)  # our own files: what a student may do to theirs
    if names["nb"] is not None:
        nbformat.write(names["nb"], folder / f"{NOTEBOOKS[answer.assignment]}.ipynb")
    return folder
