"""Due dates in every form that the formgrader and the command line take."""

from datetime import datetime

import pytest

from grading.plugins.moments import MomentError, moment

READ = {  # what is written: the hour and minute in UTC on the 1st of December 2026
    "2026-12-01 12:00": "12:00",
    "2026-12-01 12:00:00": "12:00",
    "2026-12-01T12:00:00.000000": "12:00",
    "2026-12-01 12:00:00.250 UTC": "12:00",
    "2026-12-01T12:00:00Z": "12:00",
    "2026-12-01 12:00 GMT": "12:00",
    "2026-12-01 12:00:00 -0500": "17:00",  # nbgrader: 12:08
    "2026-12-01 12:00:00 +0500": "07:00",
    "2026-12-01 12:00:00 +05:30": "06:30",
    "2026-12-01 12:00:00 -08": "20:00",
    "2026-12-01T12:00 -0500": "17:00",  # the formgrader's
    "2026-12-01T12:00:00+01:00": "11:00",
    "2026-12-01 12:00 UTC+2": "10:00",
    "2026-12-01 12:00 GMT-3:30": "15:30",
    "2026-12-01 12:00:00 PST": "20:00",  # nbgrader: 12:00
    "2026-12-01 12:00:00 EST": "17:00",
    "2026-12-01 12:00:00 CET": "11:00",
    "2026-12-01 12:00 Europe/Berlin": "11:00",
    "2026-12-01 12:00 Asia/Kolkata": "06:30",
    "2026-12-01 12:00 America/Argentina/Buenos_Aires": "15:00",
    " 2026-12-01 12:00 ": "12:00",
}
REFUSED = {  # what is written: what is said of it
    "2026-12-01 12:00 IST": "no zone is known as IST, or more than one is",
    "2026-12-01 12:00 CST": "no zone is known as CST",
    "2026-12-01 12:00 BST": "no zone is known as BST",
    "2026-12-01 12:00 CEST": "CEST is not in force on that day, CET is",
    "2026-07-01 12:00 PST": "PST is not in force on that day, PDT is",
    "2026-12-01 12:00 Nowhere/Land": "no zone is known as Nowhere/Land",
    "2026-12-01 12:00 ../../etc/passwd": "no zone is known as",
    "2026-12-01 12:00 +2500": "no zone is +2500",
    "2026-12-01 12:00 +0560": "no zone is +0560",
    "2026-10-25 02:30 Europe/Paris": "the clocks are changed",
    "2026-03-29 02:30 Europe/Paris": "the clocks are changed",
    "2026-02-30 12:00 UTC": "out of range",
    "0001-01-01 00:00 +10": "out of range",
    "2026-12-01": "",
    "01/12/2026 12:00": "",
    "2026-12-01 6:00 PM": "",
    "tomorrow": "",
    "-0500": "",
}


@pytest.mark.parametrize("written", READ)
def test_a_moment_is_read_rightly(written):
    there = datetime.fromisoformat(f"2026-12-01 {READ[written]}")
    assert moment(written).replace(microsecond=0) == there


@pytest.mark.parametrize("written", REFUSED)
def test_what_is_no_moment_is_refused_with_the_right_form(written):
    with pytest.raises(MomentError) as refused:
        moment(written)
    told = str(refused.value)
    assert told.startswith(f"'{written}' is not understood") and REFUSED[written] in told
    assert "like '2026-12-01 18:00 +01:00'" in told


def test_summer_time_counts():
    assert moment("2026-07-01 12:00 CEST") == moment("2026-07-01 12:00 Europe/Berlin")
    assert moment("2026-07-01 12:00 Europe/Berlin") == datetime(2026, 7, 1, 10)
