"""One notebook to run and judge, as plain data: what a worker is given, does, and gives back.

A worker needs no access to the course's folder or gradebook, only the same packages.
"""

import hashlib
import json
import tempfile
import threading
import weakref
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from traitlets.config import Config, LoggingConfigurable

from grading.judge.judge import Judge
from grading.judge.trusted_client import Worker

_mine = threading.local()


class Bench(LoggingConfigurable):
    """Where a thread judges: an assignment's trusted process, kept for the next submission."""

    def __init__(self, files: dict[str, bytes], **kwargs):
        super().__init__(**kwargs)
        self._folder = tempfile.TemporaryDirectory(prefix="trusted-", ignore_cleanup_errors=True)
        write(files, self._folder.name)
        self._workers: list[Worker] = []
        self.close = weakref.finalize(self, _end, self._workers, self._folder)

    def worker(self) -> Worker:
        """The trusted process; a new one when the last one has died."""
        if not self._workers or not self._workers[-1].alive:
            self._workers[:] = [Worker(self._folder.name)]
        return self._workers[-1]


def _end(workers: list[Worker], folder: tempfile.TemporaryDirectory) -> None:
    for worker in workers:
        worker.kill()
    folder.cleanup()


def write(files: dict[str, bytes], folder: str) -> None:
    """Writes files, given by their paths relative to `folder`."""
    for name, content in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def fingerprint(nb: NotebookNode) -> str:
    """Tells notebooks apart by what runs in them and how it is graded."""
    marks = ("grade_id", "grade", "solution", "locked", "points")
    parts = []
    for cell in nb.cells:
        told = cell.metadata.get("nbgrader", {})
        parts.append([cell.cell_type, cell.source, *(told.get(mark) for mark in marks)])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def bench(job: dict) -> Bench:
    """This thread's place for a job like this one."""
    key = repr((job["names"]["assignment"], job["config"], sorted(job["trusted_files"].items())))
    if getattr(_mine, "key", None) != key:
        if bench := getattr(_mine, "bench", None):
            bench.close()
        _mine.bench, _mine.key = Bench(job["trusted_files"], config=Config(job["config"])), key
    return _mine.bench


def do(job: dict, started=lambda judge: None) -> dict:
    """Runs and judges a notebook.

    Args:
        job: notebook (nbformat as plain data), names (assignment, notebook, student), files and
            trusted_files (path -> bytes: what the student's kernel and the tests see), allowed
            (names that tests may use of a student's), config (of traitlets).
        started: called with the `Judge`, which can be stopped from another thread.

    Returns:
        cells: outputs and execution_count of each; verdicts and notes, see `Judge`.

    Raises:
        SandboxError: there is no sandbox where one was asked for.
    """
    nb = nbformat.from_dict(job["notebook"])
    with tempfile.TemporaryDirectory(prefix="submission-", ignore_cleanup_errors=True) as folder:
        write(job["files"], folder)
        resources = {"metadata": {"path": folder}, "nbgrader": job["names"]}
        judge = Judge(parent=bench(job), allowed=set(job["allowed"]))
        started(judge)
        nb, resources = judge.preprocess(nb, resources)
    return {
        "cells": [
            {key: cell[key] for key in ("outputs", "execution_count")}
            if cell.cell_type == "code"
            else {}
            for cell in nb.cells
        ],
        "verdicts": resources["grading"],
        "notes": resources["grading_notes"],
    }
