"""Late work: when a submission came in, and what being late costs.

    c.ExchangeFactory.collect = "grading.plugins.late.Collect"              whose clock counts
    c.AssignLatePenalties.plugin_class = "grading.plugins.late.LatePolicy"  what it costs

A folder in the exchange belongs to the student who put it there: its name, the time stamp in it and
its modification times can be written at will. What a student cannot write is the time of the last
change that the file system keeps for itself (`st_ctime`).
"""

import glob
import logging
import math
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.plugins import BasePlugin
from traitlets import Dict, Enum, Float

from grading.plain import plain_line
from grading.plugins.moments import MomentError, moment

DAY = 24 * 60 * 60  # seconds
SUBMIT_DURATION = timedelta(minutes=1)  # what handing in itself may take


class Collect(ExchangeCollect):
    """`nbgrader collect`, with the time at which the file system saw a submission.

    A submission came in when its folder's name says so, unless anything in it was changed more
    than a minute after that: then it came in with that change. This time decides which submission
    is the latest and which came before the due date, and it replaces what the student left in
    `timestamp.txt`, where `nbgrader autograde` looks for it.

    What `nbgrader submit` cannot have made, a folder with links or special files, isn't collected:
    a link can point to the instructor's own files.
    """

    clock = Enum(
        ("filesystem", "student"),
        default_value="filesystem",
        help="Whose time counts: 'student' where the exchange was copied or restored from a "
        "backup, which the file system takes for a change of everything.",
    ).tag(config=True)

    def init_src(self) -> None:
        """Finds what there is to collect; the student of just that name, if there is one."""
        named = f"{self.coursedir.student_id}+{self.coursedir.assignment_id}+"
        inbound = Path(self.root, self.coursedir.course_id, "inbound")
        if inbound.is_dir() and any(path.name.startswith(named) for path in inbound.iterdir()):
            self.coursedir.student_id = glob.escape(self.coursedir.student_id)
        super().init_src()

    def _path_to_record(self, path: str) -> dict[str, Any]:
        name, changed = Path(path).name, last_change(path)
        username, _, said, *_ = name.rsplit("+", 3)
        try:
            received = moment(said)
        except MomentError:
            self.log.warning("%s holds no date and time", plain_line(name))
            received = changed
        if self.clock == "filesystem" and changed > received + SUBMIT_DURATION:
            self.log.warning(
                "%s was changed at %s UTC: this time counts", plain_line(name), changed
            )
            received = changed
        return {"username": username, "filename": name, "timestamp": received}

    def copy_files(self) -> None:
        """Collects the submissions that are made of plain files and folders."""
        for record in list(self.src_records):
            if not _is_plain(Path(self.inbound_path, record["filename"])):
                self.log.error(
                    "Not collected: '%s' holds a link or a special file",
                    plain_line(record["filename"]),
                )
                self.src_records.remove(record)
        super().copy_files()

    def do_copy(self, src: str, dest: str, log: logging.Logger | None = None) -> None:
        """Copies one submission, as much of it as can be read, and writes its time stamp."""
        try:
            super().do_copy(src, dest, log)
        except (OSError, RuntimeError) as error:  # one student's files don't stop the others
            self.log.error(
                "%s was not collected, or not all of it: %s", plain_line(src), plain_line(error)
            )
        folder, name = Path(dest), Path(src).name
        if folder.is_dir():
            [received] = [r["timestamp"] for r in self.src_records if r["filename"] == name]
            stamp = folder / "timestamp.txt"
            folder.chmod(folder.stat().st_mode | stat.S_IRWXU)
            if stamp.is_dir():
                shutil.rmtree(stamp)
            stamp.unlink(missing_ok=True)
            stamp.write_text(f"{received} UTC")


def last_change(folder: str | Path) -> datetime:
    """When the folder or anything in it was changed last, in UTC (without a zone, as nbgrader)."""
    paths = [Path(folder), *Path(folder).rglob("*")]
    latest = max(path.lstat().st_ctime for path in paths)
    return datetime.fromtimestamp(latest, UTC).replace(tzinfo=None)


def _is_plain(folder: Path) -> bool:
    modes = [path.lstat().st_mode for path in folder.rglob("*")]
    return stat.S_ISDIR(folder.lstat().st_mode) and all(
        stat.S_ISREG(mode) or stat.S_ISDIR(mode) for mode in modes
    )


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
