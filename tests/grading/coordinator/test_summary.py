"""What a run says at its end."""

from grading.coordinator.summary import Summary


def test_names_are_shown_plainly_and_not_all_of_a_large_class():
    summary = Summary("graded", "flagged", "failed")
    summary.note("graded", *(f"s{number}" for number in range(1025)))
    summary.note("graded", "s3")
    summary.note("failed", "e\x1b[2Jve")
    first = ", ".join(f"s{number}" for number in range(20))
    assert summary.lines() == [
        f"graded: 1,025 ({first} and 1,005 more)",
        r"failed: 1 (e\x1b[2Jve)",
    ]
