"""Whatever is in `submitted/`, under whatever names, is graded or named, and nobody else's loss."""

from fuzzing import ODD, dear
from hypothesis import given, strategies as st
from oddities import odd_ones


def name_of(odd):
    return odd.name


@dear
@given(st.lists(odd_ones, min_size=ODD, max_size=ODD, unique_by=name_of))
def test_any_folders_are_graded_or_named(classroom, odd):
    classroom.begin()
    classroom.hand_in_honest()
    for one in odd:
        classroom.put_odd(classroom.root / "submitted", one)
    classroom.grade()
