"""What of this machine a sandbox shows: the parts that programs need, each by its name.

Nothing else does: of /usr neither `src` nor `local/share`, where nbgrader's exchange is, no home
directory, no folder of temporary files. What is private and lies in something shown is covered.
"""

import functools
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

SYSTEM = (
    # Programs, libraries, and the headers that `torch.compile` needs.
    *("/bin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec"),
    *("/usr/include", "/usr/local/bin", "/usr/local/include"),
    *("/usr/local/lib", "/usr/local/lib32", "/usr/local/lib64", "/usr/local/libexec"),
    # Of those for administrators one, by which `ctypes.util.find_library` finds libraries.
    *("/sbin/ldconfig", "/usr/sbin/ldconfig"),
    # The linker's and fontconfig's tables; the processors, which libtorch counts; NixOS's system.
    *("/etc/alternatives", "/etc/fonts"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    *("/sys/devices/system/cpu", "/sys/devices/system/node"),
    "/nix/store",
)
# What programs and Python's packages read in /usr/share. No fonts: matplotlib finds its own alone,
# so a fresh HOME costs no search through hundreds of files, and figures look the same everywhere.
SHARES = (
    *("zoneinfo", "zoneinfo-icu", "locale", "i18n", "icu"),  # times, languages
    *("terminfo", "misc", "file", "mime", "fontconfig"),  # terminals, kinds of files
    *("dict", "nltk_data", "proj", "gdal"),  # words, maps
    *(
        "python3",
        "python-wheels",
        "matplotlib",
        "git-core",
    ),  # where a distribution parts them from Python
    *("perl", "perl5", "tcltk", "tcl8.6", "tk8.6", "R", "julia", "octave", "gnuplot"),
)
# The machine's own affairs, most of them for root's eyes: as whom a sandbox runs that root started.
PROC_COVERED = tuple(
    f"/proc/{name}"
    for name in (
        *("kcore", "keys", "kpagecgroup", "kpagecount", "kpageflags", "latency_stats"),
        *("pagetypeinfo", "sched_debug", "slabinfo", "timer_list", "vmallocinfo"),
    )
)
COURSE_MARKS = ("nbgrader_config.py", "gradebook.db")

# {host path: shown there (True), covered (False), or a symbolic link to the path that is given}
View = Mapping[str, bool | str]


def site_packages() -> list[str]:
    """The folders of installed packages that this Python uses, in the order of `sys.path`."""
    return [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]


def python_directories() -> set[str]:
    """What this Python needs in order to run: its programs, libraries and headers (for what is
    compiled against it), not their whole prefix.

    A virtual environment may be the course's own root, and `sys.path` may hold a home directory,
    so neither is taken as it is.
    """
    found = {str(Path(sys.executable).resolve().parent), *site_packages()}
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        found |= {f"{prefix}/{part}" for part in ("bin", "lib", "lib64", "include", "pyvenv.cfg")}
    return {os.path.abspath(path) for path in found if os.path.exists(path)}


def course_roots(*starts: Path) -> set[str]:
    """`starts` and those folders above them that hold a course."""
    above = {folder for start in starts for folder in start.parents}
    courses = {f for f in above if any((f / mark).exists() for mark in COURSE_MARKS)}
    return {str(folder) for folder in courses.union(starts)}


def view(shown: Iterable[str | Path] = (), hidden: Iterable[str | Path] = ()) -> View:
    """What a sandbox shows, in the order in which it has to be made.

    What is needed and lies in a covered folder (the course's own virtual environment, say) is
    shown again on top of the cover: parents come first. All of it is taken by its real path, so
    that a covered folder has no second name.

    Args:
        shown: paths to show beside the system's and Python's.
        hidden: paths to cover where they would show.
    """
    named = frozenset(os.path.abspath(path) for path in shown)
    real = set(_real_paths(named).values())
    # Each submission hides its own folder, most often in nothing that shows: the view is the same.
    covered = {path for path in map(os.path.realpath, hidden) if os.path.exists(path)}
    return _made(named, frozenset(path for path in covered if real & {path, *_above(path)}))


@functools.cache
def _real_paths(shown: frozenset[str]) -> Mapping[str, str]:
    """{path: real path} of all that is to be shown and is there; looked up once in a process."""
    named = {*SYSTEM, *(f"/usr/share/{name}" for name in SHARES), *python_directories(), *shown}
    return {path: os.path.realpath(path) for path in named if os.path.exists(path)}


def _above(path: str) -> Iterable[str]:
    return map(str, Path(path).parents)


@functools.lru_cache(maxsize=64)
def _made(shown: frozenset[str], covered: frozenset[str]) -> View:
    real = _real_paths(shown)
    made: dict[str, bool | str] = {}
    for path in sorted(covered.union(real.values()), key=lambda path: path.split(os.sep)):
        visible = is_visible(path, made)
        if path in covered and visible:
            made[path] = False
        elif path not in covered and not visible:
            made[path] = True
    for path, target in sorted(real.items()):
        if not is_visible(path, made):
            made[path] = target
    link = Path(sys.executable)  # and the links on the way to the program itself
    while link.is_symlink():
        target = os.readlink(link)
        if not is_visible(link, made):
            made[str(link)] = target
        link = link.parent / target
    return made


def is_visible(path: str | Path, made: View) -> bool:
    """Does the nearest of what was `made` at or above `path` show it?"""
    nearest = next((place for place in (str(path), *_above(str(path))) if place in made), None)
    return nearest is not None and made[nearest] is not False
