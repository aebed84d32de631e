"""Commands for instructors: `python -m grading` lists them."""

import argparse
import sys
from pathlib import Path


def items(assignment: str, db_url: str | None, picture: Path) -> int:
    """Prints the item analysis of a graded assignment and draws it; the exit status."""
    # matplotlib and nbgrader only where they are wanted
    from nbgrader.apps import NbGrader  # noqa: PLC0415
    from nbgrader.coursedir import CourseDirectory  # noqa: PLC0415

    from grading.plugins import items  # noqa: PLC0415

    course = NbGrader()
    course.initialize([])  # reads nbgrader_config.py
    coursedir = CourseDirectory(parent=course)
    if db_url:
        coursedir.db_url = db_url
    try:
        found = items.analyse(coursedir, assignment)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 1
    print(items.table(found))
    items.figure(found, picture, f"Item analysis of {assignment}")
    print(f"\nDrawn in {picture}")
    return 0


def retest(assignment: str, renamed: list[tuple[str, str]], dropped: list[str]) -> int:
    """Takes changed tests into use and grades everybody again; the exit status."""
    from nbgrader.apps import NbGrader  # noqa: PLC0415

    from grading.plugins.cells import Change  # noqa: PLC0415
    from grading.plugins.retest import RetestError, retest  # noqa: PLC0415

    course = NbGrader()
    course.initialize([])  # reads nbgrader_config.py
    try:
        status = retest(course, assignment, Change(dict(renamed), frozenset(dropped)))
    except RetestError as error:
        print(error, file=sys.stderr)
        return 1
    if status:
        print(
            "The new tests are in use, but not everybody is graded by them. Please run "
            f"`nbgrader autograde {assignment} --force` again.",
            file=sys.stderr,
        )
        return status
    print(
        f"The new tests are in use. `nbgrader generate_feedback {assignment}` makes the pages "
        "again that say something else now."
    )
    return 0


def _two_names(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"'{text}' is not like old-name=new-name")
    return old, new


def check(assignment: str) -> int:
    """Prints the tests of an assignment that can't be judged; exit status 1 where there are some.

    2 where the assignment can't be judged at all.
    """
    from nbgrader.apps import NbGrader  # noqa: PLC0415
    from nbgrader.coursedir import CourseDirectory  # noqa: PLC0415

    from grading.coordinator.assignment import Assignment, NotGradableError  # noqa: PLC0415
    from grading.coordinator.check import check  # noqa: PLC0415
    from grading.coordinator.farm import Farm  # noqa: PLC0415

    course = NbGrader()
    course.initialize([])  # reads nbgrader_config.py
    coursedir = CourseDirectory(parent=course)
    coursedir.assignment_id = assignment
    asked = Assignment(coursedir, [], course.config, course.log)
    if not Path(asked.source_folder).is_dir():
        print(f"There is no {asked.source_folder}: which assignment is meant?", file=sys.stderr)
        return 2
    try:
        found = check(asked, Farm(asked, config=course.config, log=course.log))
    except NotGradableError as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:  # no sandbox, no workers, a cell of the instructor's that fails
        print(f"{assignment} could not be judged: {error}", file=sys.stderr)
        return 2
    for finding in found:
        print(finding)
    if not found:
        print(f"{assignment}: the solution gets all points, an untouched notebook none.")
    return 1 if found else 0


def doctor() -> int:
    """Prints what this machine can enforce; exit status 0 where the sandbox works."""
    from grading.sandbox.doctor import doctor  # noqa: PLC0415

    status = doctor()
    for line in access():
        print(line)
    return status


def access() -> list[str]:
    """What is wrong with who can read and write the course of this folder, in lines."""
    from nbgrader.apps import NbGrader  # noqa: PLC0415
    from nbgrader.coursedir import CourseDirectory  # noqa: PLC0415
    from nbgrader.exchange.default import Exchange  # noqa: PLC0415

    from grading.plugins.access import told_access  # noqa: PLC0415

    course = NbGrader()
    course.log_level = "ERROR"  # where there is no course, there is nothing to tell
    course.initialize([])  # reads nbgrader_config.py
    coursedir = CourseDirectory(parent=course)
    return told_access(coursedir, Exchange(coursedir, parent=course).root)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m grading", description="For instructors.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    commands.add_parser("doctor", help="what this machine can enforce on students' code")
    analysis = commands.add_parser("items", help="what a class's points say about each test cell")
    analysis.add_argument("assignment")
    analysis.add_argument("--db", help="the gradebook's address (nbgrader_config.py's)")
    analysis.add_argument("--picture", type=Path, help="image file (items-<assignment>.png)")
    changed = commands.add_parser(
        "retest", help="take changed tests into use after hand-in, and grade everybody again"
    )
    changed.add_argument("assignment")
    changed.add_argument(
        *("--rename", "-r"),
        type=_two_names,
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="a cell has another name now, and keeps its points and comments",
    )
    changed.add_argument(
        *("--drop", "-d"),
        action="append",
        default=[],
        metavar="NAME",
        help="a cell is gone, and the points and comments that were given by hand go with it",
    )
    checking = commands.add_parser("check", help="which test cells can't be judged, and why")
    checking.add_argument("assignment")
    given = parser.parse_args()
    if given.command == "doctor":
        return doctor()
    if given.command == "retest":
        return retest(given.assignment, given.rename, given.drop)
    if given.command == "check":
        return check(given.assignment)
    if given.command == "items":
        picture = given.picture or Path(f"items-{given.assignment}.png")
        return items(given.assignment, given.db, picture)
    parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
