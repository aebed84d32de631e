"""The one line of a course's nbgrader_config.py: `from grading import use; use(c)`."""

import os
import platform
import sys
from pathlib import Path
from typing import Any

OLDEST = (3, 11)


def use(c: Any) -> None:
    """Has a course graded by this package; lines that follow can set all of it otherwise.

    Args:
        c: nbgrader's configuration, as `get_config()` returns it.
    """
    # A configuration that fails is passed over by nbgrader, which would grade without all this: so
    # the command itself ends.
    if sys.version_info < OLDEST:
        raise SystemExit(
            f"Grading needs Python {'.'.join(map(str, OLDEST))} or newer; {sys.executable} is "
            f"{platform.python_version()}. Please make the environment with a newer one."
        )
    try:
        # Here, as students' kernels import this package, too.
        from grading.coordinator import gradebook  # noqa: PLC0415
        from grading.plugins import background, formgrader, typed  # noqa: PLC0415
    except ImportError as error:
        raise SystemExit(
            f"Grading can't start: {error} ({sys.executable}). Please install the course's "
            "requirements.txt there, or use the Python that has them."
        ) from error

    # nbgrader starts `alembic` by its bare name; find it where the environment isn't activated.
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ["PATH"]])

    # A submission is rebuilt on the instructor's notebook, the student's cells run in a sandbox,
    # and the test cells run outside of it, in a process that no student's code enters.
    c.Autograde.exporter_class = "grading.coordinator.exporter.SubmissionExporter"
    c.Autograde.autograde_preprocessors = [
        "grading.coordinator.preprocessors.Dispatch",
        "nbgrader.preprocessors.LimitOutput",
        "grading.coordinator.preprocessors.SaveVerdicts",
        "nbgrader.preprocessors.AssignLatePenalties",
    ]
    # A kernel on this machine's own loopback: no history file, no warning that it isn't encrypted.
    # Tracebacks as Python prints them: IPython's own take longer than most cells.
    c.Execute.extra_arguments = [
        "--HistoryManager.hist_file=:memory:",
        "--IPKernelApp.log_level=ERROR",
        "--InteractiveShell.xmode=Plain",
    ]

    # Where a new student version can't be made, the old one stays; what can't be judged is said.
    c.GenerateAssignment.exporter_class = "grading.plugins.release.ReleaseExporter"
    c.GenerateAssignment.preprocessors.append("grading.plugins.release.CheckTests")

    # A submission came in when the collecting side saw it, whatever the student's time stamp says.
    c.ExchangeFactory.collect = "grading.plugins.late.Collect"
    c.ZipCollectApp.extractor_plugin = "grading.plugins.archives.Extractor"
    c.ZipCollectApp.collector_plugin = "grading.plugins.archives.Collector"
    c.AssignLatePenalties.plugin_class = "grading.plugins.late.LatePolicy"

    # Students fetch a student version whole.
    c.ExchangeFactory.release_assignment = "grading.plugins.exchange.ReleaseAssignment"

    # Feedback: the messages of the tests, never their code, on a page without scripts.
    c.GenerateFeedback.preprocessors = ["grading.feedback.page.FeedbackPage"]
    c.GenerateFeedback.exporter_class = "grading.feedback.page.FeedbackExporter"
    c.ExchangeFactory.release_feedback = "grading.plugins.exchange.ReleaseFeedback"

    # grades.csv, in which no name is taken for a formula or for two fields.
    c.ExportApp.plugin_class = "grading.plugins.export.CsvExporter"

    # Due dates and names of students on the command line mean what they say, or are refused; no
    # name of a file and no message forges a line of the log.
    typed.install()
    c.NbGrader.logging_config = {
        "formatters": {"console": {"class": "grading.plugins.log.PlainFormatter"}},
        "handlers": {"console": {"class": "grading.plugins.log.Console"}},
    }

    # A run opens the gradebook's database once.
    gradebook.install()

    # The formgrader shows what students have handed in: nothing of it is active there,
    # and what it grades doesn't hold it up.
    formgrader.install()
    background.install()
