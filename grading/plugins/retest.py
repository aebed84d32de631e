"""Tests changed after hand-in: `python -m grading retest <assignment>`.

Makes the student version anew, has the gradebook follow, and grades everybody again. The first two
happen together or not at all: release folder, gradebook and source stay as they are where anything
fails.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells

from grading.coordinator import formerly
from grading.coordinator.lock import LockedOutError, alone_in
from grading.plugins.cells import CellsError, Change, Noted, check, follow
from grading.scratch import Scratch

SAVE_CELLS = (SaveCells, "nbgrader.preprocessors.SaveCells")


class RetestError(Exception):
    """The tests can't be changed; nothing has been. The message says why and what to do."""


def retest(course: NbGrader, assignment: str, change: Change) -> int:
    """Changes the tests, and grades again.

    Returns:
        The exit status of `nbgrader autograde`.

    Raises:
        RetestError: nothing has been changed.
    """
    coursedir = CourseDirectory(parent=course, assignment_id=assignment)
    root = Path(coursedir.root)
    try:
        with (
            alone_in(root, f"python -m grading retest {assignment}"),
            Scratch(".retest-", root) as place,
        ):
            elsewhere = CourseDirectory(
                parent=course,
                assignment_id=assignment,
                release_directory=os.path.join(Path(place).name, "in"),
            )
            made = _student_version(course, elsewhere)
            with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                _put_into_place(gradebook, coursedir, elsewhere, made, change)
    except LockedOutError as error:
        raise RetestError(str(error)) from None
    submitted = coursedir.format_path(coursedir.submitted_directory, "*", assignment)
    if not any(root.glob(os.path.relpath(submitted, root))):
        return 0
    command = [sys.executable, "-m", "nbgrader", "autograde", assignment, "--force"]
    return subprocess.run(command, cwd=root, check=False).returncode


def _student_version(course: NbGrader, elsewhere: CourseDirectory) -> dict[str, NotebookNode]:
    """Makes the student version in another folder; the notebooks as the gradebook wants them."""
    notes = Noted()
    converter = GenerateAssignment(coursedir=elsewhere, parent=course, no_database=True)
    steps = converter.preprocessors
    converter.preprocessors = [notes if step in SAVE_CELLS else step for step in steps]
    try:
        converter.start()
    except NbGraderException as error:
        raise RetestError(
            "The student version could not be made, for the reason above. Nothing has been changed."
        ) from error
    return notes.notebooks


def _put_into_place(
    gradebook: Gradebook,
    coursedir: CourseDirectory,
    elsewhere: CourseDirectory,
    made: dict[str, NotebookNode],
    change: Change,
) -> None:
    """Has gradebook, source and release follow: all of them, or none."""
    assignment = coursedir.assignment_id
    try:
        known = {nb.name: nb for nb in gradebook.find_assignment(assignment).notebooks}
    except MissingEntry:
        known = {}
    if known.keys() != made.keys():
        raise RetestError(
            f"The notebooks in the source folder ({_listed(made)}) are not those in the gradebook "
            f"({_listed(known)}). Where nothing is handed in yet, `nbgrader generate_assignment "
            f"{assignment} --force` takes the new ones; else please put back the old ones."
        )
    _check_names(known, made, change)
    source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
    release, new = (
        Path(course.format_path(course.release_directory, ".", assignment))
        for course in (coursedir, elsewhere)
    )
    with ExitStack() as undo:
        undo.callback(gradebook.db.rollback)
        for name, notebook in known.items():
            try:
                check(notebook, made[name], change)
            except CellsError as error:
                raise RetestError(f"{error} Nothing has been changed.") from None
            removed = follow(gradebook, notebook, made[name], change)
            file = source / f"{name}.ipynb"
            undo.callback(file.write_bytes, file.read_bytes())
            for notebook_file in (file, new / file.name):
                _note(notebook_file, change, removed)
        _swap(release, new, undo)
        gradebook.db.commit()
        undo.pop_all()


def _check_names(known: dict, made: dict[str, NotebookNode], change: Change) -> None:
    """Raises `RetestError` for a name that is not what it is said to be."""
    before = {cell.name for notebook in known.values() for cell in notebook.source_cells}
    cells = [cell for nb in made.values() for cell in nb.cells]
    now = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells}
    for old, new in change.renamed.items():
        if old not in before or old in now or new not in now or new in before:
            raise RetestError(
                f"--rename {old}={new}: the first has to be a cell that was released and is gone "
                f"from the source folder ({_listed(before - now)}), the second one that is new "
                f"there ({_listed(now - before - {None})}). Nothing has been changed."
            )
    if wrong := change.dropped - (before - now):
        raise RetestError(
            f"--drop {_listed(wrong)}: only cells that are gone from the source folder can be "
            f"dropped ({_listed(before - now)}). Nothing has been changed."
        )


def _note(file: Path, change: Change, removed: set[str]) -> None:
    """Notes in a notebook what submissions call its cells."""
    nb = nbformat.read(file, as_version=4)
    before = formerly.noted(nb)
    names = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
    renamed = {old: new for old, new in change.renamed.items() if new in names}
    formerly.note(nb, renamed, removed)
    if formerly.noted(nb) != before:
        nbformat.write(nb, file)


def _swap(release: Path, new: Path, undo: ExitStack) -> None:
    """Puts the new student version into the place of the old one."""
    before = new.with_name(f"{new.name} before")
    release.parent.mkdir(parents=True, exist_ok=True)
    if release.exists():
        os.replace(release, before)
        undo.callback(os.replace, before, release)
    os.replace(new, release)
    undo.callback(shutil.rmtree, release)


def _listed(names: object) -> str:
    return ", ".join(sorted(names)) or "none"  # type: ignore[call-overload]
