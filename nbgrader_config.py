"""The course and its grading, in nbgrader's own terms: `nbgrader <command>` reads this file."""

import os
import sys
from pathlib import Path

from grading.plugins import typed

c = get_config()  # noqa: F821  (given by nbgrader)

# The course is where this file is, wherever the command or the JupyterLab that reads it started.
c.CourseDirectory.course_id = "generative-models"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.solution_directory = "solutions"

# nbgrader starts `alembic` by its bare name; find it where the environment isn't activated, too.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

# Due dates and names of students on the command line mean what they say, or are refused.
typed.install()

# What a student sees in place of a solution; the checks turn it into "not implemented yet".
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}

# Where a new student version can't be made, the old one stays.
c.GenerateAssignment.exporter_class = "grading.plugins.release.ReleaseExporter"

# A released notebook runs to its end even where nothing is solved.
c.GenerateAssignment.preprocessors.append("grading.plugins.release.RunToTheEnd")

# Grading: a submission is rebuilt on the instructor's notebook, the student's cells run in a
# sandbox, and the test cells run outside of it, in a process that no student's code enters.
c.Autograde.exporter_class = "grading.coordinator.exporter.SubmissionExporter"
c.Autograde.autograde_preprocessors = [
    "grading.coordinator.preprocessors.Dispatch",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "grading.coordinator.preprocessors.SaveVerdicts",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Late work: it came in when the collecting side saw it, whatever the student's time stamp says, and
# costs nothing unless a share of the points a day is set here (docs/instructors.md).
c.ExchangeFactory.collect = "grading.plugins.late.Collect"
c.AssignLatePenalties.plugin_class = "grading.plugins.late.LatePolicy"
c.LatePolicy.share_per_day = 0.0

# A kernel on this machine's own loopback: no history file, no warning that it isn't encrypted.
c.Execute.extra_arguments = [
    "--HistoryManager.hist_file=:memory:",
    "--IPKernelApp.log_level=ERROR",
]

# Processor time, in seconds: of a student's cell, and what a training with helpers.training keeps
# to by itself. A busy machine changes no grade; a cell may take three times as long.
c.Execute.timeout = 300
os.environ.setdefault("COURSE_TRAINING_SECONDS", "120")

# Time on the clock, in seconds: for a test cell, one call of a student's function, a submission.
c.Judge.test_timeout = 120
c.Judge.call_timeout = 30
c.Judge.submission_seconds = 1200

# Feedback: the messages of the checks, never their code, on a page without scripts.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "grading.feedback.page.FeedbackPage",
]
c.GenerateFeedback.exporter_class = "grading.feedback.page.FeedbackExporter"
c.ExchangeFactory.release_feedback = "grading.plugins.exchange.ReleaseFeedback"

# grades.csv, in which no name is taken for a formula or for two fields.
c.ExportApp.plugin_class = "grading.plugins.export.CsvExporter"

# The formgrader shows what students' code has put out: no script of theirs runs in your browser.
c.HTMLExporter.sanitize_html = True
