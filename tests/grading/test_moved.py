"""Class paths that an instructor's configuration may name since version 1.0."""

import importlib
import sys

import pytest
from traitlets.utils.importstring import import_item

from grading.moved import MOVED

OLD = {
    "grading.dispatch.Dispatch": "grading.coordinator.preprocessors",
    "grading.exchange.ReleaseFeedback": "grading.plugins.exchange",
    "grading.exporters.CanvasExporter": "grading.plugins.export",
    "grading.exporters.GradescopeExporter": "grading.plugins.export",
    "grading.exporters.MoodleExporter": "grading.plugins.export",
    "grading.kernels.CourseKernelManager": "grading.sandbox.manager",
    "grading.late.Collect": "grading.plugins.late",
    "grading.late.LatePolicy": "grading.plugins.late",
    "grading.page.FeedbackExporter": "grading.feedback.page",
    "grading.page.FeedbackPage": "grading.feedback.page",
    "grading.release.RunToTheEnd": "grading.plugins.release",
    "grading.submission_exporter.SubmissionExporter": "grading.coordinator.exporter",
    "grading.verdicts.SaveVerdicts": "grading.coordinator.preprocessors",
}


@pytest.mark.parametrize("path", OLD)
def test_an_old_path_still_works_and_says_the_new_one(path):
    module, _, name = path.rpartition(".")
    sys.modules.pop(module, None)
    with pytest.warns(FutureWarning, match=f"{module} is {OLD[path]} now"):
        found = import_item(path)
    assert found is getattr(importlib.import_module(OLD[path]), name)


def test_every_moved_module_is_tried():
    assert {path.rpartition(".")[0] for path in OLD} == set(MOVED)


def test_a_class_that_is_part_of_another_says_so():
    with pytest.raises(ImportError, match="leave it out of c.GenerateFeedback.preprocessors"):
        import_item("grading.feedback.CleanFeedback")


def test_what_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError, match="grading.nothing"):
        importlib.import_module("grading.nothing")
