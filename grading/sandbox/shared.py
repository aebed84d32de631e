"""What all sandboxes of this process show alike, beside the system: copies in a neutral place.

A mount tells where its files lie on the host (/proc/self/mountinfo), and the packages lie in the
course.
"""

import shutil
import threading
from pathlib import Path

from grading.sandbox.bubblewrap import PACKAGES, package_directories
from grading.sandbox.workspace import Workspace

PASSWD = Path(__file__).with_name("passwd")
UNSEEN = shutil.ignore_patterns("unseen")  # digits that only hidden tests may know

_lock = threading.Lock()
_copies: list[Workspace] = []  # one, once it was needed; it goes with this process


def shared_files() -> list[tuple[Path, str]]:
    """Pairs (host path, path inside) of the course's packages and the sandbox's only account."""
    with _lock:
        if not _copies:
            copies = Workspace()
            for name, folder in package_directories().items():
                shutil.copytree(folder, copies.path / "packages" / name, ignore=UNSEEN)
            shutil.copy(PASSWD, copies.path)
            _copies.append(copies)
    path = _copies[0].path
    return [(path / "packages", PACKAGES), (path / PASSWD.name, "/etc/passwd")]
