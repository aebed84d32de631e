"""Grades the files of `tests/submissions` that are selected, and holds each to what it expects.

A right answer that loses a point, a wrong one that earns a point it shouldn't or loses one that it
should keep: each is a bug of the test cells. The table at the end counts them.

All files are judged in warm processes (`warm`), without a sandbox. A part of each kind, and what
those can't judge, goes through `nbgrader autograde` and its sandbox, too, and has to come to the
same. `CORPUS=all`, which `make corpus` sets, sends every file that way.
"""

import ast
import hashlib
import math
import os
import re
import time

import handin
import nbformat
import pytest
import warm
from course import Graded, grade_all

pytestmark = pytest.mark.timeout(3 * 3600)  # the first test waits for all files
FILES = sorted((handin.ROOT / "tests" / "submissions").glob("*/*.py"))
# Two budgets that the run sets, so that one file can't hold up the others.
LIMITS = ("--Execute.timeout=30",)
BUDGET = {"COURSE_TRAINING_SECONDS": "20"}
KINDS = ("right", "wrong", "other")
SHARE = 1 / 10  # of each kind and assignment that is graded in the sandbox, too
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]\d+)?|\bnan\b|-?\binf\b")


def kind_of(file):
    """What a file's name says of its answer, one of KINDS."""
    first = file.stem.split("_")[0]
    return first if first in KINDS else "other"


def label(file):
    return f"{file.parent.name}/{file.stem}"


def drawn(files):
    """The same files each time, of each kind and assignment by lot."""
    groups = {}
    for file in sorted(files, key=lambda file: hashlib.sha256(label(file).encode()).digest()):
        groups.setdefault((file.parent.name, kind_of(file)), []).append(file)
    return sorted(f for group in groups.values() for f in group[: math.ceil(SHARE * len(group))])


DRAWN = FILES if os.environ.get("CORPUS") == "all" else drawn(FILES)


def wrong_answers(assignment):
    return [f for f in FILES if f.parent.name == assignment and kind_of(f) == "wrong"]


def asked_for(session, test=""):
    """The files that the selected tests of this module (or one of them) are about."""
    found = set()
    for item in session.items:
        if item.path.name != "test_corpus.py" or test not in item.name:
            continue
        facts = item.callspec.params if hasattr(item, "callspec") else {}
        if "file" in facts:
            found.add(facts["file"])
        elif "assignment" in facts:
            found.update(wrong_answers(facts["assignment"]))
        elif item.name == "test_table":
            found.update(FILES)
    return sorted(found)


@pytest.fixture(scope="module")
def judged(request):
    """{file: its verdicts in the warm processes, or why they can't judge it}, and the seconds."""
    began = time.monotonic()
    verdicts = warm.judge(asked_for(request.session), **BUDGET)
    return verdicts, time.monotonic() - began


@pytest.fixture(scope="module")
def sandboxed(request, judged, tmp_path_factory):
    """{file: what nbgrader said} for the files that are drawn and those that only it can judge."""
    wanted = {*asked_for(request.session, "test_the_sandbox_agrees")}
    wanted |= {file for file, verdicts in judged[0].items() if isinstance(verdicts, str)}
    return grade_all(
        sorted(wanted), tmp_path_factory.mktemp("corpus") / "course", *LIMITS, **BUDGET
    )


@pytest.fixture(scope="module")
def corpus(judged, sandboxed):
    """{file: what grading said}."""
    graded = dict(sandboxed[0])
    for file, verdicts in judged[0].items():
        if not isinstance(verdicts, str):
            told = {verdict.test: verdict for verdict in verdicts}
            graded[file] = Graded({test: v.points for test, v in told.items()}, told)
    return graded


def wanted(file):
    answer = handin.read(file)
    return handin.points(answer.assignment) | answer.expected


@pytest.mark.parametrize("file", FILES, ids=label)
def test_points(corpus, file):
    graded = corpus[file]
    assert graded.points == wanted(file), graded.messages


@pytest.mark.parametrize("file", DRAWN, ids=label)
def test_the_sandbox_agrees(corpus, sandboxed, file):
    """Each run draws its own numbers, and of several claims chance may spare one or another."""
    here, there = corpus[file], sandboxed[0][file]
    assert there.points == here.points, there.messages
    for test, verdict in there.verdicts.items():
        other = here.verdicts[test]
        assert (verdict.status, verdict.error) == (other.status, other.error)
        if not (failed(verdict) & failed(other)):
            assert NUMBER.sub("#", verdict.told) == NUMBER.sub("#", other.told)


def failed(verdict):
    """The claims of a test that did not hold."""
    return {claim.text for claim in verdict.claims if not claim.held}


@pytest.mark.parametrize("file", [f for f in FILES if "says" in handin.read(f).facts], ids=label)
def test_message_names_the_mistake(corpus, file):
    messages = "\n".join(corpus[file].messages.values())
    assert handin.read(file).facts["says"] in messages


def visible_claims(assignment):
    """{test cell: a pattern of the claims in the part that students have}."""
    name = f"{handin.NOTEBOOKS[assignment]}.ipynb"
    notebook = nbformat.read(handin.ROOT / "release" / assignment / name, as_version=4)
    found = {}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            claims = [
                node.args[0]
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "check"
            ]
            found[handin.grade_id(cell)] = re.compile("|".join(map(pattern, claims)))
    return found


def pattern(claim):
    """A claim's text as a regular expression; what an f-string fills in may be anything."""
    parts = claim.values if isinstance(claim, ast.JoinedStr) else [claim]
    return "".join(re.escape(p.value) if isinstance(p, ast.Constant) else ".+" for p in parts)


@pytest.mark.parametrize("assignment", handin.NOTEBOOKS)
def test_visible_checks_are_honest(corpus, assignment, record_property):
    """Of the wrong answers, at least 80% fail in what the student can run already."""
    visible = visible_claims(assignment)
    wrong = wrong_answers(assignment)
    unseen = []
    for file in wrong:
        answer = handin.read(file)
        given = {*answer.cells, *answer.solved, *(place for place, _ in answer.extra)}
        solved = {t for t, cell in handin.tested_cells(assignment).items() if cell in given}
        if not any(
            visible[test].fullmatch(claim.text)
            for test in solved
            for claim in corpus[file].verdicts[test].claims
            if not claim.held
        ):
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
    assert len(drawn(FILES)) >= 40
    for file in right:
        stubs = {c for c, points in handin.read(file).expected.items() if points}
        assert not stubs, f"{label(file)} is a right answer and yet expects part of the points"


def test_table(corpus, judged, sandboxed, record_property):
    rows = [f"{'':14}{'files':>7}{'lost a point':>14}{'earned a point':>16}"]
    for kind in KINDS:
        files = [f for f in FILES if kind_of(f) == kind]
        lost = earned = 0
        for file in files:
            got, want = corpus[file].points, wanted(file)
            lost += any((got[cell] or 0) < want[cell] for cell in want)
            earned += any((got[cell] or 0) > want[cell] for cell in want)
        rows.append(f"{kind:14}{len(files):7}{lost:14}{earned:16}")
    for (graded, seconds), where in ((judged, "in warm processes"), (sandboxed, "by nbgrader")):
        if graded:
            each = seconds / len(graded)
            rows.append(f"{len(graded)} submissions {where}: {each:.1f} s of autograding each")
    record_property("table", "\n".join(rows))
