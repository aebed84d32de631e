"""A student's machine: the course as `pip install <the repository>` installs it, and no checkout.

The wheel is real, in an environment of its own; the libraries are those of the environment that
runs the tests, so that nothing is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path

import handin
import nbformat
import pytest

NOTEBOOKS = [f"{assignment}/{name}" for assignment, name in handin.NOTEBOOKS.items()]
LEFT = ("build", "*.egg-info", ".venv", ".git", "site", "submitted", "autograded", "feedback")


def run(*command, cwd):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JUPYTER"))}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=clean)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    """(python with the course installed, folder with the handed-out notebooks)."""
    root = tmp_path_factory.mktemp("laptop")
    copy = root / "repository"  # a build leaves files beside what it builds
    shutil.copytree(handin.ROOT, copy, ignore=shutil.ignore_patterns(*LEFT))
    venv.create(root / "venv")
    python = root / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "--quiet"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", root, copy, cwd=root)
    run(*pip, "--python", python, "install", "--no-deps", *root.glob("*.whl"), cwd=root)
    shutil.rmtree(copy)
    purelib = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=root)
    Path(purelib.strip(), "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    shutil.copytree(handin.ROOT / "release", root / "release")
    return python, root / "release"


def test_the_course_is_the_installed_one(laptop):
    python, folder = laptop
    where = run(python, "-c", "import helpers; print(helpers.__file__)", cwd=folder).strip()
    assert Path(where).is_relative_to(python.parents[1])


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_released_notebook_runs(laptop, notebook):
    """From top to bottom, with nothing solved."""
    python, folder = laptop
    execute = ["-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    run(python, *execute, f"{notebook}.ipynb", cwd=folder)
    ran = nbformat.read(folder / f"{notebook}.ipynb", as_version=4)
    said = {cell.id: cell.outputs for cell in ran.cells if cell.cell_type == "code"}
    assert "digits" in said["setup"][0].text
    checks = [outputs[-1].evalue for name, outputs in said.items() if name.startswith("test-")]
    assert checks and all("not implemented yet" in failure for failure in checks), checks


def test_what_notebooks_import_is_installed_with_the_course():
    metadata = tomllib.loads((handin.ROOT / "pyproject.toml").read_text())["project"]
    installed = {re.match(r"[\w-]+", name)[0] for name in metadata["dependencies"]}
    installed |= {"generative-models-course"}
    distributions = packages_distributions()
    for path in (handin.ROOT / "release").rglob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            for module in re.findall(r"^\s*(?:from|import) (\w+)", cell.source, re.MULTILINE):
                if module in sys.stdlib_module_names or (path.parent / f"{module}.py").exists():
                    continue
                assert installed & set(distributions.get(module, [])), f"{path}: {module}"
