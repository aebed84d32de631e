"""What holds for all tests."""

import os
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

# Test files run side by side: arithmetic of several threads would wait for processors in vain.
os.environ.setdefault("OMP_NUM_THREADS", "1")

IN_CI = os.environ.get("CI") == "true"
# What takes longest begins first, so that at the end no processor waits for it.
LONGEST = ("test_corpus.py", "test_attacks.py", "test_hub.py", "test_browser.py", "test_farm.py")
LONGEST += ("test_widgets.py", "test_commands.py", "test_courses.py", "test_judge.py")

# In CI the same examples each time, so that a red run has a reason in the commit.
settings.register_profile(
    "suite", deadline=None, max_examples=200, derandomize=IN_CI, database=None
)
# `make fuzz`: many, others each time; what failed is kept, and tried first by the next run.
FUZZ = int(os.environ.get("FUZZ", "0"))
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=100 * max(1, FUZZ),
    derandomize=False,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
    print_blob=True,
)
settings.load_profile("fuzz" if FUZZ else "suite")


def pytest_collection_modifyitems(items):
    """Sorts the longest files to the front."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


def fail_if_skipped(report):
    """In CI everything has to run: a green run without sandbox or browser would show nothing."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {reason(report)}"
    return report


def reason(report):
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return fail_if_skipped((yield))


def pytest_terminal_summary(terminalreporter):
    """Prints what was left out, and what tests leave with `record_property("table", text)`."""
    left_out = Counter(map(reason, terminalreporter.stats.get("skipped", [])))
    if left_out:
        told = "; ".join(f"{number} x {why}" for why, number in left_out.most_common())
        terminalreporter.write_line(f"left out: {told}")
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "table" and report.when == "call":
                    terminalreporter.write_line(f"\n{text}")
