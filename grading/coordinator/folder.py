"""A handed-in folder: what must not stay in it."""

import os
import shutil
import stat
from logging import Logger
from pathlib import Path

from nbgrader.utils import parse_utc

LONGEST_TIMESTAMP = 1000  # bytes


def tidy(folder: str, log: Logger) -> None:
    """Removes from a handed-in folder what is no plain file or folder, and an invalid time stamp.

    A link can point anywhere, reading a pipe never ends, and nbgrader gives up on a bad time stamp.
    """
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            mode = os.lstat(path).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or not os.access(path, os.R_OK):
                log.warning("Removing %s: it is a link, a special file, or not readable", path)
                os.remove(path)
    stamp = Path(folder) / "timestamp.txt"
    if stamp.is_dir():
        log.warning("Removing %s: it is a folder", stamp)
        shutil.rmtree(stamp)
    elif stamp.exists() and not _is_time(stamp):
        log.warning("Removing %s: it holds no date and time", stamp)
        stamp.unlink()


def _is_time(stamp: Path) -> bool:
    try:
        if stamp.stat().st_size > LONGEST_TIMESTAMP:
            return False
        parse_utc(stamp.read_text().strip())
    except Exception:  # whatever dateutil makes of it, nbgrader would fail, too
        return False
    return True
