"""A student in JupyterLab and an instructor in the formgrader, in a real browser without internet.

The tests are one story in their order; each leaves pictures of what it saw in tests/screenshots.
"""

import re
import shutil
from dataclasses import replace

import browser
import handin
import nbformat
import pytest
from attacks_evidence import hidden_lines
from axe_playwright_python.sync_playwright import Axe
from browser import Lab, Window
from course import Course
from nbgrader.utils import get_username
from playwright.sync_api import expect

if browser.CHROMIUM is None:
    pytest.skip("Chromium is not installed: apt-get install chromium", allow_module_level=True)
pytestmark = pytest.mark.browser
ASSIGNMENT, NOTEBOOK = "1-denoising", "1-denoising/denoising.ipynb"
TESTS = handin.ROOT / "tests"
BY_HAND = ["untouched", "wrong_noise_std_is_variance"]
COMMENT = "Nearly: the standard deviation is **not** $\\sigma^2$."
expect.set_options(timeout=browser.MINUTE)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course with an exchange, and two submissions, full of scripts, that came another way."""
    place = tmp_path_factory.mktemp("browser")
    exchange = place / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    course = Course(place / "above" / "course")
    course.exchange = f"\nc.Exchange.root = {str(exchange)!r}\n"
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(course.exchange)
    attack = handin.read(TESTS / "attacks" / "xss_output.py")
    for student in BY_HAND:
        answer = handin.read(TESTS / "submissions" / ASSIGNMENT / f"{student}.py")
        notebook = course.root / "submitted" / student / NOTEBOOK
        notebook.parent.mkdir(parents=True)
        nbformat.write(handin.notebook(replace(answer, extra=attack.extra)), notebook)
    return course


@pytest.fixture(scope="module")
def instructor(course, tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("instructor"), course.root) as lab:
        yield lab


@pytest.fixture(scope="module")
def student(course, tmp_path_factory):
    home = tmp_path_factory.mktemp("student")
    (home / ".jupyter").mkdir()
    (home / ".jupyter" / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'generative-models'{course.exchange}"
    )
    with Lab(home, home / "work") as lab:
        yield lab


@pytest.fixture
def window(chromium, request):
    window = Window(chromium)
    window.page.add_init_script("window.attack_was_here = () => { window.attacked = true }")
    yield window
    window.shot(request.node.name)
    window.context.close()


def succeed(window, button):
    """Presses a button of the formgrader; returns the log that its dialog shows at the end."""
    window.page.locator(button).click()
    dialog = window.page.locator(".modal.in")
    said = dialog.inner_text()
    assert "Success" in said.split("Log Output")[0], said
    dialog.locator(".modal-footer button").last.click()
    dialog.wait_for(state="hidden")
    return said


def answers(assignment):
    """The model answers, trained for three epochs: enough for all points of the denoiser."""
    for cell, text in handin.model_answers(assignment).items():
        yield cell, re.sub(r"number_of_epochs=\d+", "number_of_epochs=3", text)


def row(name):
    return f"tr:has(:text-is('{name}'))"


def test_instructor_makes_and_releases_the_student_version(course, instructor, window):
    window.open_lab(instructor)
    window.execute("nbgrader:open-formgrader")
    window.page.frame_locator("iframe").locator(row(ASSIGNMENT)).wait_for()
    window.shot("formgrader-in-lab")
    window.page.goto(f"{instructor.url}/formgrader/manage_assignments")
    succeed(window, f"{row(ASSIGNMENT)} td.assign a")
    succeed(window, f"{row(ASSIGNMENT)} td.release a")
    expect(window.page.locator(f"{row(ASSIGNMENT)} td.status")).to_have_text("released")
    assert not window.refused


def test_student_fetches_solves_and_submits(student, window):
    page = window.page
    window.open_lab(student)
    window.execute("nbgrader:open-assignment-list")
    page.locator("#released_assignments_list button:has-text('Fetch')").click()
    page.locator("#fetched_assignments_list button:has-text('Submit')").wait_for()

    window.open_notebook(NOTEBOOK)
    expect(window.cell("noise-task").locator("mjx-container[display=true]")).to_have_count(1)
    window.shot("formula")
    window.run()  # as released, to its end
    unsolved = re.compile("^test-noise-range: not implemented yet[^\n]+$")
    expect(window.output("test-noise-range")).to_have_text(unsolved)
    window.shot("unsolved")
    assert "not implemented yet" in window.validate()

    for cell, answer in answers(ASSIGNMENT):
        window.write(cell, answer)
    window.run()
    for cell in handin.points(ASSIGNMENT):
        expect(window.output(cell)).to_have_text(f"{cell}: passed")
    bar = window.output("dae-training")
    expect(bar).to_contain_text("epoch 3 of 3: 100%")
    expect(bar.locator(".progress-bar-success")).to_be_visible()
    window.shot("progress-bar")
    assert window.output("dae-figure").locator("img").evaluate("image => image.naturalWidth") > 200
    window.shot("figure")
    assert "Success! Your notebook passes all the tests." in window.validate()

    window.execute("nbgrader:open-assignment-list")
    page.locator("#fetched_assignments_list button:has-text('Submit')").click()
    page.locator(
        f"#submitted_assignments_list .list_item:has-text('{ASSIGNMENT}')"
    ).first.wait_for()
    assert not window.refused


def test_sliders_move_through_the_latent_plane(student, window):
    shutil.copytree(handin.ROOT / "release" / "3-latent", student.folder / "3-latent")
    window.open_lab(student)
    window.open_notebook("3-latent/latent.ipynb")
    window.write("latent-training", dict(answers("3-latent"))["latent-training"])
    window.run("setup", "latent-training", "further-explore-code")
    output = window.output("further-explore-code")
    expect(output.locator(".noUi-handle")).to_have_count(2)
    picture = output.locator("img")
    before = picture.get_attribute("src")
    window.shot("sliders-at-zero")
    output.locator(".noUi-handle").first.focus()
    for _ in range(20):
        window.page.keyboard.press("ArrowRight")
    expect(output.locator(".widget-readout").first).to_have_text("1.20")
    expect(picture).not_to_have_attribute("src", before)
    assert not window.refused


def test_instructor_grades_comments_and_returns(course, instructor, window):
    page, formgrader = window.page, f"{instructor.url}/formgrader"
    window.open_lab(instructor)
    page.goto(f"{formgrader}/manage_assignments")
    succeed(window, f"{row(ASSIGNMENT)} td.collect a")
    page.goto(f"{formgrader}/manage_submissions/{ASSIGNMENT}/")
    for name in [get_username(), *BY_HAND]:
        succeed(window, f"{row(name)} td.autograde a")
    for name, score in zip([get_username(), *BY_HAND], ["20", "0", "9"], strict=True):
        expect(page.locator(f"{row(name)} td.score")).to_have_text(f"{score} / 20")
    window.shot("scores")

    page.goto(f"{formgrader}/gradebook/{ASSIGNMENT}/denoising")
    page.locator(f"{row('9 / 20')} a:has-text('Submission')").click()
    for name, text in (("test-noise-moments", "1.5"), ("noise-comment", COMMENT)):
        box = page.locator(f"#{name}")
        expect(box).to_have_attribute("placeholder", re.compile("^0$|^test-noise-moments:"))
        with page.expect_request_finished(lambda request: request.method == "PUT") as saved:
            box.fill(text)
            box.press("Tab")
        assert saved.value.response().ok
    window.shot("comment")
    expect(page.locator("body")).to_contain_text("attack_was_here")
    assert not page.evaluate("window.attacked")
    page.goto(f"{formgrader}/gradebook/{ASSIGNMENT}/denoising")
    page.locator(row("10.5 / 20")).wait_for()

    page.goto(f"{formgrader}/manage_assignments")
    succeed(window, f"{row(ASSIGNMENT)} td.generate-feedback a")
    said = succeed(window, f"{row(ASSIGNMENT)} td.release-feedback a")
    assert said.count("[WARNING]") == len(BY_HAND)
    for name in BY_HAND:
        assert f"Not handed in through the exchange, so {name} has to get this page" in said


def test_student_fetches_the_feedback(student, window):
    page = window.page
    window.open_lab(student)
    window.execute("nbgrader:open-assignment-list")
    submitted = page.locator("#submitted_assignments_list")
    submitted.locator("button:has-text('Fetch Feedback')").click()
    submitted.locator("a:has-text('view feedback')").click()
    page.locator(".jp-DirListing-item:has-text('denoising.html')").dblclick()
    shown = page.frame_locator(".jp-HTMLViewer iframe")
    expect(shown.locator(".total")).to_have_text("20 of 20 points")
    assert not window.refused


def serious(page):
    """What axe finds on the page that keeps people from reading it."""
    found = Axe().run(page).response["violations"]
    return [
        (finding["id"], [node["html"] for node in finding["nodes"]])
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", [get_username(), *BY_HAND])
def test_feedback_page(course, window, name):
    page = window.page
    page.goto((course.root / "feedback" / name / NOTEBOOK).with_suffix(".html").as_uri())
    text = page.locator("body").text_content()
    assert not [line for line in hidden_lines(ASSIGNMENT) if line in text]
    expect(page.locator("h1")).to_have_count(1)
    assert page.locator("math[display=block]").first.bounding_box()["height"] > 15
    if name == "wrong_noise_std_is_variance":
        expect(page.locator(".total")).to_have_text("10.5 of 20 points")
        expect(page.locator(".comment strong").last).to_have_text("not")
        expect(page.locator(".comment math")).to_have_text("σ2")

    window.shot(f"feedback-{name}")
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    page.set_viewport_size({"width": 420, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert not serious(page)

    assert page.pdf(format="A4").startswith(b"%PDF")
    assert not window.refused


def test_formgrader_of_a_lab_started_above_the_course(course, tmp_path, window):
    settings = (
        tmp_path / ".jupyter/lab/user-settings/@jupyter/nbgrader/formgrader.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True)
    settings.write_text('{"local_config": true}')
    with Lab(tmp_path, course.root.parent) as lab:
        window.open_lab(lab)
        window.execute("filebrowser:open-path", path="course")
        window.execute("nbgrader:open-formgrader-local")
        frame = window.page.frame_locator("iframe")
        frame.locator(f"{row(ASSIGNMENT)} td.status:has-text('released')").wait_for()
        window.shot("formgrader-started-above")
