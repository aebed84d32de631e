"""Commands for instructors: `python -m grading` lists them."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def items(assignment: str, db: str | None, picture: Path | None) -> int:
    """Prints the item analysis of a graded assignment and draws it; the exit status."""
    # matplotlib and nbgrader only where they are wanted
    from nbgrader.apps import NbGrader  # noqa: PLC0415
    from nbgrader.coursedir import CourseDirectory  # noqa: PLC0415

    from grading.plugins import items  # noqa: PLC0415

    course = NbGrader()
    course.initialize([])  # reads nbgrader_config.py
    coursedir = CourseDirectory(parent=course)
    if db:
        coursedir.db_url = db
    try:
        found = items.analyse(coursedir, assignment)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 1
    print(items.table(found))
    picture = picture or Path(f"items-{assignment}.png")
    items.figure(found, picture, f"Item analysis of {assignment}")
    print(f"\nDrawn in {picture}")
    return 0


def retest(assignment: str, rename: list[tuple[str, str]], drop: list[str]) -> int:
    """Takes changed tests into use and grades everybody again; the exit status."""
    from nbgrader.apps import NbGrader  # noqa: PLC0415

    from grading.plugins.cells import Change  # noqa: PLC0415
    from grading.plugins.retest import RetestError, retest  # noqa: PLC0415

    course = NbGrader()
    course.initialize([])  # reads nbgrader_config.py
    try:
        status = retest(course, assignment, Change(dict(rename), frozenset(drop)))
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


def roster(file: Path, column: str, assignment: str) -> int:
    """Puts the students of a learning system's list into the gradebook.

    Returns:
        The exit status: 1 where students are left out, 2 where the list can't be used.
    """
    from nbgrader.apps import NbGrader  # noqa: PLC0415
    from nbgrader.coursedir import CourseDirectory  # noqa: PLC0415

    from grading.plugins.systems.enrol import enrol  # noqa: PLC0415
    from grading.plugins.systems.table import TableError  # noqa: PLC0415

    course = NbGrader()
    course.initialize([])  # reads nbgrader_config.py
    try:
        enrolled = enrol(CourseDirectory(parent=course), file, column, assignment)
    except TableError as error:
        print(error, file=sys.stderr)
        return 2
    print(enrolled)
    return 1 if enrolled.left_out else 0


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


def options() -> int:
    """Prints the course's own options, as nbgrader_config.py sets them; exit status 0."""
    from grading.coordinator import farm, students  # noqa: PLC0415
    from grading.feedback import page  # noqa: PLC0415
    from grading.judge import job, judge, kernel_client  # noqa: PLC0415
    from grading.plugins import archives, export, late  # noqa: PLC0415
    from grading.sandbox import manager  # noqa: PLC0415
    from grading.sandbox.provisioners import forked, plain, sandboxed  # noqa: PLC0415

    modules = (farm, students, page, job, judge, kernel_client, archives, export, late, manager)
    for module in (*modules, plain, sandboxed, forked):
        for kind in vars(module).values():
            if not hasattr(kind, "class_own_traits") or not kind.__module__.startswith(
                module.__name__
            ):
                continue
            for name, trait in sorted(kind.class_own_traits(config=True).items()):
                default = trait.default()
                shown = "" if default in (None, "") or callable(default) else f" = {default!r}"
                print(f"c.{kind.__name__}.{name}{shown}\n    {' '.join(trait.help.split())}")
    return 0


COMMANDS: dict[str | None, Callable[..., int]] = {
    "check": check,
    "doctor": doctor,
    "items": items,
    "options": options,
    "retest": retest,
    "roster": roster,
}


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
    commands.add_parser("options", help="the options of nbgrader_config.py that nbgrader lacks")
    checking = commands.add_parser("check", help="which test cells can't be judged, and why")
    checking.add_argument("assignment")
    listed = commands.add_parser(
        "roster", help="read a class list of Canvas, Moodle or Gradescope into the gradebook"
    )
    listed.add_argument("file", type=Path, help="the CSV file that the learning system gives")
    listed.add_argument(
        "--id", dest="column", default="", help="the column that new students' ids are from"
    )
    listed.add_argument("--assignment", default="", help="whose grading worksheet of Moodle it is")
    given = vars(parser.parse_args())
    run = COMMANDS.get(given.pop("command"))
    if not run:
        parser.print_help()
        return 0
    return run(**given)


if __name__ == "__main__":
    sys.exit(main())
