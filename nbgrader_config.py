"""The course and its grading, in nbgrader's own terms: `nbgrader <command>` reads this file."""

import os
from pathlib import Path

from grading import use

c = get_config()  # noqa: F821  (given by nbgrader)

# Submissions are judged from outside of their process: docs/any-course.md says what this sets.
use(c)

# The course is where this file is, wherever the command or the JupyterLab that reads it started.
c.CourseDirectory.course_id = "generative-models"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.solution_directory = "solutions"

# What a student sees in place of a solution; the checks turn it into "not implemented yet".
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}

# A released notebook runs to its end even where nothing is solved.
c.GenerateAssignment.preprocessors.append("grading.plugins.release.RunToTheEnd")

# The solutions train for minutes, and `make test` grades them: `make release` stays quick.
c.CheckTests.enabled = False

# Late work costs nothing unless a share of the points a day is set here (docs/instructors.md).
c.LatePolicy.share_per_day = 0.0

# What students' kernels have imported from the start: a second and more of each.
c.ForkedProvisioner.preload = [
    "torch",
    "torch._dynamo",  # every optimizer of torch.optim imports it
    "helpers.checks",
    "helpers.checks.statistics",
    "helpers.data",
    "helpers.plots",
    "helpers.training",
]

# Processor time, in seconds: of a student's cell, and what a training with helpers.training keeps
# to by itself. A busy machine changes no grade; a cell may take three times as long.
c.Execute.timeout = 300
os.environ.setdefault("COURSE_TRAINING_SECONDS", "120")

# Time on the clock, in seconds: for a test cell, one call of a student's function, a submission.
c.Judge.test_timeout = 120
c.Judge.call_timeout = 30
c.Judge.submission_seconds = 1200
