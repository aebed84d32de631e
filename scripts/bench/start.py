"""The first minute: processor seconds from `jupyter lab` to a notebook's first picture.

    python scripts/bench start

What a student writes and trains in between isn't counted.
"""

import ast
import os
import statistics
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import nbformat
import psutil
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ("1-denoising/denoising", "2-vae/vae", "3-latent/latent")
CLOCK = {"seconds": "__import__('time').process_time()"}
CELL_SECONDS = 300
# What a student waits for, apart from their own training, one after another in one process.
STEPS = {
    "import torch": "import torch",
    "import helpers": "from helpers import plots, data, training",
    "digits": "train, test = data.load_mnist(); images, _ = train[:10]",
    "a picture": "plots.image_rows([images], ['']).png()",
    "another picture": "plots.image_rows([images], ['']).png()",
    "an optimizer": "torch.optim.Adam(torch.nn.Linear(2, 2).parameters())",
    "another optimizer": "torch.optim.Adam(torch.nn.Linear(2, 2).parameters())",
}


def of_lab():
    """Processor seconds until JupyterLab says that it is running; the browser's come on top."""
    with tempfile.TemporaryDirectory() as home:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"],
            env=os.environ | {"HOME": home, "JUPYTER_CONFIG_DIR": home},
            cwd=home,
            stderr=subprocess.PIPE,
            text=True,
        )
        with server:
            log = []
            for line in server.stderr:
                log.append(line)
                if "is running at" in line:
                    break
            else:
                raise RuntimeError(f"JupyterLab doesn't start: {''.join(log)}")
            times = psutil.Process(server.pid).cpu_times()
            server.terminate()
    return {"JupyterLab": times.user + times.system}


def of_notebook(name):
    """Processor seconds of the kernel's start, of the set-up cell, and of the first picture."""
    path = ROOT / "source" / f"{name}.ipynb"
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    manager, client = start_new_kernel(cwd=str(path.parent), stderr=subprocess.DEVNULL)
    try:
        seconds, pictures = [run(client, "pass")[0]], 0
        while not pictures:
            now, pictures = run(client, cells[len(seconds) - 1].source)
            seconds.append(now)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    kernel, setup, *_, picture = (now - last for last, now in pairwise([0, *seconds]))
    return {"kernel": kernel, "set-up": setup, "picture": picture}


def run(client, source):
    """Runs a cell: (its kernel's processor seconds so far, how many pictures it showed)."""
    shown = []
    reply = client.execute_interactive(
        source, user_expressions=CLOCK, output_hook=shown.append, timeout=CELL_SECONDS
    )["content"]
    if reply["status"] != "ok":
        raise RuntimeError(f"{reply['ename']}: {reply['evalue']}")
    pictures = [m for m in shown if "image/png" in m["content"].get("data", {})]
    seconds = ast.literal_eval(reply["user_expressions"]["seconds"]["data"]["text/plain"])
    return seconds, len(pictures)


def of_steps():
    """Processor seconds of STEPS in a fresh process."""
    lines = ["from time import process_time", "seconds = [process_time()]"]
    for step in STEPS.values():
        lines += [step, "seconds.append(process_time())"]
    lines += ["print(seconds)"]
    command = [sys.executable, "-c", "\n".join(lines)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    seconds = ast.literal_eval(told.splitlines()[-1])
    took = (now - last for last, now in pairwise(seconds))
    return dict(zip(STEPS, took, strict=True))


def measure(rounds=3):
    """{what starts: {what is waited for: processor seconds, the median of `rounds`}}."""
    found = {
        "server": medians([of_lab() for _ in range(rounds)]),
        "steps": medians([of_steps() for _ in range(rounds)]),
    }
    for name in NOTEBOOKS:
        found[name] = medians([of_notebook(name) for _ in range(rounds)])
    return found


def medians(rows):
    return {key: round(statistics.median(row[key] for row in rows), 3) for key in rows[0]}
