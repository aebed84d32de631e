"""Late work: when a submission came in, and what being late costs.

    c.ExchangeFactory.collect = "grading.plugins.late.Collect"              whose clock counts
    c.AssignLatePenalties.plugin_class = "grading.plugins.late.LatePolicy"  what it costs

A folder in the exchange belongs to the student who put it there: its name, the time stamp in it and
its modification times can be written at will. What a student cannot write is the time of the last
change that the file system keeps for itself (`st_ctime`).
"""

import math
import os
import pwd
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import BasePlugin
from nbgrader.utils import check_directory
from traitlets import Dict, Enum, Float

from grading.coordinator.folder import (
    MOST_NAMES,
    STAMP,
    YEARS,
    NoCopyError,
    RefusedError,
    ignoring,
    opened,
    take,
    walk,
)
from grading.coordinator.students import StudentIds
from grading.plain import plain_line
from grading.plugins.moments import MomentError, moment
from grading.plugins.private import private
from grading.scratch import Scratch
from helpers.words import count

DAY = 24 * 60 * 60  # seconds
SUBMIT_DURATION = timedelta(minutes=1)  # what handing in itself may take


@dataclass(frozen=True)
class Record:
    """A submission in the exchange: whose, the name of its folder, when it came in."""

    student: str
    name: str
    received: datetime


class Collect(ExchangeCollect):
    """`nbgrader collect`, with the time at which the file system saw a submission.

    A submission came in when its folder's name says so, unless the last change of anything in it
    is more than a minute away from that: then it came in with that change. This time decides which
    submission is the latest and which came before the due date, and it replaces what the student
    left in `timestamp.txt`, where `nbgrader autograde` looks for it.

    What `nbgrader submit` cannot have made isn't collected, and the student's latest other one is:
    a folder with links or special files (a link can point to the instructor's own), one of somebody
    else's account (`check_owner`), one whose name is no student's id.
    """

    clock = Enum(
        ("filesystem", "student"),
        default_value="filesystem",
        help="Whose time counts: 'student' where the exchange was copied or restored from a "
        "backup, which the file system takes for a change of everything.",
    ).tag(config=True)

    def init_src(self) -> None:
        """Chooses what to collect of each student; of one student where that is named so."""
        if not self.coursedir.course_id:
            self.fail("No course id specified. Re-run with --course flag.")
        self.inbound_path = os.path.join(self.root, self.coursedir.course_id, "inbound")
        if not check_directory(self.inbound_path, read=True, execute=True):
            self.fail(f"There is no course at {self.inbound_path}, or you can't read there.")
        due = self._due_date() if self.before_duedate else None
        chosen: dict[str, Record] = {}
        for record in sorted(self._records(), key=lambda record: record.received):
            before = chosen.get(record.student)
            if not (before and due and before.received <= due < record.received):
                chosen[record.student] = record
        self.src_records = [chosen[student] for student in sorted(chosen)]

    def _due_date(self) -> datetime | None:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                return gradebook.find_assignment(self.coursedir.assignment_id).duedate
            except MissingEntry:
                return None

    def _records(self) -> Iterator[Record]:
        """What can be collected. Each of the others is told, and stops nobody."""
        assignment, wanted = re.escape(self.coursedir.assignment_id), self.coursedir.student_id
        made = re.compile(rf"(.+?)\+{assignment}\+(.*?)(\+[^+]*)?", re.S)
        found = [name for path in os.listdir(self.inbound_path) if (name := made.fullmatch(path))]
        ids = StudentIds(parent=self)  # a folder named `*` would else be the only one
        named = [name for name in found if name[1] == wanted and ids.is_one(wanted)]
        found = named or [name for name in found if fnmatchcase(name[1], wanted or "*")]
        known = set(ids.known(sorted({name[1] for name in found})))
        for name in sorted(found, key=lambda name: name[0]):
            if name[1] not in known:
                continue
            try:
                changed = self._last_change(name[0], name[1])
            except (RefusedError, OSError, ValueError) as error:  # of a year without a calendar
                self._tell(name[0], error)
                continue
            yield Record(name[1], name[0], self._received(name[0], name[2], changed))

    def _last_change(self, name: str, student: str) -> datetime:
        """When a folder or anything in it was changed last, in UTC (without a zone, as nbgrader).

        Raises:
            RefusedError: `nbgrader submit` of this student cannot have made it.
        """
        with opened(self.inbound_path, [name]) as folder:
            parts = [os.stat(folder)]
            for entry in islice(walk(folder), MOST_NAMES):
                if not (stat.S_ISREG(entry.status.st_mode) or stat.S_ISDIR(entry.status.st_mode)):
                    raise RefusedError(f"'{os.path.join(*entry.path)}' in it {entry.why}.")
                parts.append(entry.status)
        if self.check_owner:
            _check_owner(student, [part.st_uid for part in parts])
        latest = max(part.st_ctime for part in parts)
        return datetime.fromtimestamp(latest, UTC).replace(tzinfo=None)

    def _received(self, name: str, said: str, changed: datetime) -> datetime:
        try:
            received = moment(said)
        except MomentError:
            self.log.warning("%s holds no date and time", plain_line(name))
            return changed
        far = abs(changed - received) > SUBMIT_DURATION
        if far and (self.clock == "filesystem" or received.year not in YEARS):
            self.log.warning(
                "%s was changed at %s UTC: this time counts", plain_line(name), changed
            )
            return changed
        return received

    def _tell(self, name: str, error: Exception) -> None:
        why = getattr(error, "strerror", None) or error
        self.log.error("Not collected: '%s'. %s", plain_line(name), plain_line(why))

    def copy_files(self) -> None:
        """Collects what was chosen, where it is new; one that can't be collected stops nobody."""
        number = count(len(self.src_records), "submission")
        self.log.info("%s of '%s' to collect", number, self.coursedir.assignment_id)
        for record in self.src_records:
            try:
                with private(self.coursedir.root):
                    self._collect(record)
            except (RefusedError, NoCopyError, OSError, RuntimeError) as error:
                self._tell(record.name, error)

    def _collect(self, record: Record) -> None:
        """Copies a submission, as much of it as can be read, and writes its time stamp."""
        course, student = self.coursedir, record.student
        collected = Path(
            course.format_path(course.submitted_directory, student, course.assignment_id)
        )
        there = collected.is_dir()
        if there and not self._is_wanted(record, course.get_existing_timestamp(str(collected))):
            hint = "" if self.update else " (--update takes what was handed in again)"
            self.log.info("Nothing newer of %s to collect%s", student, hint)
            return
        self.log.info("Collecting the submission of %s", student)
        collected.parent.mkdir(parents=True, exist_ok=True)
        with Scratch(".collecting-", collected.parent) as place:
            copy, new = Path(place, "copy"), Path(place, "new")
            copy.mkdir()
            # Between a look at a file and its copy, its owner could put a link in its place.
            with opened(self.inbound_path, [record.name]) as folder:
                if told := take(folder, copy, ignoring(course.ignore)).told:
                    self.log.warning("%s: %s", plain_line(record.name), told)
            self.do_copy(str(copy), str(new))
            (new / STAMP).write_text(f"{record.received} UTC")
            if there:
                shutil.rmtree(collected)
            os.replace(new, collected)

    def _is_wanted(self, record: Record, collected: datetime | None) -> bool:
        """Whether a submission takes the place of the one that was collected before."""
        if self.before_duedate and collected != record.received:
            return True
        return self.update and (collected is None or record.received > collected)


def _check_owner(student: str, owners: list[int]) -> None:
    """Raises `RefusedError` where a folder, the first, or what is in it is somebody else's.

    What the system's administrator, or whoever collects, has put in is no student's doing.
    """
    whose, *parts = owners
    others = [whose] if _account(whose) != student else sorted({*parts} - {whose, 0, os.getuid()})
    if others:
        raise RefusedError(
            f"It claims to be {student}'s, but it, or a part of it, is owned by "
            f"{', '.join(map(_account, others))}. Where accounts aren't named as the students are, "
            "set c.ExchangeCollect.check_owner = False."
        )


def _account(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"an account without a name ({owner})"


class LatePolicy(BasePlugin):
    """A share of the earned points for each started day; as it comes, nothing is lost.

    A student's clock starts at the due date, plus the student's extension, plus the grace period.
    """

    share_per_day = Float(
        0.0, min=0.0, max=1.0, help="The share of the earned points lost for each started day."
    ).tag(config=True)

    grace_minutes = Float(0.0, min=0.0, help="Minutes that nobody is late for.").tag(config=True)

    cutoff_days = Float(math.inf, min=0.0, help="Days after which all points are lost.").tag(
        config=True
    )

    extensions = Dict(
        per_key_traits=None,
        help="Hours more for single students: {assignment: {student: hours}}.",
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """The points lost, between 0 and `score`."""
        extension: float = self.extensions.get(self.parent.assignment_id, {}).get(student_id, 0)
        late = total_seconds_late - extension * 3600 - self.grace_minutes * 60
        if late <= 0:
            return 0.0
        if late > self.cutoff_days * DAY:
            return score
        return score * min(1.0, self.share_per_day * math.ceil(late / DAY))
