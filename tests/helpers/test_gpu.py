"""`make gpu`: its parts on the simulated GPU, what it writes, and what stops it."""

import json
import time
from functools import partial

import gpu as script
import gpu_answers
import gpu_parts
import gpu_report
import handin
import nbformat
import pytest
import simulated
import torch
from gpu_part import Part, limited
from nbformat.v4 import new_code_cell, new_notebook, new_output

import helpers.data

RIGHT, ALONE = (
    handin.ROOT / f"tests/submissions/3-latent/right_{name}.py"
    for name in ("lerp_and_decode", "codes_without_batch")
)
MACHINE = {"date": "2026-11-29", "device": "NVIDIA T4", "driver": "580.1", "cuda": "13.0"}
MACHINE |= {"torch": "2.14.1", "torchvision": "0.29.1", "python": "3.11.7"}


@pytest.fixture
def solutions(tmp_path):
    """A folder with a notebook of three cells, the second of which prints what it shouldn't."""
    cells = [new_code_cell(source, execution_count=1) for source in ("1", "print(1 + 1)", "2")]
    for cell, number in zip(cells, "132", strict=True):
        kind = {"execution_count": 1, "data": {"text/plain": number}}
        cell.outputs = [new_output("execute_result", **kind)]
    cells[1].outputs = [new_output("stream", text="3\n")]
    folder = tmp_path / "solutions"
    folder.mkdir()
    nbformat.write(new_notebook(cells=cells), folder / "tiny.ipynb")
    return folder


@pytest.fixture
def on_simulated(gpu, monkeypatch, solutions):
    """The script finds a GPU, the simulated one, and little to do: two answers, few digits."""
    monkeypatch.setitem(simulated.FEW, "train", 64)
    monkeypatch.setattr(script, "missing", lambda: "")
    monkeypatch.setattr(script, "machine", lambda: dict(MACHINE))
    monkeypatch.setattr(script.on_gpu, "EPOCHS", {"dae": 2, "vae": 1})
    monkeypatch.setattr(script.on_gpu, "load_mnist", simulated.few_digits)
    monkeypatch.setattr(gpu_answers, "RIGHT", {"3-latent": [RIGHT, ALONE]})
    cells = partial(gpu_answers.code_cells, change=simulated.device_line)
    monkeypatch.setattr(gpu_answers, "code_cells", cells)
    monkeypatch.setattr(script, "look_for_digits", lambda: None)

    def run(part, seconds):
        if part is script.notebooks:
            return limited(part, seconds, solutions)
        results = {}
        part(results.__setitem__, *([gpu.device] if part is script.bench else []))
        return Part(1.0, "", results)

    monkeypatch.setattr(script, "limited", run)


def test_a_run_writes_one_file_and_prints_one_row(on_simulated, tmp_path, capsys):
    file = tmp_path / "gpu.json"
    assert script.main([str(file)]) == 1  # for the cell that prints something else
    found = json.loads(file.read_text())
    assert {key: found[key] for key in MACHINE} == MACHINE
    assert (found["notebooks"]["passed"], found["notebooks"]["failed"]) == (2, 1)
    assert list(found["notebooks"]["each"]["tiny"]["failed"]) == ["Cell 1"]
    answers = found["answers"]
    assert (answers["tried"], answers["full"], answers["lost"]) == (2, 1, {})
    assert answers["points"]["3-latent/right_lerp_and_decode"] == [12, 12]
    assert gpu_answers.CPU_ALONE[ALONE.stem] in str(answers["right on a CPU alone"])
    assert found["bench"]["digits"] == "64 embedded"
    for task, epochs in script.on_gpu.EPOCHS.items():
        one = found["bench"][task]
        assert (one["epochs"], one["batch"]) == (epochs, 64)
        assert one["course"] > 0 and one["seed"] > 0 and one["times"] > 0
    told = capsys.readouterr().out
    [row] = [line for line in told.splitlines() if line.startswith("| on a GPU")]
    assert row == gpu_report.row(found) and row.count("|") == 3
    for part in (
        "NVIDIA T4, driver 580.1, CUDA 13.0, torch 2.14.1, torchvision 0.29.1; 2026-11-29",
        "solutions: 2 of 3 cells pass",
        "right answers: 1 of 2 have full points, 1 is right on a CPU alone",
        "training on 64 embedded digits",
        "denoiser, 2 epochs in batches of 64: ",
    ):
        assert part in row
    assert "tiny, Cell 1: " in told and str(file) in told


def test_a_target_that_is_missed_is_said():
    found = gpu_report.of_bench({"dae": {"course": 3.5, "seed": 70.0, "epochs": 5, "batch": 64}})
    assert (found["dae"]["times"], found["dae"]["met"]) == (20, False)
    parts = {name: sum_up({}) | {"error": ""} for name, sum_up in gpu_report.SUMMARIES.items()}
    row = gpu_report.row(MACHINE | parts | {"bench": found | {"error": "stopped"}})
    assert "3.5 s, 20 times sooner than the pipeline before (missed)" in row
    assert "training on no digits (wanted: below 3 s, 10 times sooner) (not run to the end)" in row


@pytest.mark.parametrize("task", ["dae", "vae"])
def test_the_bench_knows_where_a_notebook_says_how_many_epochs(task):
    cell, _ = script.on_gpu.solution(task, *simulated.few_digits(), 97)
    assert cell.count("97") == 1


def test_the_driver_is_what_nvidia_smi_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert script.driver() == "unknown"
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 580.95.05\necho 580.95.05\n")  # a line for each GPU
    tool.chmod(0o755)
    assert script.driver() == "580.95.05"


# ---- what stops it ------------------------------------------------------------------------------


def test_without_a_gpu_one_sentence_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    file = tmp_path / "gpu.json"
    with pytest.raises(SystemExit, match="There is no NVIDIA GPU that torch can use") as ended:
        script.main([str(file)])
    assert isinstance(ended.value.code, str)  # which Python prints, and ends with status 1
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_told_before_anything_is_measured(on_simulated, tmp_path):
    with pytest.raises(SystemExit, match="no folder: name a file in one that is there"):
        script.main([str(tmp_path / "nowhere" / "gpu.json")])


@pytest.mark.parametrize(
    "part, arguments, error",
    [
        (gpu_parts.endless, (), "stopped after 5 seconds: the rest is missing"),
        (gpu_parts.broken, ("no kernel",), "ValueError: no kernel"),
        (gpu_parts.crashed, (), "its process ended with status 3"),
    ],
)
def test_what_a_part_has_told_is_kept(part, arguments, error):
    start = time.monotonic()
    done = limited(part, 5, *arguments)
    assert (done.results, done.error) == ({"first": 1}, error)
    assert time.monotonic() - start < 60


def test_where_mnist_cannot_be_had_no_part_waits_for_it_again(monkeypatch, tmp_path, capsys):
    def silent(*_):
        raise OSError("silent for 10 s")

    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "")
    with monkeypatch.context() as patched:
        patched.setattr(helpers.data, "_download", silent)
        script.look_for_digits()
    start = time.monotonic()
    helpers.data.load_mnist(full=True, device="cpu")
    assert time.monotonic() - start < helpers.data.SILENCE_SECONDS
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2 and "silent for 10 s" in told[0] and "127.0.0.1" in told[1]
    assert all(line.endswith("going on with the 5,000 embedded digits.") for line in told)
