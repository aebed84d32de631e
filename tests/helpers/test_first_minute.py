"""What a student waits for before the first picture: nothing that isn't needed for it."""

import json
import os
import subprocess
import sys

import handin
import nbformat
import pytest
from gpu_answers import code_cells
from nbformat.v4 import new_code_cell, new_notebook

sys.path.append(str(handin.ROOT / "scripts" / "bench"))
import start

# Of what is installed: slow, or of use only to those who watch a bar, download digits, or grade.
NOT_NEEDED = {
    *("IPython", "grading", "hypothesis", "ipywidgets", "jsonschema", "matplotlib.pyplot"),
    *("nbformat", "nbgrader", "pandas", "pooch", "pytest", "requests", "scipy", "sympy"),
    *("torch._dynamo", "torch._inductor", "torchvision", "tqdm.auto", "tqdm.notebook"),
}
TOLD = """
import gc, json, sys
print(json.dumps([gc.get_freeze_count(), *sys.modules]))
"""


def test_no_set_up_and_no_first_picture_loads_what_it_does_not_need(tmp_path):
    *before, picture = dict(code_cells("1-denoising"))["look"].splitlines()
    setups = [dict(code_cells(name))["setup"] for name in handin.NOTEBOOKS]
    script = tmp_path / "first.py"
    script.write_text("\n".join([*setups, *before, f"({picture}).png()", TOLD]))
    env = os.environ | {"PYTHONPATH": f"{handin.ROOT}:{handin.ROOT / 'source' / '3-latent'}"}
    told = subprocess.run(
        [sys.executable, script], env=env, capture_output=True, text=True, check=True
    ).stdout
    frozen, *modules = json.loads(told.splitlines()[-1])
    assert "matplotlib.figure" in modules
    assert NOT_NEEDED & set(modules) == set()
    assert frozen > 100_000  # torch's objects


def test_the_bench_measures_a_kernels_start_the_set_up_and_the_first_picture(monkeypatch, tmp_path):
    busy = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass"
    picture = "from IPython.display import Image\nImage(data=b'\\x89PNG', format='png')"
    sources = [busy.format(0.3), busy.format(0.6), f"{busy.format(0.1)}\n{picture}", "1 / 0"]
    folder = tmp_path / "source" / "1-tiny"
    folder.mkdir(parents=True)
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells), folder / "tiny.ipynb")
    monkeypatch.setattr(start, "ROOT", tmp_path)
    found = start.of_notebook("1-tiny/tiny")
    assert found.keys() == {"kernel", "set-up", "picture"}
    assert 0.3 <= found["set-up"] < 0.6 and 0.1 <= found["picture"] < 0.6
    monkeypatch.setattr(start, "STEPS", {"waits": "pass", "works": busy.format(0.2)})
    steps = start.medians([start.of_steps()])
    assert steps["works"] >= 0.2 > steps["waits"]


def test_the_bench_waits_until_jupyterlab_runs(monkeypatch, tmp_path):
    lab = tmp_path / "lab"
    monkeypatch.setattr(sys, "executable", str(lab))
    lab.write_text("#!/bin/sh\necho Jupyter Server is running at: >&2\nexec sleep 60\n")
    lab.chmod(0o755)
    assert start.of_lab()["JupyterLab"] < 1
    lab.write_text("#!/bin/sh\necho no port is free >&2\n")
    with pytest.raises(RuntimeError, match="JupyterLab doesn't start: no port is free"):
        start.of_lab()
