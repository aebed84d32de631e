"""nbgrader's commands that change a course, one at a time: the formgrader's, too."""

import re
from collections.abc import Callable
from typing import Any

from grading.coordinator.lock import LockedOutError, alone_in
from grading.plugins.gradebook import fail


def alone(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """Has a command's `start` hold the course, or fail with the name of the one that does."""

    def start(self: Any) -> None:
        course = self.coursedir
        kind = type(self).__name__.removesuffix("App")
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
        try:
            with alone_in(course.root, f"nbgrader {name} {course.assignment_id}".strip()):
                method(self)
        except LockedOutError as error:
            fail(self, str(error))

    return start
