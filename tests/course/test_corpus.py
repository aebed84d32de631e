"""Grades every file of `tests/submissions` through nbgrader and holds it to what it expects.

A right answer that loses a point, a wrong one that earns a point it shouldn't or loses one that it
should keep: each is a bug of the test cells. The table at the end counts them.
"""

import re

import handin
import nbformat
import pytest
from course import grade_all

FILES = sorted((handin.ROOT / "tests" / "submissions").glob("*/*.py"))
# Two budgets that the run sets, so that one file can't hold up the others.
LIMITS = ("--Execute.timeout=30",)
TRAINING_SECONDS = "20"
KINDS = ("right", "wrong", "other")
CLAIM = re.compile(r"\bcheck\(\s*f?\"(.+?)\"\s*[,)]", re.S)


def kind_of(file):
    """What a file's name says of its answer, one of KINDS."""
    first = file.stem.split("_")[0]
    return first if first in KINDS else "other"


def label(file):
    return f"{file.parent.name}/{file.stem}"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """{file: what grading said}, and the seconds that each took."""
    root = tmp_path_factory.mktemp("corpus") / "course"
    graded, seconds = grade_all(FILES, root, *LIMITS, COURSE_TRAINING_SECONDS=TRAINING_SECONDS)
    return graded, seconds / len(FILES)


def wanted(file):
    answer = handin.read(file)
    return handin.points(answer.assignment) | answer.expected


@pytest.mark.parametrize("file", FILES, ids=label)
def test_points(corpus, file):
    graded = corpus[0][file]
    said = {cell: graded.messages.get(cell) for cell in graded.points}
    assert graded.points == wanted(file), said


@pytest.mark.parametrize("file", [f for f in FILES if "says" in handin.read(f).facts], ids=label)
def test_message_names_the_mistake(corpus, file):
    messages = "\n".join(corpus[0][file].messages.values())
    assert handin.read(file).facts["says"] in messages


def visible_claims(assignment):
    """{test cell: a pattern that finds the failure of any claim in its visible part}."""
    name = f"{handin.NOTEBOOKS[assignment]}.ipynb"
    notebook = nbformat.read(handin.ROOT / "release" / assignment / name, as_version=4)
    found = {}
    for cell in notebook.cells:
        claims = CLAIM.findall(cell.source)
        texts = [".+?".join(map(re.escape, re.split(r"\{.*?\}", claim))) for claim in claims]
        # A task that isn't solved says so under the visible check, whatever the claim was.
        found[handin.grade_id(cell)] = re.compile(
            "|".join([rf"(^- |: )(?:{text}): " for text in texts] + ["not implemented yet"]), re.M
        )
    return found


@pytest.mark.parametrize("assignment", handin.NOTEBOOKS)
def test_visible_checks_are_honest(corpus, assignment, record_property):
    """Of the wrong answers, at least 80% fail in what the student can run already."""
    patterns = visible_claims(assignment)
    wrong = [f for f in FILES if f.parent.name == assignment and kind_of(f) == "wrong"]
    unseen = []
    for file in wrong:
        answer = handin.read(file)
        given = {*answer.cells, *answer.solved, *(place for place, _ in answer.extra)}
        said = corpus[0][file].messages
        solved = {t for t, cell in handin.tested_cells(assignment).items() if cell in given}
        if not any(patterns[test].search(said[test]) for test in solved & {*said}):
            unseen.append(file.stem)
    share = 1 - len(unseen) / len(wrong)
    record_property(
        "table", f"{assignment}: visible checks catch {share:.0%} of {len(wrong)} wrong answers"
    )
    assert share >= 0.8, unseen


def test_corpus_is_large_and_names_its_mistakes():
    right = [f for f in FILES if kind_of(f) == "right"]
    wrong = [f for f in FILES if kind_of(f) == "wrong"]
    named = [f for f in FILES if "says" in handin.read(f).facts]
    assert (len(right) >= 40, len(wrong) >= 140, len(named) >= 30) == (True, True, True)
    for file in right:
        stubs = {c for c, points in handin.read(file).expected.items() if points}
        assert not stubs, f"{label(file)} is a right answer and yet expects part of the points"


def test_table(corpus, record_property):
    graded, seconds = corpus
    rows = [f"{'':14}{'files':>7}{'lost a point':>14}{'earned a point':>16}"]
    for kind in KINDS:
        files = [f for f in FILES if kind_of(f) == kind]
        lost = earned = 0
        for file in files:
            got, want = graded[file].points, wanted(file)
            lost += any((got[cell] or 0) < want[cell] for cell in want)
            earned += any((got[cell] or 0) > want[cell] for cell in want)
        rows.append(f"{kind:14}{len(files):7}{lost:14}{earned:16}")
    rows.append(f"{seconds:.1f} s of autograding a submission")
    record_property("table", "\n".join(rows))
