"""What nbgrader's marks on a cell say: its name, and who writes it."""

from nbformat.notebooknode import NotebookNode


def grade_id(cell: NotebookNode) -> str | None:
    """The name that nbgrader knows a cell by, if it has one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_solution(cell: NotebookNode) -> bool:
    """Whether the student writes this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether this cell is code that decides points and that the student does not write."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def is_locked(cell: NotebookNode) -> bool:
    """Whether this cell is the instructor's code that decides no points."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("locked")) and not marks.get("grade")


def is_task(cell: NotebookNode) -> bool:
    """Whether this text sets a task that students answer in cells of their own below it."""
    return bool(cell.metadata.get("nbgrader", {}).get("task"))


def is_graded_by_hand(cell: NotebookNode) -> bool:
    """Whether a human gives this answer its points."""
    return is_solution(cell) and bool(cell.metadata["nbgrader"].get("grade"))
