"""Whatever a submission holds, the instructor may click on it: in the real formgrader, in Chromium.

One submission holds every trick at once, in written answers, outputs, code and files. Each element
of it is clicked; then the gradebook says what it said before, and no script has run.
"""

import browser
import pytest
from browser import Lab, Window
from nbformat.v4 import new_code_cell, new_markdown_cell
from toy import Toy, cell, graded_cell

from grading.plugins.formgrader import HANDLERS

if browser.CHROMIUM is None:
    pytest.skip("Chromium is not installed: apt-get install chromium", allow_module_level=True)
pytestmark = pytest.mark.browser

CALL = "attack_was_here()"
PROSE = (
    r"The bound $\log p(x) \ge \mathcal{L}$, and alone $$\sum_{i=1}^n \frac{z_i^2}{2}$$ costs \$5."
)
FIELDS = (
    '<div class="nbgrader_cell"><input class="score tabbable" id="test-double" value="4">'
    '<button class="full-credit mark-graded">Show all</button>'
    '<textarea class="comment" id="why-comment">Perfect</textarea></div>'
)
OVERLAY = '<div style="position:fixed;top:0;left:0;width:99vw;height:99vh;z-index:9999">x</div>'
WRITTEN = rf"""# test-double
## why-comment

A formula: $x^2 \ge 0$, **in bold**, and one on its own: \begin{{align}}a &= b\end{{align}}

<script>{CALL}</script> <img src=x onerror="{CALL}"> <svg onload="{CALL}"></svg>

{FIELDS}

{OVERLAY}

<form action="/formgrader/api/grade/1" method="post"><button>send</button></form>

```mermaid
<img src=x onerror="{CALL}">
```

```html
{FIELDS}
```

[script](javascript:{CALL}) [mine](page.html) [drawing](drawing.svg) <http://elsewhere.example>
[next](next) [all](/formgrader/api/submissions) [data](data:text/html,<script>{CALL}</script>)

$\href{{javascript:{CALL}}}{{x}} \class{{full-credit}}{{y}} \cssId{{test-double}}{{z}}$
$$\style{{position:fixed;top:0}}{{x}} \hspace{{-99em}} \text{{<img src=x onerror={CALL}>}}$$

- [ ] <input type=checkbox onclick="{CALL}">

![d](drawing.svg) ![e](http://elsewhere.example/p.png) ![f](attachment:lost.png)
"""
OUTPUTS = f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
text = '''{WRITTEN}'''
display(HTML(text), Markdown(text), Latex(text), Javascript("{CALL}"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='{CALL}'><rect width='9'/></svg>"))
display({{"text/html": text, "image/png": "' onerror='{CALL}"}}, raw=True)
display({{"text/html": text}}, raw=True, metadata={{"text/html": {{"isolated": True}}}})
print(text, "\\x1b]8;;javascript:{CALL}\\x1b\\\\x\\x1b[31mred</pre>", text)
raise type("<script>{CALL}</script>", (Exception,), {{}})(text)
"""
PAGE = f"<html><script>window.{CALL}; alert(1)</script><body onload='{CALL}'>mine</body></html>"
DRAWING = f"<svg xmlns='http://www.w3.org/2000/svg'><script>{CALL}; alert(1)</script></svg>"
# The student's part of the page: what is between nbgrader's own fields.
THEIRS = ".text_cell_render, .output, .input_area"


def written(name, text, **marks):
    made = new_markdown_cell(text, id=name)
    made.metadata["nbgrader"] = cell(name, "", **marks).metadata["nbgrader"]
    return made


class Course(Toy):
    def source(self):
        solution = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
        return [
            written("why", solution.format("Because"), solution=True, grade=True, points=3),
            cell("double", solution.format("def double(x):\n    return 2 * x"), solution=True),
            graded_cell("test-double", "assert double(2) == 4", 4),
            new_markdown_cell(PROSE, id="prose"),
            written("explore", "Look around, and tell.", task=True, locked=True, points=5),
        ]


def attack(notebook):
    notebook.cells[0].source = WRITTEN
    notebook.cells[1].source = f"# {FIELDS}\ndef double(x):\n    return 3 * x\n{OUTPUTS}"
    notebook.cells += [new_markdown_cell(WRITTEN), new_code_cell(OUTPUTS)]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("toy"), "c.ForkedProvisioner.preload = []")
    course.hand_in_cells("mallory", {}, attack)
    (course.submitted("mallory") / "page.html").write_text(PAGE)
    (course.submitted("mallory") / "drawing.svg").write_text(DRAWING)
    course.run("autograde", "toy")
    course.run("generate_feedback", "toy")
    with course.gradebook() as gradebook:  # as a roster of students' own making may have it
        name = f"<img src=x onerror={CALL}>"
        gradebook.update_or_create_student("mallory", first_name=name, last_name=name)
    return course


@pytest.fixture(scope="module")
def lab(course, tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("instructor"), course.root) as lab:
        yield lab


@pytest.fixture(scope="module")
def window():
    with browser.chromium() as running:
        window = Window(running)
        window.page.add_init_script("window.attack_was_here = () => { window.attacked = true }")
        window.dialogs = []
        window.page.on("dialog", lambda dialog: (window.dialogs.append(1), dialog.dismiss()))
        yield window
        window.context.close()


def recorded(course):
    """What the gradebook says: {cell: points by the test, by hand, extra} and the comments."""
    with course.gradebook() as gradebook:
        work = gradebook.find_submission_notebook("toy", "toy", "mallory")
        grades = {g.name: (g.auto_score, g.manual_score, g.extra_credit) for g in work.grades}
        return grades, {c.name: c.manual_comment for c in work.comments}


def unharmed(window):
    assert not window.dialogs
    assert not window.page.evaluate("window.attacked")
    assert not [url for url in window.refused if "elsewhere" in url]


def click_everything(window, selector):
    """Clicks each element below `selector`; their number, or an error where the page is left."""
    page, address = window.page, window.page.url
    clicked = page.evaluate(
        """selector => [...document.querySelectorAll(selector)].flatMap(
            part => [...part.querySelectorAll("*")]).map(
            e => e.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))
        ).length""",
        selector,
    )
    page.wait_for_timeout(300)
    assert page.url.split("?")[0] == address.split("?")[0]
    return clicked


def test_clicking_anywhere_changes_no_score_and_runs_no_script(course, lab, window):
    page, before = window.page, recorded(course)
    assert before[0]["test-double"] == (0, None, None)
    page.goto(f"{lab.url}/lab?token={lab.token}", wait_until="commit")
    with course.gradebook() as gradebook:
        name = gradebook.find_submission_notebook("toy", "toy", "mallory").id
    with page.expect_response("**/api/grades?*"), page.expect_response("**/api/comments?*"):
        page.goto(f"{lab.url}/formgrader/submissions/{name}/")
    page.locator("#why-comment[placeholder]").wait_for()
    assert click_everything(window, THEIRS) > 50
    assert recorded(course) == before
    unharmed(window)

    # Nothing of a student's is a field, a link, or what nbgrader's scripts look for.
    theirs = "#notebook-container :is(.text_cell_render, .output, .input_area)"
    for found in ("[class*=score]", ".comment", ".full-credit", "input", "textarea", "button"):
        assert page.locator(f"{theirs} {found}").count() == 0
    for found in ("a", "form", "svg", "iframe", "script", "[style*=position]", "[onclick]"):
        assert page.locator(f"{theirs} {found}").count() == 0
    assert page.locator(f"{theirs}[id], {theirs} [id], nav img").count() == 0
    window.shot("formgrader-hostile")

    # What is meant to be seen is seen, and the instructor's own button does just what it says.
    assert page.locator(".text_cell_render strong", has_text="in bold").count() == 2
    assert page.locator(".text_cell_render math").count() > 4
    with page.expect_response("**/api/grade/*"):
        page.locator(".nbgrader_cell:has(#why) .full-credit").click()
    assert recorded(course) == (before[0] | {"why": (None, 3, None)}, before[1])


def test_formulas_are_shown_without_the_internet(course, lab, window):
    """Nothing is asked from elsewhere, and the instructor's formulas are laid out all the same."""
    page = window.page
    with course.gradebook() as gradebook:
        name = gradebook.find_submission_notebook("toy", "toy", "mallory").id
    elsewhere, errors = len(window.refused), []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  (a builtin is no handler)
    address = f"{lab.url}/formgrader/submissions/{name}/?token={lab.token}"
    page.goto(address)
    fields = "[...document.querySelectorAll('.tabbable')].map(field => field.id)"
    page.goto(f"{address}&index={page.evaluate(fields).index('test-double')}")
    page.locator("input.score#test-double:focus").wait_for(timeout=15_000)  # nbgrader's own way
    prose = page.locator(".text_cell_render:not(:has(.from-student))", has_text="The bound")
    assert prose.locator("math").count() == 2
    heights = "e => [...e.children].map(part => part.getBoundingClientRect().top)"
    above, below = prose.locator("math[display=block] mfrac").evaluate(heights)
    assert below - above > 8  # a fraction, not a line of text
    assert "costs $5." in prose.inner_text()
    assert window.refused[elsewhere:] == [] and errors == []
    assert page.locator("script[src*=mathjax i], script[type*=mathjax]").count() == 0
    window.shot("formgrader-formulas")


@pytest.mark.parametrize("file", ["page.html", "drawing.svg"])
def test_a_file_of_the_students_runs_no_script_in_the_formgrader(course, lab, window, file):
    with course.gradebook() as gradebook:
        name = gradebook.find_submission_notebook("toy", "toy", "mallory").id
    answer = window.page.goto(f"{lab.url}/formgrader/submissions/{name}/{file}")
    assert answer.ok and answer.headers["content-security-policy"].startswith("sandbox;")
    unharmed(window)


def test_the_feedback_page_is_as_harmless(course, window):
    path = course.root / "feedback" / "mallory" / "toy" / "toy.html"
    window.page.goto(path.as_uri())
    assert click_everything(window, "main") > 50
    unharmed(window)
    for found in ("main a", "main input", "form", "script", "svg", "iframe"):
        assert window.page.locator(found).count() == 0


def test_the_formgrader_has_the_handlers_that_are_changed():
    """A change of names in nbgrader must not undo it silently."""
    from importlib import import_module  # noqa: PLC0415  (a server's modules)

    handlers = import_module(HANDLERS)
    assert isinstance(handlers.BaseHandler.exporter, property)
    assert callable(handlers.SubmissionFilesHandler.set_extra_headers)
