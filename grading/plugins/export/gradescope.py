"""Gradescope: gradescope-autograders.readthedocs.io/en/latest/specs ("Specifications")."""

import json
import zipfile
from typing import Any

from nbgrader.api import Gradebook
from traitlets import Enum

from grading.plugins.export.base import GradesExporter, Work
from grading.plugins.export.tables import address_of
from helpers.words import count


class GradescopeExporter(GradesExporter):
    """Gradescope: the autograder (a zip file) of one programming assignment.

    Gradescope takes points from an autograder alone. This one looks a student up by the e-mail
    address and hands out what was graded here, a result for each test cell; it runs nothing that
    was handed in.
    """

    default_file = "gradescope.zip"
    needs = "the e-mail address"

    visibility = Enum(
        ("after_published", "after_due_date", "visible", "hidden"),
        default_value="after_published",
        help="When students see the results: Gradescope's own words.",
    ).tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Writes the zip file to `--to`."""
        assignment = self.one_assignment(gradebook)
        roster, students = self.roster(), self.students(gradebook)
        addresses = {
            one.id: roster.id_of(one.id, "Gradescope", "Email") or address_of(one)
            for one in students
        }
        results = {}
        for student in self.told_apart(students, {k: (v,) for k, v in addresses.items()}):
            submission = self.graded(gradebook, assignment.name, student.id)
            points = self.points(submission)
            if points is not None:
                results[addresses[student.id].lower()] = self.result(points, submission)
        self.log.info("Exporting %s to %s", count(len(results), "result"), self.file)
        texts = {
            "results.json": json.dumps(results, ensure_ascii=False, indent=1),
            "setup.sh": SETUP,
            "run_autograder": RUN_AUTOGRADER,
        }
        with zipfile.ZipFile(self.file, "w") as archive:
            for name, text in texts.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o755 << 16  # can be executed
                archive.writestr(entry, text, zipfile.ZIP_DEFLATED)

    def result(self, points: float, submission: Work | None) -> dict[str, Any]:
        """A `results.json` of Gradescope's autograder specification."""
        if submission is None:
            return {"score": points, "output": "Nothing was handed in."}
        return {
            "score": points,
            "output": "\n\n".join(self.comments(submission)),
            "visibility": self.visibility,
            "tests": [
                {"name": name, "score": mark.score, "max_score": mark.max_score}
                for name, mark in sorted(submission.grades.items())
            ],
        }


SETUP = """#!/usr/bin/env bash
command -v python3 || apt-get install -y python3
"""

RUN_AUTOGRADER = '''#!/usr/bin/env python3
"""Hands a student the result of the course's own grading; runs nothing that was handed in."""

import json
import sys
from pathlib import Path

results = json.loads(Path("source/results.json").read_text(encoding="utf-8"))
users = json.loads(Path("submission_metadata.json").read_text(encoding="utf-8"))["users"]
known = [results[user["email"].lower()] for user in users if user["email"].lower() in results]
if not known:
    sys.exit("No points are known for " + ", ".join(user["email"] for user in users))
Path("results/results.json").write_text(json.dumps(known[0]), encoding="utf-8")
'''
