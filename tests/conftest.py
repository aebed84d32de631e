"""What holds for all tests."""

import os

# Test files run side by side: arithmetic of several threads would wait for processors in vain.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_terminal_summary(terminalreporter):
    """Prints what tests leave with `record_property("table", text)`."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "table" and report.when == "call":
                    terminalreporter.write_line(f"\n{text}")
