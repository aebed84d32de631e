"""What a human grades is kept for them, shown to the student, and not graded anew."""

import base64
import io

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from PIL import Image
from toy import DOUBLE, TEST_DOUBLE, Toy, cell, graded_cell

from grading.judge.pictures import remade


def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


PNG, OTHER = (remade("image/png", png(colour)).data for colour in ("red", "blue"))
WRITTEN = "Since $x^2 > 0$. <script>alert(1)</script> ![mine](attachment:mine.png)"
BELOW = ["What I saw: ![it](attachment:it.png)", "print('in', 'the', 'task')", "And *that* is all."]


def written(name, text, **marks):
    made = new_markdown_cell(text, id=name)
    made.metadata["nbgrader"] = cell(name, "", **marks).metadata["nbgrader"]
    return made


class Course(Toy):
    def source(self):
        solution = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
        return [
            written("who", solution.format("Your name"), solution=True, grade=True, points=1),
            cell("setup", "import torch\nfrom course import two", locked=True),
            cell("double", DOUBLE, solution=True),
            graded_cell("test-double", TEST_DOUBLE, 4),
            cell("plot", solution.format("x = 1"), solution=True, grade=True, points=2),
            written("why", solution.format("Because"), solution=True, grade=True, points=3),
            written("explore", "Look around, and tell.", task=True, locked=True, points=5),
            new_markdown_cell("The end", id="end"),
        ]


def answer(notebook):
    cells = {made.id: made for made in notebook.cells}
    cells["double"].source = "def double(x):\n    return two * x"
    cells["plot"].source = "print('a plot')"
    cells["why"].source = WRITTEN
    cells["why"].source += f" ![Colab's](data:image/png;base64,{png('blue')})"
    forged = {"image/svg+xml": "<svg onload='alert(1)'/>", "image/png": "PHN2Zz4="}
    cells["why"].attachments = {"mine.png": {"image/png": png("red")}, "forged": forged}
    own = [new_markdown_cell(BELOW[0]), new_code_cell(BELOW[1]), new_markdown_cell(BELOW[2])]
    own[0].attachments = {"it.png": {"image/png": png("red")}}
    notebook.cells[-1:-1] = own


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("toy"))
    course.hand_in_cells("ada", {}, answer)
    course.run("autograde", "toy")
    return course


def grades(course):
    with course.gradebook() as gradebook:
        found = gradebook.find_submission_notebook("toy", "toy", "ada").grades
        return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in found}


def test_one_written_question_keeps_nobody_from_being_graded(course):
    """Where one comes before the set-up, too; what was left as it was earns nothing."""
    waits = (None, None, True)
    assert grades(course) == {
        "test-double": (4, None, False),
        "who": (0, None, False),
        **dict.fromkeys(["plot", "why", "explore"], waits),
    }
    assert course.comment("ada", "who") == "No response."


def test_written_answers_and_what_is_below_a_task_stay_in_place(course):
    cells = course.graded_notebook("ada").cells
    nbformat.validate(course.graded_notebook("ada"))
    at = next(n for n, made in enumerate(cells) if made.id == "explore")
    assert [made.source for made in cells[at + 1 :]] == [*BELOW, "The end"]
    assert cells[at + 1].attachments == {"it.png": {"image/png": PNG}}
    assert "the task" in cells[at + 2].outputs[0].text
    assert cells[at - 1].source == f"{WRITTEN} ![Colab's](attachment:in-the-text-4)"
    attached = {"mine.png": {"image/png": PNG}, "in-the-text-4": {"image/png": OTHER}}
    assert cells[at - 1].attachments == attached


def test_points_by_hand_outlive_a_plain_rerun_and_are_on_the_page(course):
    before = course.graded_notebook("ada")
    with course.gradebook() as gradebook:
        for name, points in ("plot", 1), ("why", 2.5):
            grade = gradebook.find_grade(name, "toy", "toy", "ada")
            grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment("why", "toy", "toy", "ada").manual_comment = "Well said"
        gradebook.db.commit()
    said = course.run("autograde", "toy")
    assert "half-graded" not in said and course.graded_notebook("ada") == before
    assert grades(course)["why"] == (None, 2.5, False)
    course.run("generate_feedback", "toy")
    page = (course.root / "feedback" / "ada" / "toy" / "toy.html").read_text()
    for told in ("2.5 of 3", "Well said", "not graded yet", "no answer", "What I saw", "all."):
        assert told in page
    assert page.count(f"data:image/png;base64,{PNG}") == 2
    assert page.count(f"data:image/png;base64,{OTHER}") == 1
    assert page.count("What is attached as 'forged' is left out.") == 2
    assert "<script" not in page and "onload" not in page
