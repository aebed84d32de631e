"""Dates and times with a zone, as instructors write them: read rightly or refused.

nbgrader's own reading (`nbgrader.utils.parse_utc`) takes -0500 for 500 seconds, a zone that it
doesn't know for UTC, and 01/12/2026 for the 12th of January.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import tz

WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(\S*)")
OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?")
LARGEST_OFFSET = timedelta(hours=14)
# Abbreviations that mean one thing only. In which season each is in force, its region knows.
REGIONS = {
    **dict.fromkeys(("WET", "WEST"), "Europe/Lisbon"),
    **dict.fromkeys(("CET", "CEST"), "Europe/Paris"),
    **dict.fromkeys(("EET", "EEST"), "Europe/Athens"),
    **dict.fromkeys(("EST", "EDT"), "America/New_York"),
    **dict.fromkeys(("MST", "MDT"), "America/Denver"),
    **dict.fromkeys(("PST", "PDT"), "America/Los_Angeles"),
}
FORMS = (
    "Please write date, time and zone like '2026-12-01 18:00 +01:00' or "
    "'2026-12-01 18:00 Europe/Paris'; without a zone it is UTC."
)


class MomentError(ValueError):
    """The text doesn't say when; the message says why, and how to write it."""


def moment(text: str) -> datetime:
    """The moment that a text names, in UTC (without a zone, as nbgrader keeps it).

    Args:
        text: 'YYYY-MM-DD hh:mm', with seconds or without, and a zone: an offset (-0500, +05:30,
            UTC+2), a region (Europe/Paris), UTC, or an abbreviation that is in force then (PST).

    Raises:
        MomentError: it is none of that, or no such moment, or more than one.
    """
    written = WRITTEN.fullmatch(text.strip())
    if not written:
        raise MomentError(f"'{text}' is not understood. {FORMS}")
    day, clock, named = written.groups()
    try:
        local = datetime.fromisoformat(f"{day} {clock}")
        zone = _zone(named)
        there = local.replace(tzinfo=zone)
        if not tz.datetime_exists(there) or tz.datetime_ambiguous(there):
            raise MomentError(f"the clocks are changed at that time in {named}")
        if named in REGIONS and there.tzname() != named:
            raise MomentError(f"{named} is not in force on that day, {there.tzname()} is")
        return there.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:  # no such day, a year before the first, ...
        raise MomentError(f"'{text}' is not understood: {error}. {FORMS}") from None


def _zone(named: str) -> tzinfo:
    if named in ("", "Z", "UTC", "GMT"):
        return UTC
    if offset := OFFSET.fullmatch(named):
        sign, hours, minutes = offset.groups()
        east = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if east > LARGEST_OFFSET or int(minutes or 0) >= 60:  # noqa: PLR2004
            raise MomentError(f"no zone is {named}")
        return timezone(-east if sign == "-" else east)
    region = REGIONS.get(named, named if re.fullmatch(r"\w+(/[\w+-]+)+", named) else None)
    zone = tz.gettz(region) if region else None
    if zone is None:
        raise MomentError(f"no zone is known as {named}, or more than one is")
    return zone
