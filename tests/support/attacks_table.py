"""The table: what attacks deserve, what plain nbgrader gives them, and what ours gives."""

from pathlib import Path

import attacks_plain as plain
import handin

HEAD = """# Attacks: what they deserve, what plain nbgrader gives, what ours gives

Written by `ATTACKS=all pytest tests/course/test_attacks.py`, which measured both columns.
`none`: no grade was stored. `hung`: grading did not end within its time, and was killed.
"""


def wanted(file: Path) -> dict[str, float]:
    answer = handin.read(file)
    return handin.points(answer.assignment) | answer.expected


def given(file: Path) -> dict[str, float]:
    """What we are known to give: more than is deserved where an attack can't be stopped."""
    return wanted(file) | handin.read(file).facts.get("unstopped", {})


def table(ours, theirs: dict[Path, plain.Row]) -> str:
    """The attacks on plain nbgrader and on ours, side by side, in Markdown.

    ours: what `test_attacks.Outcome` describes. theirs: {file: Row}, of some files or of all.
    """
    rows = [
        "| attack | deserved | plain nbgrader | ours | others hurt by plain / ours | "
        "leaked and left by plain / ours |",
        "| --- | --- | --- | --- | --- | --- |",
        *(row(file, ours, theirs.get(file)) for file in ours.share),
    ]
    score = {file: told.points.get(file.stem) for file, told in theirs.items()}
    counts = {
        "gave more than was deserved": sum((s or 0) > worth(f) for f, s in score.items()),
        "gave less": sum(s is not None and s < worth(f) for f, s in score.items()),
        "stored no grade": sum(s is None for s in score.values()),
        "hurt other students": sum(bool(hurt_by(f, r.points)) for f, r in theirs.items()),
    }
    told = ", ".join(f"{what} in {number}" for what, number in counts.items())
    return "\n".join(
        [
            *rows,
            "",
            f"Plain nbgrader, of {len(theirs)} attacks: {told}.",
            "",
            f"Ours: {ours.seconds:.0f} s for {len(ours.share)} attacks and their neighbours, "
            f"by {len(ours.shares)} graders side by side.",
        ]
    )


def worth(file: Path) -> float:
    return sum(wanted(file).values())


def hurt_by(file: Path, points: dict) -> list[str]:
    fair = worth(plain.honest(handin.read(file).assignment))
    return [student for student in plain.NEIGHBOURS if points.get(student) != fair]


def row(file: Path, ours, told: plain.Row | None) -> str:
    deserved = worth(file)
    mine = ours.graded(file).points.values()
    ours_gave = shown(None if None in mine else sum(mine), deserved)
    ours_gave += " (can't be stopped)" if "unstopped" in handin.read(file).facts else ""
    neighbours = {}
    for student in plain.NEIGHBOURS:
        scores = ours.graded(file, student).points.values()
        neighbours[student] = None if None in scores else sum(scores)
    if told is None:
        theirs = hurt = leaked = "not run"
    else:
        theirs = shown(told.points.get(file.stem), deserved) if told.points else "hung"
        theirs += "" if told.ended or theirs == "hung" else ", hung"
        hurt = ", ".join(hurt_by(file, told.points)) or "no"
        leaked = ", ".join(told.leaks) or "–"
    ours_hurt = ", ".join(hurt_by(file, neighbours)) or "no"
    ours_leaked = ", ".join(ours.leaks(file)) or "–"
    return (
        f"| {file.stem} | {deserved:g} | {theirs} | {ours_gave} | {hurt} / {ours_hurt} | "
        f"{leaked} / {ours_leaked} |"
    )


def shown(score: float | None, deserved: float) -> str:
    if score is None:
        return "none"
    difference = score - deserved
    return f"{score:g}" + (f" (**{difference:+g}**)" if difference else "")
