"""One course for all classes: making it costs more than to begin anew in it."""

import pytest
from fuzzing import Classroom


@pytest.fixture(scope="session")
def classroom(tmp_path_factory):
    """A course in which nothing is left of the class before, once `begin` is called."""
    return Classroom(tmp_path_factory.mktemp("fuzz"))
