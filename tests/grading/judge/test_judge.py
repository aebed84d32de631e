"""A toy course, graded by the real nbgrader commands: what a submission does, it does to itself."""

import json
import os
import signal
import time

import nbformat
import pytest
from nbformat.v4 import new_notebook
from toy import GOOD, SETUP, TESTS, Toy, cell

HOSTILE = """
import sys
from multiprocessing.connection import Client
def forged(address, token):
    with Client(address) as line:
        line.send_bytes(token.encode())
        for answer in (b"", b"x" * 1000, bytes(8)):
            line.recv_bytes()
            line.send_bytes(answer)
sys.modules["grading.student.serve"].serve = forged
"""
NOISY = """
import sys, warnings
warnings.warn("careful")
print("working", file=sys.stderr)
print("lone surrogate \\ud800")
from IPython.display import HTML, display
display(HTML("<script>alert('active')</script>" + "x" * 100_000))
kernel = get_ipython().kernel
for content in ({"data": 5, "metadata": []}, {"data": {"text/plain": ["a", 1]}}, {}):
    kernel.session.send(kernel.iopub_socket, "display_data", content, parent=kernel.get_parent())
for i in range(5):
    print("y" * 10_000_000)
"""
DEAF = """
import time
def double(x):
    while True:
        try:
            time.sleep(10)
        except BaseException:
            pass
"""
QUOTING = """def double(x):
    raise ValueError("<script>alert('active')</script> \\ud800")"""
# What students hand in: the cells that differ from a good answer, and the points of the three tests

STUDENTS = {
    "good": ({}, (4, 3, 2)),
    "noisy": ({"model": GOOD["model"] + NOISY}, (4, 3, 2)),
    "wrong": (
        {
            "double": "def double(x):\n    return 3 * x",
            "history": "history = {'mse': [1.0] * 400}",
        },
        (0, 3, 0),
    ),
    "syntax": ({"double": QUOTING, "model": "class Model("}, (0, 0, 2)),
    "dying": (
        {
            "double": "import os\ndef double(x):\n    os._exit(0)",
            "model": "class Model:\n    def __init__(self):\n        os.kill(os.getpid(), 9)",
        },
        (0, 0, 2),
    ),
    "deaf": ({"double": DEAF}, (0, 3, 2)),
    "dead": ({"model": "import os\nos._exit(1)"}, (4, 0, 2)),
    "elsewhere": (
        {
            "double": "import nosuch.plots as p\nfrom google.colab import drive\n"
            f"drive.mount('/x')\n{GOOD['double']}",
            "model": f"import nosuch as ns\nframe = ns.frame()['a']\n{GOOD['model']}",
            "history": f"{GOOD['history']}\nhistory['all'] = [torch.ones(1)] * 20_001",
        },
        (4, 0, 0),
    ),
    "hostile": (
        {
            "double": "def double(x):\n    while True:\n        pass",
            "model": GOOD["model"] + HOSTILE,
        },
        (0, 0, 0),
    ),
}
NO_KERNEL = {
    "damaged": "not valid JSON",
    "missing": "No notebook toy.ipynb was handed in",
    "folder": "is a folder",
    "foreign": "none of the assignment's answer cells",
}
UNUSUAL = {"forger": (0, 0, 0), "renamed": (4, 3, 2)}
MUCH = 400_000  # bytes that no notebook and no page of this course has


def forge(notebook):
    """All that can be done to a notebook without solving anything."""
    notebook.metadata["grading"] = {"finished": True}
    for handed_in in notebook.cells:
        handed_in.metadata["tags"] = ["skip-execution", "raises-exception"]
        if handed_in.cell_type == "code":
            handed_in.outputs = [
                nbformat.v4.new_output("execute_result", {"text/plain": "4.0"}, execution_count=1)
            ]
        if handed_in.id.startswith("test-"):
            handed_in.source = "pass"
            handed_in.metadata["nbgrader"] |= {"points": 400, "schema_version": 99}
    notebook.cells += [*notebook.cells[-3:], cell("test-mine", "1", grade=True, points=100)]
    notebook.cells[0].source = "<script>alert('active')</script>"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Toy(tmp_path_factory.mktemp("course"))
    for student, (answers, _) in STUDENTS.items():
        course.hand_in_cells(student, GOOD | answers)
    course.hand_in_cells("forger", {}, forge)
    course.hand_in_cells("renamed", GOOD)
    handed_in = course.submitted("renamed") / "toy.ipynb"
    handed_in.rename(handed_in.with_name("toy (1).ipynb"))
    (course.submitted("damaged") / "toy.ipynb").write_text('{"cells": [')
    (course.submitted("missing") / "notes.txt").write_text("sorry")
    (course.submitted("folder") / "toy.ipynb").mkdir()
    nbformat.write(new_notebook(), course.submitted("foreign") / "toy.ipynb")
    beside = course.submitted("renamed")
    for name in ("torch", "json", "helpers", "course", "grading", "ipykernel_launcher"):
        (beside / f"{name}.py").write_text("raise SystemExit\n")
    (beside / "timestamp.txt").write_text("never")
    (beside / "link.txt").symlink_to(course.root / "source" / "toy" / "toy.ipynb")
    os.mkfifo(beside / "pipe")
    course.log = course.run("autograde", "toy")
    return course


@pytest.mark.parametrize("student", STUDENTS)
def test_points(course, student):
    assert course.scores(student) == STUDENTS[student][1], course.comment(student)


@pytest.mark.parametrize("student", UNUSUAL)
def test_points_of_unusual_files(course, student):
    assert course.scores(student) == UNUSUAL[student]


@pytest.mark.parametrize("student", NO_KERNEL)
def test_what_is_no_notebook_is_recorded_and_told(course, student):
    assert course.scores(student) == (0, 0, 0)
    for answer in ("double", "model", "history"):
        assert NO_KERNEL[student] in course.comment(student, answer)


def test_failures_are_told_in_words(course):
    for student, words in {
        "wrong": "- double gives twice its argument: not doubled",
        "forger": "not implemented yet",
        "hostile": "TimeoutError: no answer within 12 seconds (line",
        "deaf": "did not end within 12 seconds",
        "dying": "KernelStopped: the student's code ended before it answered",
    }.items():
        comment = course.comment(student)
        assert words in comment, comment
    assert course.comment("good") is None
    told = "`{}` could not be imported: it is not installed where your work is graded"
    for module in ("nosuch.plots", "google.colab"):
        assert told.format(module) in course.comment("elsewhere")
    comment = course.comment("elsewhere", "model")
    assert "stopped with ModuleNotFoundError: `nosuch` is not installed" in comment
    assert "a limit of the grader's" in course.comment("elsewhere", "history")
    assert "stopped with SyntaxError" in course.comment("syntax", "model")
    assert "ValueError: <script>" in course.comment("syntax")
    assert "gave no valid answer" in course.comment("hostile", "model")
    assert "This cell was stopped: " in course.comment("dead", "model")


def test_what_cannot_be_decided_is_flagged(course):
    assert course.flagged("wrong") == ["test-history"]
    assert course.flagged("elsewhere") == ["test-history"]
    assert course.flagged("good") == course.flagged("forger") == []


def test_graded_notebooks_hold_only_verdicts_and_little_output(course):
    for student in [*STUDENTS, *UNUSUAL]:
        notebook = course.graded_notebook(student)
        nbformat.validate(notebook)
        assert len(json.dumps(notebook)) < MUCH
        outputs = {made.id: made.get("outputs") for made in notebook.cells}
        assert all(
            {"stream": output.get("name") == "stdout", "error": True, "execute_result": True}[
                output.output_type
            ]
            for test in TESTS
            for output in outputs[test]
        )
    assert "the rest of this cell's output was cut" in json.dumps(course.graded_notebook("noisy"))


def test_nothing_but_plain_files_is_kept(course):
    kept = {path.name for path in (course.root / "autograded" / "renamed" / "toy").iterdir()}
    assert kept.isdisjoint({"link.txt", "pipe", "timestamp.txt"})


def test_no_process_is_left(course):
    assert course.processes() == []


def test_feedback_shows_messages_and_no_hidden_tests(course):
    course.run("generate_feedback", "toy")
    for student in [*STUDENTS, *UNUSUAL, *NO_KERNEL]:
        files = list((course.root / "feedback" / student / "toy").rglob("*"))
        assert [file.name for file in files] == ["toy.html"]
        page = files[0].read_text()
        for hidden in ("SECRET", "requires_grad", "HIDDEN TESTS"):
            assert hidden not in page, (student, hidden)
        assert "<script>alert" not in page
        assert len(page) < MUCH
    page = (course.root / "feedback" / "wrong" / "toy" / "toy.html").read_text()
    assert "not doubled" in page
    page = (course.root / "feedback" / "elsewhere" / "toy" / "toy.html").read_text()
    assert "<code>google.colab</code> could not be imported" in page
    page = (course.root / "feedback" / "renamed" / "toy" / "toy.html").read_text()
    assert "toy (1).ipynb" in page


def test_a_rerun_grades_nothing_twice_and_a_regrade_keeps_what_people_decided(course):
    before = {student: course.scores(student) for student in STUDENTS}
    times = {path: path.stat().st_mtime_ns for path in course.root.glob("autograded/*/*/*.ipynb")}
    with course.gradebook() as gradebook:
        gradebook.find_grade("test-double", "toy", "toy", "wrong").manual_score = 1.5
        gradebook.find_comment("double", "toy", "toy", "wrong").manual_comment = "nearly"
        gradebook.db.commit()
    course.run("autograde", "toy")
    assert times == {path: path.stat().st_mtime_ns for path in times}
    course.run("autograde", "toy", "--student", "wrong", "--force")
    assert before == {student: course.scores(student) for student in STUDENTS}
    with course.gradebook() as gradebook:
        assert gradebook.find_grade("test-double", "toy", "toy", "wrong").score == 1.5  # noqa: PLR2004
    assert course.comment("wrong") == "nearly"


def test_a_killed_run_is_finished_by_the_next(tmp_path):
    course = Toy(tmp_path)
    course.hand_in_cells("ada", GOOD)
    course.hand_in_cells(
        "ben", GOOD | {"history": f"import time\ntime.sleep(5)\n{GOOD['history']}"}
    )
    process = course.start("autograde", "toy")
    begun = course.root / "autograded" / "ben" / "toy"
    while not begun.exists():
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(course.root.glob(".handed-in-*"))
    first = course.root / "autograded" / "ada" / "toy" / "toy.ipynb"
    graded_at = first.stat().st_mtime_ns
    log = course.run("autograde", "toy")
    assert "ben/toy/toy.ipynb was left half-graded" in log
    assert first.stat().st_mtime_ns == graded_at
    assert {course.scores(student) for student in ("ada", "ben")} == {(4, 3, 2)}
    assert course.processes() == [] and not list(course.root.glob(".handed-in-*"))


def test_a_machine_too_slow_for_the_first_cell_is_no_fault_of_the_students(tmp_path):
    course = Toy(tmp_path)
    source = course.root / "source" / "toy" / "toy.ipynb"
    notebook = nbformat.read(source, 4)
    slow = "import os, time\nif os.environ.get('USER') == 'student':\n    time.sleep(60)\n"
    next(c for c in notebook.cells if c.id == "setup").source = slow + SETUP
    nbformat.write(notebook, source)
    course.run("generate_assignment", "toy", "--force")
    course.hand_in_cells("ada", GOOD)
    course.run("autograde", "toy", "--Execute.timeout=3")
    assert course.flagged("ada") == ["test-model"]  # what failed for want of it
    assert course.scores("ada") == (4, 0, 2)


def test_an_unprepared_course_is_not_graded_by_guess(tmp_path):
    course = Toy(tmp_path)
    course.hand_in_cells("ada", GOOD)
    source = course.root / "source" / "toy" / "toy.ipynb"
    notebook = nbformat.read(source, 4)
    del notebook.cells[-1]
    nbformat.write(notebook, source)
    process = course.start("autograde", "toy")
    log, _ = process.communicate()
    assert process.returncode == 1
    assert "Please run `nbgrader generate_assignment toy --force`." in log
