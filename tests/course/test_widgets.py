"""Every notebook in JupyterLab, solved: bars, sliders and pictures show what they should.

A widget's mistake is told in a red box in its place or in the browser's console; both fail.
"""

import re
import shutil

import browser
import handin
import nbformat
import pytest
from browser import Lab, Window
from playwright.sync_api import expect

if browser.CHROMIUM is None:
    pytest.skip("Chromium is not installed: apt-get install chromium", allow_module_level=True)
pytestmark = pytest.mark.browser
expect.set_options(timeout=browser.MINUTE)
# What JupyterLab and its widgets put in the place of an output that fails.
RED = ", ".join(
    [
        "[data-mime-type='application/vnd.jupyter.error']",
        "[data-mime-type='application/vnd.jupyter.stderr']",
        ".jupyter-widgets-error-widget",
        "pre:has-text('Error displaying widget')",
    ]
)
# What JupyterLab's console says where there is no internet; it is none of the notebooks'.
WITHOUT_INTERNET = ("net::ERR_FAILED", "Failed to load resource")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    home = tmp_path_factory.mktemp("widgets")
    shutil.copytree(handin.ROOT / "release", home / "work")
    with Lab(home, home / "work") as lab:
        yield lab


@pytest.fixture
def window(chromium, lab, request):
    """A window of JupyterLab; at its end no page has raised an error or written one."""
    window, complaints = Window(chromium), []

    def heard(message):
        if message.type == "error" and not any(text in message.text for text in WITHOUT_INTERNET):
            complaints.append(message.text)

    window.open_lab(lab)
    window.page.on("console", heard)
    window.page.on("pageerror", lambda error: complaints.append(str(error)))
    yield window
    window.shot(re.sub(r"\W+", "-", request.node.name).strip("-"))
    window.context.close()
    assert complaints == []


def open_solved(window, lab, assignment):
    """Opens a notebook with the model answers, trained for a short time where that will do."""
    path = lab.folder / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    answers = handin.model_answers(assignment)
    for cell in notebook.cells:
        cell.source = answers.get(handin.grade_id(cell), cell.source)
        if assignment != "3-latent":  # whose snapshots are of the fifth and the tenth epoch
            cell.source = re.sub(r"^EPOCHS = \d+$", "EPOCHS = 2", cell.source, flags=re.M)
    nbformat.write(notebook, path)
    window.open_notebook(f"{assignment}/{path.name}")
    window.run()
    return [cell.id for cell in notebook.cells if cell.cell_type == "code"]


def facts(image):
    """What a reader has of a picture."""
    return image.evaluate(
        """image => ({alt: image.alt, drawn: image.naturalWidth, shown: image.clientWidth,
                      room: image.parentElement.clientWidth})"""
    )


def press(window, slider, times=1):
    """Moves a slider to the right by the keyboard."""
    slider.focus()
    for _ in range(times):
        window.page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("assignment", handin.NOTEBOOKS)
def test_bars_and_pictures(window, lab, assignment):
    pictures = bars = 0
    for cell in open_solved(window, lab, assignment):
        output = window.output(cell)
        assert output.locator(RED).count() == 0, f"{cell}: {output.inner_text()}"
        for image in output.locator("img").all():
            picture = facts(image)
            assert len(picture["alt"]) > 20, f"{cell}: a screen reader is told nothing"
            assert picture["drawn"] >= 2 * picture["shown"] > 0, f"{cell} is not sharp"
            assert picture["shown"] <= picture["room"], f"{cell} is cut off"
            pictures += 1
        bars += output.locator(".progress-bar-success").count()
    assert pictures >= 3 and bars >= 1
    if assignment == "3-latent":
        move_all_sliders(window)


def move_all_sliders(window):
    """The model was trained a moment ago; the sliders go through its snapshots and its plane."""
    steps = window.output("further-steps-code")
    picture = steps.locator("img")
    expect(steps.locator(".widget-readout")).to_have_text("before training")
    expect(picture).to_have_attribute("alt", re.compile("before training"))
    window.shot("steps-before-training")
    for when in ("after 5 epochs", "after 10 epochs"):
        press(window, steps.locator("[role=slider]"))
        expect(steps.locator(".widget-readout")).to_have_text(when)
        expect(picture).to_have_attribute("alt", re.compile(when))
    window.shot("steps-after-training")

    explorer = window.output("further-explore-code")
    picture = explorer.locator("img")
    expect(picture).to_have_attribute("alt", "What the decoder draws at z1 = 0, z2 = 0")
    before = picture.get_attribute("src")
    press(window, explorer.locator("[role=slider]").first, times=20)
    expect(picture).to_have_attribute("alt", "What the decoder draws at z1 = 1.2, z2 = 0")
    assert picture.get_attribute("src") != before
    window.shot("explorer")
