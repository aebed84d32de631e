"""`python -m grading doctor` and `python -m grading items <assignment>`, for instructors."""

import argparse
import sys
from pathlib import Path


def items(assignment: str, db_url: str, picture: Path) -> int:
    """Prints the item analysis of a graded assignment and draws it; the exit status."""
    from grading.plugins import items  # noqa: PLC0415  (matplotlib and nbgrader only where they are wanted)

    try:
        found = items.analyse(db_url, assignment)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 1
    print(items.table(found))
    items.figure(found, picture, f"Item analysis of {assignment}")
    print(f"\nDrawn in {picture}")
    return 0


def doctor() -> int:
    """Prints what this machine can enforce; exit status 0 where the sandbox works."""
    from grading.sandbox.doctor import doctor  # noqa: PLC0415

    return doctor()


def main() -> int:
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grading")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="what this machine can enforce on students' code")
    analysis = commands.add_parser("items", help="what a class's points say about each test cell")
    analysis.add_argument("assignment")
    analysis.add_argument("--db", default="sqlite:///gradebook.db", help="the gradebook's address")
    analysis.add_argument("--picture", type=Path, help="image file (items-<assignment>.png)")
    given = parser.parse_args()
    if given.command == "doctor":
        return doctor()
    picture = given.picture or Path(f"items-{given.assignment}.png")
    return items(given.assignment, given.db, picture)


if __name__ == "__main__":
    sys.exit(main())
