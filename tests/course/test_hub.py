"""A term on a JupyterHub with local accounts, set up with the files of docs/hub.

The tests are one story in their order: a teacher, a teaching assistant and two students, each with
an account, the exchange between them; in a real browser where one matters.
"""

import os
import re
import shutil
from dataclasses import replace

import browser
import handin
import hub as hubs
import nbformat
import pytest
from browser import Window
from playwright.sync_api import expect

if why := hubs.missing():
    pytest.skip(f"{why} (docs/hub.md)", allow_module_level=True)
if browser.CHROMIUM is None:
    pytest.skip("Chromium is not installed: apt-get install chromium", allow_module_level=True)
pytestmark = pytest.mark.hub
ASSIGNMENT, NOTEBOOK = "1-denoising", "1-denoising/denoising.ipynb"
PEOPLE = {"teacher": "staff", "assistant": "staff", "ada": "students", "ben": "students"}
# The noise is solved, which is quick: 8 of 20 points.
RIGHT = handin.model_answers(ASSIGNMENT)["noise"]
WRONG = RIGHT.replace("self.std *", "self.std**0.5 *")
expect.set_options(timeout=browser.MINUTE)


@pytest.fixture(scope="module")
def hub():
    with hubs.hub(PEOPLE) as running:
        yield running


@pytest.fixture
def window(chromium, request):
    window = Window(chromium)
    yield window
    window.shot(request.node.name)
    window.context.close()


def row(name):
    return f"tr:has(:text-is('{name}'))"


def denied(hub, person, *command):
    done = hub.tried(person, *command)
    said = done.stdout.lower()
    return done.returncode != 0 and ("permission denied" in said or "not permitted" in said)


def test_the_teacher_finds_the_formgrader_and_releases(hub, window):
    page, address = window.page, hub.log_in(window, "teacher")
    window.execute("nbgrader:open-formgrader")
    page.frame_locator("iframe").locator(row(ASSIGNMENT)).wait_for()
    window.shot("hub-formgrader")
    hub.run("teacher", "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    hub.run("teacher", "nbgrader", "release_assignment", ASSIGNMENT)
    page.goto(f"{address}/formgrader/manage_assignments")
    expect(page.locator(f"{row(ASSIGNMENT)} td.status")).to_have_text("released")


def test_a_student_fetches_validates_submits_and_submits_again(hub, window):
    page, address = window.page, hub.log_in(window, "ada")
    window.execute("nbgrader:open-assignment-list")
    page.locator("#released_assignments_list button:has-text('Fetch')").click()
    submit = page.locator("#fetched_assignments_list button:has-text('Submit')")
    submit.wait_for()
    window.open_notebook(NOTEBOOK)
    window.write("noise", WRONG)
    said = window.validate()
    # Each failed test by its name, its points and what it says: no source and no traceback.
    assert re.search(r"test-noise-moments \(2 points\)\s+test-noise-moments: ", said)
    assert "import" not in said and "Traceback" not in said
    assert said.count("The following cell failed:") == len(handin.points(ASSIGNMENT)) - 3

    for answer, option in ((WRONG, []), (RIGHT, ["--update"])):
        window.open_notebook(NOTEBOOK)
        window.write("noise", answer)
        window.execute("docmanager:save")
        window.execute("nbgrader:open-assignment-list")
        with page.expect_response(re.compile("assignments/submit")) as submitted:
            submit.click()
        assert submitted.value.json()["success"]
        said = hub.run("assistant", "nbgrader", "collect", ASSIGNMENT, *option)
        assert f"Collecting the submission of {hub.accounts['ada'].name}" in said

    assert not page.evaluate("jupyterapp.commands.hasCommand('nbgrader:open-formgrader')")
    assert page.goto(f"{address}/formgrader/manage_assignments").status == 404
    assert not window.refused


def test_who_hands_in_for_another_is_dropped_and_told(hub):
    ada, ben = (hub.accounts[name] for name in ("ada", "ben"))
    hub.run("ben", "nbgrader", "fetch_assignment", ASSIGNMENT)
    answer = handin.read(handin.ROOT / f"tests/submissions/{ASSIGNMENT}/untouched.py")
    solved = handin.notebook(replace(answer, cells={"noise": RIGHT}))
    file = ben.home / NOTEBOOK
    nbformat.write(solved, file)
    shutil.chown(file, ben.name)
    hub.run("ben", "nbgrader", "submit", ASSIGNMENT)
    inbound = hub.exchange / "generative-models" / "inbound"
    assert denied(hub, "ben", "ls", inbound)
    forged = inbound / f"{ada.name}+{ASSIGNMENT}+2099-01-01 00:00:00.000000 UTC+forged"
    hub.run("ben", "cp", "-r", file.parent, forged)
    hub.run("ben", "chmod", "-R", "a+rX", forged)
    said = hub.run("assistant", "nbgrader", "collect", ASSIGNMENT, "--update")
    assert f"Not collected: '{forged.name}'" in said and f"is owned by {ben.name}" in said
    assert f"Collecting the submission of {ben.name}" in said
    assert f"Nothing newer of {ada.name}" in said


def test_an_ordinary_account_grades_and_another_gives_back(hub):
    said = hub.run("assistant", "nbgrader", "autograde", ASSIGNMENT)
    assert "sandbox" not in said  # which is said where there is none
    hub.run("teacher", "nbgrader", "generate_feedback", ASSIGNMENT)
    hub.run("assistant", "nbgrader", "release_feedback", ASSIGNMENT)
    for name in ("ada", "ben"):
        points = hub.course.graded(ASSIGNMENT, hub.accounts[name].name).points
        assert sum(points.values()) == 8


def test_feedback_comes_back(hub, window):
    page = window.page
    hub.log_in(window, "ada")
    window.execute("nbgrader:open-assignment-list")
    submitted = page.locator("#submitted_assignments_list")
    submitted.locator("button:has-text('Fetch Feedback')").first.click()
    submitted.locator("a:has-text('view feedback')").first.click()
    page.locator(".jp-DirListing-item:has-text('denoising.html')").dblclick()
    shown = page.frame_locator(".jp-HTMLViewer iframe")
    expect(shown.locator(".total")).to_have_text("8 of 20 points")
    hub.run("ben", "nbgrader", "fetch_feedback", ASSIGNMENT)
    [page] = hub.accounts["ben"].home.glob(f"{ASSIGNMENT}/feedback/*/denoising.html")
    assert "8 of 20 points" in page.read_text()


def test_who_may_read_what(hub):
    course, exchange = hub.course.root, hub.exchange / "generative-models"
    made = ("submitted", "autograded", "feedback")
    kept = [path for name in made for path in (course / name).glob("*/**/*")]
    kept.append(course / "gradebook.db")
    names = {path.name for path in kept}
    assert names > {"gradebook.db", "submission_secret.txt", "denoising.html", "timestamp.txt"}
    staff = os.stat(course).st_gid
    for path in kept:
        status = path.stat()
        owner = status.st_mode & 0o700
        assert status.st_mode & 0o777 == owner | owner >> 3 and status.st_gid == staff, path
    for path in (course, course / "gradebook.db", exchange / "inbound", exchange / "feedback"):
        assert denied(hub, "ben", "ls" if path.is_dir() else "cat", path), path
    assert denied(hub, "ben", "ls", hub.accounts["ada"].home)
    assert denied(hub, "ben", "mv", exchange, hub.exchange / "another")
    look = "from grading.__main__ import access; print(*access(), sep='\\n')"
    told = hub.run("teacher", "python", "-c", look).splitlines()
    assert len(told) == 2 and "grading/unseen" in told[0]  # here students have the same environment
