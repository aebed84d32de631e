"""The gradebook in the formats of other systems: `nbgrader export --exporter=<class> --to=<file>`.

Each class writes one documented import format; docs/instructors.md says what to upload where.

    base        whose points are exported, and which; who can be told apart
    tables      nbgrader's own table, and those of Canvas, Moodle, Brightspace and Blackboard
    worksheet   Moodle's grading worksheet, filled in
    gradescope  an autograder for Gradescope
    pages       the feedback pages, in an archive for Moodle or Canvas
"""

from grading.plugins.export.base import GradesExporter
from grading.plugins.export.gradescope import GradescopeExporter
from grading.plugins.export.pages import CanvasPagesExporter, MoodlePagesExporter
from grading.plugins.export.tables import (
    BlackboardExporter,
    BrightspaceExporter,
    CanvasExporter,
    CsvExporter,
    MoodleExporter,
    TableExporter,
)
from grading.plugins.export.worksheet import MoodleWorksheetExporter

__all__ = [
    "BlackboardExporter",
    "BrightspaceExporter",
    "CanvasExporter",
    "CanvasPagesExporter",
    "CsvExporter",
    "GradesExporter",
    "GradescopeExporter",
    "MoodleExporter",
    "MoodlePagesExporter",
    "MoodleWorksheetExporter",
    "TableExporter",
]
