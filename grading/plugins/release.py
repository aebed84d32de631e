"""What nbgrader's own steps leave to be done for a student version."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.coordinator.assignment import Assignment
from grading.coordinator.check import check
from grading.coordinator.farm import Farm
from grading.magics import refused_in


class ReleaseExporter(NotebookExporter):
    """Keeps the student version that there is, where a new one can't be made; warns early.

    nbgrader removes the old one first, and refuses other cells once something is handed in.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # nbgrader has no hook around a run, so its loop over the notebooks is put into one.
        self.converter.convert_notebooks = self._kept_safe(self.converter.convert_notebooks)

    @property
    def converter(self) -> GenerateAssignment:
        """nbgrader's own, which made this exporter."""
        return cast(GenerateAssignment, self.parent)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Makes a student version; says what in the instructor's can't be graded."""
        for problem in refused_in(nb):
            self.log.warning("%s", problem)
        return super().from_notebook_node(nb, resources, **kw)

    def _kept_safe(self, convert: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            coursedir = self.converter.coursedir
            assignment = coursedir.assignment_id
            release = Path(coursedir.format_path(coursedir.release_directory, ".", assignment))
            with tempfile.TemporaryDirectory() as place:
                kept = Path(place, "kept")
                if release.is_dir():
                    shutil.copytree(release, kept)
                try:
                    convert()
                except BaseException:  # Ctrl-C, too
                    if kept.is_dir():
                        shutil.rmtree(release, ignore_errors=True)
                        shutil.copytree(kept, release)
                        self.log.error("%s is as it was before.", release)
                    self._tell_of_retest()
                    raise

        return run

    def _tell_of_retest(self) -> None:
        coursedir = self.converter.coursedir
        if self.converter.no_database:
            return
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            try:
                handed_in = gradebook.find_assignment(coursedir.assignment_id).submissions
            except MissingEntry:
                return
            if handed_in:
                self.log.error(
                    "The gradebook has submissions. If cells were added, removed or renamed, "
                    "`python -m grading retest %s` keeps the grades.",
                    coursedir.assignment_id,
                )


class RunToTheEnd(NbGraderPreprocessor):
    """Lets a released notebook run from top to bottom, even where nothing is solved yet.

    JupyterLab's "Run All" stops at the first error, except in cells with this tag. Every cell that
    may need an answer gets it; the solutions don't, since there an error is an error.
    """

    tag = "raises-exception"

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Tags the cells of a notebook, in place."""
        answers_begin = False
        for cell in nb.cells:
            answers_begin = answers_begin or utils.is_solution(cell)
            tags = cell.metadata.get("tags", [])
            if answers_begin and cell.cell_type == "code" and self.tag not in tags:
                cell.metadata.tags = [*tags, self.tag]
        return nb, resources


class CheckTests(NbGraderPreprocessor):
    """Says which test cells can't be judged: see `grading.coordinator.check`.

    The student version is made all the same. `c.CheckTests.enabled = False` switches it off, for a
    course whose solutions take long; `python -m grading check` does it when it is asked to.
    """

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Judges the source of a notebook and its student version; leaves the notebook alone."""
        name = resources["nbgrader"]["notebook"]
        if resources.setdefault("tests_checked", False):  # nbgrader may read its settings twice
            return nb, resources
        resources["tests_checked"] = True
        coursedir = cast(Any, self.parent).parent.coursedir  # of nbgrader's command
        try:
            assignment = Assignment(coursedir, [], self.config, self.log)
            found = check(assignment, Farm(assignment, config=self.config, log=self.log), [name])
        except Exception as error:  # no reason to make no student version
            self.log.error("The tests of %s could not be checked: %s", name, error)
            return nb, resources
        for finding in found:
            self.log.error("%s", finding)
        return nb, resources
