"""`make bench`: this course against what it replaces, side by side; prints ratios, writes
docs/bench.json and docs/bench.png. About half an hour on two cores that do nothing else.

`python scripts/bench PART` measures one part anew, among them `on_gpu`, on a GPU.
"""

import argparse
import json
import os
import platform
from datetime import date
from pathlib import Path

import learning
import matplotlib.pyplot as plt
import on_gpu
import start
import throughput
import torch

PARTS = {part.__name__: part for part in (learning, throughput, start, on_gpu)}
DOCS = Path(__file__).resolve().parents[2] / "docs"
BLUE = "#0072b2"
COLOURS = {"seed": "#888888", "course": BLUE, "course, short": "#56b4e9"}
TITLES = {"dae": "denoiser: squared error per image", "vae": "VAE: negative ELBO (nats per image)"}


def learned(found):
    """The lines that tell of training: of the seed's pipeline -> of the course."""
    for task in learning.TASKS:
        course, seed = found[task]["course"], found[task]["seed"]
        for what, words in (("data_seconds", "data"), ("epoch_seconds", "all")):
            times = seed[what] / course[what]
            change = f"{seed[what]:.2f} -> {course[what]:.2f}, {times:.1f} times less"
            yield f"{task}, processor seconds of an epoch, {words}: {change}"
        for who in ("course", "course, short"):
            for loss, seconds in found[task][who]["seconds_to"].items():
                before, most = seed["seconds_to"][loss], seed["last"][0]
                then = f"{before:.1f}" if before else f"more than {most:.0f}"
                times = f", {(before or most) / seconds:.1f} times less" if seconds else ""
                now = f"{seconds:.1f}{times}" if seconds else "not reached"
                yield f"{task}, {who}: processor seconds to {loss}: {then} -> {now}"


def graded(found):
    """The lines that tell of grading."""
    plain = found["plain nbgrader"]["each"]
    for arm, row in found.items():
        minute, times = 60 / row["each"], plain / row["each"]
        page = f"; a page in {row['page']:.3f} s" if "page" in row else ""  # older ones have none
        yield f"{arm}: {minute:.1f} submissions a minute, {times:.1f} x plain nbgrader{page}"


def started(found):
    """The lines that tell of a notebook's first minute."""
    for name, row in found.items():
        told = ", ".join(f"{what} {seconds:.2f}" for what, seconds in row.items())
        yield f"{name}, processor seconds: {told}"


def draw(found):
    """Learning curves of both pipelines, and how many submissions are graded in a minute."""
    _, axes = plt.subplots(1, 3, figsize=(15, 3.8), layout="constrained")
    for axis, task in zip(axes, learning.TASKS, strict=False):
        for who, colour in COLOURS.items():
            seconds, loss = zip(*found["learning"][task][who]["curve"], strict=True)
            axis.plot(seconds, loss, color=colour, label=who)
        axis.set(xscale="log", yscale="log", xlabel="processor seconds", title=TITLES[task])
        axis.legend()
    rows = dict(reversed(found["throughput"].items()))
    axes[-1].barh(list(rows), [60 / row["each"] for row in rows.values()], color=BLUE)
    axes[-1].set(xlabel="submissions a minute", title="grading")
    plt.savefig(DOCS / "bench.png", dpi=80)


def main():
    parser = argparse.ArgumentParser(prog="python scripts/bench")
    parser.add_argument("part", nargs="?", choices=list(PARTS), help="what to measure anew")
    part, results = parser.parse_args().part, DOCS / "bench.json"
    found = json.loads(results.read_text()) if part and results.exists() else {}
    for name in [part] if part else ("learning", "throughput", "start"):
        found[name] = {
            "date": date.today().isoformat(),
            "machine": f"{platform.system()}, {os.cpu_count()} processors",
            "versions": f"Python {platform.python_version()}, torch {torch.__version__}",
            "results": PARTS[name].measure(),
        }
    results.write_text(json.dumps(found, indent=1) + "\n")
    shown = {name: entry["results"] for name, entry in found.items()}
    print("", *learned(shown["learning"]) if "learning" in shown else (), sep="\n")
    print(*graded(shown["throughput"]) if "throughput" in shown else (), sep="\n")
    print(*started(shown["start"]) if "start" in shown else (), sep="\n")
    if {"learning", "throughput"} <= shown.keys():
        draw(shown)


if __name__ == "__main__":
    main()
