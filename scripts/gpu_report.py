"""What `make gpu` found, in JSON and as a row of the README's table."""

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

from gpu_answers import CPU_ALONE

TARGET_SECONDS, TARGET_TIMES = 3.0, 10.0  # of a training; how much sooner than the pipeline before
TASKS = {"dae": "denoiser", "vae": "VAE with 16 features"}


def of_notebooks(cells: dict[str, Any]) -> dict[str, Any]:
    """Cells passed, why the others failed, and seconds, by notebook."""
    found: dict[str, Any] = {}
    for cell, told in cells.items():
        path, _, name = cell.partition("::")
        one = found.setdefault(PurePath(path).stem, {"passed": 0, "failed": {}, "seconds": 0.0})
        one["seconds"] = round(one["seconds"] + told["seconds"], 2)
        if told["failed"]:
            one["failed"][name] = told["failed"]
        else:
            one["passed"] += 1
    passed = sum(one["passed"] for one in found.values())
    failed = sum(len(one["failed"]) for one in found.values())
    return {"passed": passed, "failed": failed, "each": found}


def of_answers(results: dict[str, Any]) -> dict[str, Any]:
    """How many have full points; what the others have, and what their students would read."""
    full = {name for name, one in results.items() if one["points"] == one["most"]}
    known = {name for name in results.keys() - full if PurePath(name).name in CPU_ALONE}
    return {
        "tried": len(results),
        "full": len(full),
        "points": {name: [one["points"], one["most"]] for name, one in results.items()},
        "right on a CPU alone": _told(results, known),
        "lost": _told(results, results.keys() - full - known),
    }


def _told(results: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: results[name]["told"] for name in sorted(names)}


def of_bench(results: dict[str, Any]) -> dict[str, Any]:
    """As it was measured, with how many times sooner, and whether that meets the targets."""
    found = dict(results)
    for task in TASKS.keys() & results.keys():
        one = found[task]
        times = one["seed"] / one["course"]
        met = one["course"] < TARGET_SECONDS and times >= TARGET_TIMES
        found[task] = one | {"times": round(times, 1), "met": met}
    return found | {"targets": {"seconds": TARGET_SECONDS, "times": TARGET_TIMES}}


SUMMARIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "notebooks": of_notebooks,
    "bench": of_bench,
    "answers": of_answers,
}


def problems(found: dict[str, Any]) -> list[str]:
    """A line for each thing that went wrong. A target that was missed is none: the row says it."""
    lines = [f"{part}: {found[part]['error']}" for part in SUMMARIES if found[part]["error"]]
    for name, one in found["notebooks"]["each"].items():
        lines += [f"{name}, {cell}: {_last(told)}" for cell, told in one["failed"].items()]
    for name, told in found["answers"]["lost"].items():
        lines.append(f"{name}: {_last(' '.join(told.values()))}")
    return lines


def _last(told: str) -> str:
    return told.strip().split("\n")[-1]


def row(found: dict[str, Any]) -> str:
    """A row of the README's table of what was measured."""
    versions = f"driver {found['driver']}, CUDA {found['cuda']}, torch {found['torch']}"
    where = f"{found['device']}, {versions}, torchvision {found['torchvision']}; {found['date']}"
    return f"| on a GPU ({where}) | {'; '.join(_results(found))} |"


def _results(found: dict[str, Any]) -> Iterator[str]:
    notebooks, answers, bench = (found[part] for part in ("notebooks", "answers", "bench"))
    of_all = notebooks["passed"] + notebooks["failed"]
    yield f"solutions: {notebooks['passed']} of {of_all} cells pass{_stopped(notebooks)}"
    alone = len(answers["right on a CPU alone"])
    known = f", {alone} is right on a CPU alone" if alone else ""
    full = f"{answers['full']} of {answers['tried']} have full points"
    yield f"right answers: {full}{known}{_stopped(answers)}"
    target = f"wanted: below {TARGET_SECONDS:g} s, {TARGET_TIMES:g} times sooner"
    yield f"training on {bench.get('digits', 'no')} digits ({target}){_stopped(bench)}"
    for task, name in TASKS.items():
        if one := bench.get(task):
            size = f"{one['epochs']} epochs in batches of {one['batch']}"
            sooner = f"{one['times']:.0f} times sooner than the pipeline before"
            missed = "" if one["met"] else " (missed)"
            yield f"{name}, {size}: {one['course']:.1f} s, {sooner}{missed}"


def _stopped(part: dict[str, Any]) -> str:
    return " (not run to the end)" if part["error"] else ""
