"""A small class, from the student version to the feedback page: `python scripts/demo.py`.

Runs nbgrader's own commands in this course. What is there already is kept: a second run grades
only what is new.
"""

import subprocess
import sys
from pathlib import Path

import handin
from nbgrader.api import Gradebook, MissingEntry

SUBMISSIONS, SUBMITTED = handin.ROOT / "tests" / "submissions", handin.ROOT / "submitted"
CLASS = {
    "ada": ["right_model", "right_model", "right_model"],
    "bruno": ["right_dae_unet", "right_loss_distributions", "wrong_alpha_reversed"],
    "chidi": [
        "wrong_noise_std_is_variance",
        "wrong_kl_averaged_over_batch",
        "right_lerp_and_decode",
    ],
    "dana": ["untouched", "syntax_error", "missing_file"],
    "emre": ["damaged_file", "wrong_std_is_variance"],
}


def nbgrader(*arguments: str) -> None:
    """Runs an nbgrader command at the course's root, a line for each notebook that it works on."""
    command = [Path(sys.executable).with_name("nbgrader"), *arguments, "--log-level=DEBUG"]
    run = subprocess.Popen(
        command, cwd=handin.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    log = []
    for line in run.stdout:
        log.append(line)
        if "Converting notebook" in line and "/submitted/" not in line:
            notebook = Path(line.split("Converting notebook")[1].strip())
            print("   ", notebook.relative_to(handin.ROOT), flush=True)
    if run.wait():
        sys.exit("".join(log[-40:]) + f"\n`nbgrader {' '.join(arguments)}` failed, see above.")


def registered(assignment: str) -> bool:
    """Whether the gradebook knows the assignment, that is, its student version was made here."""
    with gradebook() as grades:
        try:
            return bool(grades.find_assignment(assignment).notebooks)
        except MissingEntry:
            return False


def gradebook() -> Gradebook:
    return Gradebook(f"sqlite:///{handin.ROOT / 'gradebook.db'}")


def table() -> str:
    """Points of each student for each assignment, as text."""
    lines = []
    with gradebook() as grades:
        assignments = sorted(grades.assignments, key=lambda a: a.name)
        titles = [f"{a.name} (of {a.max_score:g})" for a in assignments]
        lines.append("    ".join(["student ", *titles]))
        for student in sorted(grades.students, key=lambda s: s.id):
            row = [f"{student.id:8}"]
            for assignment, title in zip(assignments, titles, strict=True):
                try:
                    score = f"{grades.find_submission(assignment.name, student.id).score:g}"
                except MissingEntry:
                    score = "-"
                row.append(f"{score:>{len(title)}}")
            lines.append("    ".join(row))
    return "\n".join(lines)


def main() -> None:
    for assignment in handin.NOTEBOOKS:
        if not registered(assignment):
            print(f"making the student version of {assignment}", flush=True)
            nbgrader("generate_assignment", assignment, "--force")
    for student, files in CLASS.items():
        for assignment, file in zip(handin.NOTEBOOKS, files, strict=False):
            if not (SUBMITTED / student / assignment).exists():
                handin.hand_in(SUBMISSIONS / assignment / f"{file}.py", student)
    for assignment in [a for a in handin.NOTEBOOKS if any(SUBMITTED.glob(f"*/{a}"))]:
        print(f"grading {assignment}", flush=True)
        nbgrader("autograde", assignment)
        print(f"writing the feedback on {assignment}", flush=True)
        nbgrader("generate_feedback", assignment)
    print(f"\n{table()}\n\nFeedback pages:")
    for page in sorted((handin.ROOT / "feedback").rglob("*.html")):
        print("   ", page.relative_to(handin.ROOT))


if __name__ == "__main__":
    main()
