"""The formgrader goes on answering while it grades and makes pages."""

import json
import threading
import urllib.request
from importlib import import_module

import pytest
from browser import Lab
from toy import GOOD, Toy

from grading.plugins.background import COMMANDS, HANDLERS


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Toy(tmp_path_factory.mktemp("answers"), "c.ForkedProvisioner.preload = []")
    course.hand_in_cells("ada", GOOD)
    return course


@pytest.fixture(scope="module")
def lab(course, tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("home"), course.root) as lab:
        yield lab


def ask(lab, path, data=None):
    """What the formgrader answers, to a POST where there are data."""
    request = urllib.request.Request(f"{lab.url}/formgrader/api/{path}", data)
    request.add_header("Authorization", f"token {lab.token}")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def test_it_answers_while_it_grades(course, lab):
    answers = {}

    def grade():
        answers["graded"] = ask(lab, "submission/toy/ada/autograde", b"")

    ask(lab, "status")
    grading = threading.Thread(target=grade)
    grading.start()
    meanwhile = 0
    while grading.is_alive():
        meanwhile += bool(ask(lab, "status"))
    assert meanwhile > 5  # a server that grades itself answers once at most
    graded = answers["graded"]
    assert graded["success"] and "error" not in graded and "[INFO]" in graded["log"], graded
    with course.gradebook() as gradebook:
        work = gradebook.find_submission_notebook("toy", "toy", "ada")
        assert work.score == work.max_score > 0


@pytest.mark.parametrize("whose", ["assignment/toy/ada", "assignment/toy"])
def test_pages_are_made_and_a_failure_is_told(course, lab, whose):
    page = course.root / "feedback" / "ada" / "toy" / "toy.html"
    told = ask(lab, f"{whose}/generate_feedback", b"")
    assert told["success"] and "points" in page.read_text(), told
    page.unlink()
    told = ask(lab, f"{whose.replace('/toy', '/none')}/generate_feedback", b"")
    assert not told["success"] and "exit status" in told["error"] and "none" in told["log"]


def test_the_formgrader_has_the_handlers_that_are_changed():
    """A change of names in nbgrader must not undo it silently."""
    handlers = import_module(HANDLERS)
    assert all(callable(getattr(handlers, name).post) for name in COMMANDS)
