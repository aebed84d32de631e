"""What *Validate* says of a cell that failed: which, and why, in the first line.

For the nbgrader_config.py that students' JupyterLab reads (docs/hub.md):

    c.Execute.timeout = 300
    c.Execute.on_cell_error = ShortErrors(c.Execute.timeout, compute_checksum)
"""

import os
from collections.abc import Callable
from typing import Any

TIME_OUT = "CellTimeoutError"  # as nbgrader calls it


class ShortErrors:
    """Has nbgrader's dialog begin with what matters, where it shows the source of the test cell.

    Only *Validate* is changed. The notebook that it runs is a copy of the student's.

    Args:
        seconds: how long a cell may take, for the sentence that says so.
        checksum: nbgrader's (`nbgrader.utils.compute_checksum`), which tells a changed cell.
    """

    def __init__(self, seconds: int, checksum: Callable[[Any], str]):
        self._seconds, self._checksum = seconds, checksum
        self._stopped = ""  # the first cell that took too long

    def __call__(self, cell: Any, cell_index: int, execute_reply: dict[str, Any]) -> None:
        """Rewrites what a failed cell will be shown as; nbclient calls it (`on_cell_error`)."""
        if os.environ.get("NBGRADER_EXECUTION") != "validate":
            return
        facts = cell.metadata.get("nbgrader", {})
        name = facts.get("grade_id", f"cell {cell_index + 1}")
        if execute_reply["content"]["ename"] == TIME_OUT and not self._stopped:
            self._stopped = name
        if not facts.get("grade"):
            return
        self._show_as(cell, f"{name} ({facts['points']:g} points)")
        if self._stopped:
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [self._late, *output.traceback]

    @property
    def _late(self) -> str:
        return (
            f"A time-out, and no mistake that was found: `{self._stopped}` was stopped after\n"
            f"{self._seconds} seconds, and this test comes after it. Where the machine is busy,\n"
            "press Validate again later, or submit: grading gives a cell more time.\n"
        )

    def _show_as(self, cell: Any, text: str) -> None:
        """Puts a text in the place of a cell's source; a cell that the student changed stays."""
        facts = cell.metadata.nbgrader
        if facts.get("checksum") == self._checksum(cell):
            cell.source = text
            facts["checksum"] = self._checksum(cell)
