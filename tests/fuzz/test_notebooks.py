"""Whatever a notebook's file holds, it is graded, and costs nobody else anything."""

from fuzzing import ODD, dear
from hypothesis import given, strategies as st
from oddities import mutants


@dear
@given(st.lists(mutants, min_size=ODD, max_size=ODD, unique_by=repr))
def test_any_notebooks_are_graded(classroom, odd):
    classroom.begin()
    classroom.hand_in_honest()
    for number, mutant in enumerate(odd):
        classroom.put(f"s{number}", mutant.of(classroom.notebook()))
    classroom.grade()
