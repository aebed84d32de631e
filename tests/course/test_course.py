"""The notebooks keep their contract, and what is generated is up to date."""

import ast
import re
import shutil
import textwrap

import handin
import nbformat
import pytest
import torch
from course import Course

CONTRACT = {
    "1-denoising": """noise test-noise-range=2 test-noise-moments=2 test-noise-independent=2
        test-noise-general=2 dae test-dae-model=3 dae-training test-dae-loss=6
        test-dae-denoises=3""",
    "2-vae": """vae-loss test-recon=8 test-kl=8 test-loss-terms=4 vae test-reparameterize=8
        test-reparameterize-gradient=6 test-encoder=6 test-decoder=5 test-forward=5 vae-training
        test-vae-elbo=6 test-vae-history=4""",
    "3-latent": """latent-training test-latent-snapshots=4 test-latent-clusters=4 interpolation
        test-linear-shape=3 test-linear-values=3 test-latent-shape=3 test-latent-values=3""",
}


def source(assignment, root=handin.ROOT):
    path = root / "source" / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("assignment", CONTRACT)
def test_cells_and_points_follow_the_contract(assignment):
    said = []
    for cell in source(assignment).cells:
        facts = cell.metadata.get("nbgrader", {})
        if facts.get("solution"):
            said.append(cell.id)
        elif facts.get("grade"):
            said.append(f"{cell.id}={facts['points']}")
        if facts:
            assert cell.id == facts["grade_id"]
    assert said == CONTRACT[assignment].split()


@pytest.mark.parametrize("assignment", CONTRACT)
def test_source_is_stripped_and_its_loaders_come_in_locked_cells(assignment):
    defined = ""
    for cell in source(assignment).cells:
        if cell.cell_type != "code":
            continue
        assert not cell.outputs and cell.execution_count is None, cell.id
        facts = cell.metadata.get("nbgrader", {})
        if facts.get("solution"):
            break
        if facts.get("locked"):
            defined += cell.source
    for name in ("device", "train_loader", "test_loader"):
        assert re.search(rf"\b{name}\b.*=", defined), name


@pytest.mark.parametrize("assignment", CONTRACT)
def test_hidden_tests_never_reach_a_student(assignment):
    name = f"{handin.NOTEBOOKS[assignment]}.ipynb"
    for cell in source(assignment).cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert "### BEGIN HIDDEN TESTS" in cell.source, f"{cell.id} has no hidden tests"
    for folder in ("release", "solutions"):
        text = (handin.ROOT / folder / assignment / name).read_text()
        assert ("HIDDEN TESTS" in text) == (folder == "solutions"), folder
        assert "### BEGIN SOLUTION" not in (handin.ROOT / "release" / assignment / name).read_text()


@pytest.fixture(scope="module", params=CONTRACT)
def regenerated(request, tmp_path_factory):
    """(assignment, a copy of the course with its student version and solution made anew).

    The solution isn't executed: `pytest --nbval solutions` executes the one that is committed.
    """
    assignment, course = request.param, Course(tmp_path_factory.mktemp("course") / "course")
    shutil.rmtree(course.root / "release")
    said = course.nbgrader_here("generate_assignment", assignment)
    said += course.nbgrader_here("generate_solution", assignment, "--Execute.enabled=False")
    assert "WARNING" not in said, said
    return assignment, course.root


def test_release_is_up_to_date(regenerated):
    assignment, course = regenerated
    name = f"{handin.NOTEBOOKS[assignment]}.ipynb"
    fresh = nbformat.read(course / "release" / assignment / name, as_version=4)
    ours = nbformat.read(handin.ROOT / "release" / assignment / name, as_version=4)
    assert ours == fresh, "source/ has changed: run `make release` and commit release/"


def test_solutions_are_up_to_date_and_without_errors(regenerated):
    assignment, course = regenerated
    name = f"{handin.NOTEBOOKS[assignment]}.ipynb"
    fresh, ours = (
        nbformat.read(root / "solutions" / assignment / name, as_version=4).cells
        for root in (course, handin.ROOT)
    )
    for cells in (fresh, ours):
        assert [(c.id, c.source) for c in cells] == [
            (c.id, c.source) for c in source(assignment).cells
        ], "source/ has changed: run `make solutions` and commit solutions/"
    for cell in ours:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", f"{cell.id}: {output.evalue}"
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"


@pytest.mark.parametrize("latent_features", [2, 16])
def test_vae_py_does_what_the_model_of_assignment_2_does(latent_features, monkeypatch):
    """With the same layers: those of vae.py are made for a code of two numbers."""
    monkeypatch.syspath_prepend(handin.ROOT / "source" / "3-latent")
    import vae as module  # noqa: PLC0415  (found only now)

    names = {}
    setup = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"
    answers = handin.model_answers("2-vae")
    exec(setup + answers["vae-loss"] + "\n" + answers["vae"], names)
    images = torch.rand(5, 1, 28, 28)
    theirs = module.VAE(latent_features)
    ours = names["VAE"](latent_features)
    ours.encode, ours.decode = theirs.encode, theirs.decode
    results = []
    for vae, vae_loss in ((ours, names["vae_loss"]), (theirs, module.vae_loss)):
        torch.manual_seed(0)
        output, mu, log_var = vae(images)
        z = vae.reparameterize(mu, log_var)
        results.append([output, mu, log_var, z, *vae_loss(output, mu, log_var, images)])
    assert mu.shape == (5, latent_features)
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


FORMULAS = {"noise", "vae-loss", "vae", "interpolation"}  # the answers that hold some
SMALLEST = 3  # operators and calls that make an expression a formula


def formulas(code):
    """The arithmetic in some code, its names numbered: the same for the same formula."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(code))):
        parts = [n for n in ast.walk(node) if isinstance(n, ast.BinOp | ast.UnaryOp | ast.Call)]
        if isinstance(node, ast.BinOp) and len(parts) >= SMALLEST:
            formula, numbers = ast.parse(ast.unparse(node), mode="eval"), {}
            for name in [n for n in ast.walk(formula) if isinstance(n, ast.Name)]:
                if name.id != "torch":
                    name.id = numbers.setdefault(name.id, f"x{len(numbers)}")
            found.add(ast.unparse(formula))
    return found


def test_nothing_that_students_get_holds_a_formula_that_they_are_to_write():
    answers = {}
    for assignment in CONTRACT:
        for name, answer in handin.model_answers(assignment).items():
            if name in FORMULAS:
                answers |= dict.fromkeys(formulas(answer), f"{assignment} {name}")
    assert len(answers) >= 5, answers
    given = {str(path): path.read_text() for path in (handin.ROOT / "helpers").rglob("*.py")}
    for assignment in CONTRACT:
        path = handin.ROOT / "release" / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                given[f"{assignment} {cell.id}"] = cell.source
    told = {
        f"{place}: {formula} of {answers[formula]}"
        for place, code in given.items()
        for formula in formulas(code) & answers.keys()
    }
    assert not told
