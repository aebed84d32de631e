"""What of the log is shown on a terminal."""

import io
import logging

import nbgrader.converters.base
from tqdm import tqdm

from grading.plugins.log import Console

BASE = nbgrader.converters.base.__file__


class Terminal(io.StringIO):
    def isatty(self):
        return True


def record(message, level=logging.INFO, path=BASE):
    return logging.LogRecord("AutogradeApp", level, path, 1, message, None, None)


def shown(level, *records):
    stream = io.StringIO()
    console = Console(stream)
    console.setLevel(level)
    for one in records:
        console.handle(one)
    return stream.getvalue().splitlines()


def test_lines_about_everybody_are_for_debugging():
    lines = [
        record("Converting notebook a"),
        record("Removing existing assignment: a", logging.WARNING),
        record("Canceled", logging.ERROR),
        record("Ours", path=__file__),
    ]
    assert shown(logging.INFO, *lines) == ["Canceled", "Ours"]
    assert len(shown(logging.DEBUG, *lines)) == len(lines)


def test_a_line_stands_above_the_bar():
    terminal = Terminal()
    console = Console(terminal)
    with tqdm(total=2, file=terminal) as bar:
        console.handle(record("Ours", path=__file__))
        bar.update()
    line = next(line for line in terminal.getvalue().split("\n") if "Ours" in line)
    assert line.rpartition("\r")[2].strip() == "Ours"
