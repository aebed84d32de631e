"""`make bench`: this course against what it replaces, side by side; prints ratios, writes
docs/bench.json and docs/bench.png. About twenty minutes on two cores that do nothing else."""

import argparse
import json
import os
import platform
from datetime import date
from pathlib import Path

import learning
import matplotlib.pyplot as plt
import throughput
import torch

DOCS = Path(__file__).resolve().parents[2] / "docs"
GREY, BLUE = "#888888", "#0072b2"
TITLES = {"dae": "denoiser: squared error per image", "vae": "VAE: negative ELBO (nats per image)"}


def ratios(found):
    """The lines that are printed at the end."""
    lines = []
    for task in learning.TASKS if "learning" in found else ():
        course, seed = found["learning"][task]["course"], found["learning"][task]["seed"]
        for what, words in (("data_seconds", "data"), ("epoch_seconds", "all")):
            times = seed[what] / course[what]
            lines.append(
                f"{task}, processor seconds of an epoch, {words}: "
                f"{seed[what]:.2f} -> {course[what]:.2f}, {times:.1f} times less"
            )
        for loss, seconds in course["seconds_to"].items():
            before, most = seed["seconds_to"][loss], seed["last"][0]
            then = f"{before or most:.1f}" if before else f"more than {most:.0f}"
            now = f"{seconds:.1f}, {(before or most) / seconds:.1f} times less" if seconds else "no"
            lines.append(f"{task}, processor seconds to {loss}: {then} -> {now}")
    if "throughput" in found:
        plain = found["throughput"]["plain nbgrader"]["each"]
        for arm, row in found["throughput"].items():
            minute, times = 60 / row["each"], plain / row["each"]
            lines.append(f"{arm}: {minute:.1f} submissions a minute, {times:.1f} x plain nbgrader")
    return lines


def draw(found):
    """Learning curves of both pipelines, and how many submissions are graded in a minute."""
    tasks = list(learning.TASKS) if "learning" in found else []
    number = len(tasks) + ("throughput" in found)
    _, axes = plt.subplots(
        1, number, figsize=(5 * number, 3.8), squeeze=False, layout="constrained"
    )
    for axis, task in zip(axes[0], tasks, strict=False):
        for who, colour in (("seed", GREY), ("course", BLUE)):
            seconds, loss = zip(*found["learning"][task][who]["curve"], strict=True)
            axis.plot(seconds, loss, color=colour, label=who)
        axis.set(xscale="log", yscale="log", xlabel="processor seconds", title=TITLES[task])
        axis.legend()
    if "throughput" in found:
        rows = dict(reversed(found["throughput"].items()))
        axes[0][-1].barh(list(rows), [60 / row["each"] for row in rows.values()], color=BLUE)
        axes[0][-1].set(xlabel="submissions a minute", title="grading")
    plt.savefig(DOCS / "bench.png", dpi=80)


def main():
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("only", nargs="?", choices=["learning", "throughput"], help="a part of it")
    only = parser.parse_args().only
    found = {
        "date": date.today().isoformat(),
        "machine": f"{platform.system()}, {os.cpu_count()} processors",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    for part in (learning, throughput):
        if only in (None, part.__name__):
            found[part.__name__] = part.measure()
    print("", *ratios(found), sep="\n")
    (DOCS / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    draw(found)


if __name__ == "__main__":
    main()
