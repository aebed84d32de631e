"""`make gpu`: the course on an NVIDIA GPU, within eight minutes.

The solutions executed again, the right answers of the corpus judged, and the training measured: one
JSON file (`python scripts/gpu.py FILE`, or docs/gpu.json) and a row for the README's table. Needs
no internet: without MNIST the 5,000 embedded digits are used, and a line says so.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import gpu_answers
import gpu_report
import handin
import pytest
import torch
import torchvision
from gpu_part import Tell, limited

import helpers.data

sys.path.append(str(Path(__file__).with_name("bench")))
import on_gpu

SECONDS = 460  # for everything, so that eight minutes are enough on a machine that starts slowly
LIMITS = {"notebooks": 250, "bench": 90, "answers": 120}
NO_GPU = (
    "There is no NVIDIA GPU that torch can use ({why}), so nothing was measured and nothing was "
    "written; CONTRIBUTING.md says how to run this on a rented machine."
)


# ---- the parts: each calls `tell(name, result)` for whatever is done -----------------------------


class Cells:
    """A plugin of pytest that tells what became of each cell of a notebook."""

    def __init__(self, tell: Tell):
        self._tell = tell

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called three times a cell: its call is the cell, unless the kernel didn't start."""
        if report.when == "call" or report.failed:
            why = str(report.longrepr) if report.failed else ""
            self._tell(report.nodeid, {"seconds": report.duration, "failed": why})


def notebooks(tell: Tell, folder: Path = handin.ROOT / "solutions") -> None:
    """`pytest --nbval solutions`; RuntimeError where it doesn't run to its end."""
    os.chdir(handin.ROOT)
    options = ["--nbval", "-q", "--durations=0", "--tb=short", "-p", "no:cacheprovider"]
    status = pytest.main([*options, str(folder)], plugins=[Cells(tell)])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest --nbval {folder} ended with {status!r}")


def bench(tell: Tell, device: str = "cuda") -> None:
    """Training on all digits, against the pipeline before."""
    for name, value in on_gpu.rows(torch.device(device)):
        tell(name, value)


def answers(tell: Tell) -> None:
    """The right answers on the embedded digits, which are enough for every point."""
    os.environ["NBGRADER_EXECUTION"] = "validate"  # no bars
    sys.path.append(str(handin.ROOT / "source" / "3-latent"))  # its vae.py
    helpers.data.load_mnist = partial(helpers.data.load_mnist, False)
    for assignment, files in gpu_answers.RIGHT.items():
        cells = gpu_answers.code_cells(assignment)
        for path in files:
            found = gpu_answers.result(path, cells)
            tell(f"{assignment}/{path.stem}", vars(found))
            print(f"{path.stem}: {found.points:g} of {found.most:g} points", flush=True)


PARTS = {"notebooks": notebooks, "bench": bench, "answers": answers}


# ---- what it ran on ------------------------------------------------------------------------------


def machine() -> dict[str, str]:
    """The device, the driver and the versions."""
    return {
        "date": date.today().isoformat(),
        "device": torch.cuda.get_device_name(),
        "driver": driver(),
        "cuda": str(torch.version.cuda),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "python": platform.python_version(),
    }


def driver() -> str:
    """The version of NVIDIA's driver, as `nvidia-smi` says it; "unknown" where it says none."""
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return told.split("\n")[0].strip() or "unknown"


def missing() -> str:
    """Why torch can't use a GPU here; "" where it can."""
    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} was built without CUDA"
    return (
        f"torch {torch.__version__} finds no device; look at `nvidia-smi`, whose driver has to be "
        f"new enough for CUDA {torch.version.cuda}"
    )


def look_for_digits() -> None:
    """Loads MNIST, so that it is there; where it can't be had, no part waits for it again."""
    train, _ = helpers.data.load_mnist(full=True, device="cpu")
    if train.name == "embedded":
        for name in ("http_proxy", "https_proxy"):  # whoever asks is refused at once
            os.environ[name] = os.environ[name.upper()] = "http://127.0.0.1:9"


def main(arguments: list[str] | None = None) -> int:
    """Measures, writes and prints; returns 0 where everything passed."""
    parser = argparse.ArgumentParser(prog="python scripts/gpu.py")
    default = handin.ROOT / "docs" / "gpu.json"
    parser.add_argument("file", nargs="?", type=Path, default=default, help="of the results")
    file, start = parser.parse_args(arguments).file, time.monotonic()
    if why := missing():
        sys.exit(NO_GPU.format(why=why))
    if not file.parent.is_dir():
        sys.exit(f"{file.parent} is no folder: name a file in one that is there.")
    found: dict[str, Any] = machine()
    look_for_digits()
    for name, part in PARTS.items():
        left = max(0.0, SECONDS - (time.monotonic() - start))
        done = limited(part, min(LIMITS[name], left))
        found[name] = gpu_report.SUMMARIES[name](done.results)
        found[name] |= {"seconds": done.seconds, "error": done.error}
        file.write_text(
            json.dumps(found, indent=1) + "\n"
        )  # each: nothing is lost with the machine
    print("", *gpu_report.problems(found), "", gpu_report.row(found), "", sep="\n")
    print(f"The results are in {file}; the line above is a row of the table in README.md.")
    return 1 if gpu_report.problems(found) else 0


if __name__ == "__main__":
    sys.exit(main())
