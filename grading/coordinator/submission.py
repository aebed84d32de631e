"""A handed-in notebook is read with patience, and only its answers are kept.

`read` makes the most of whatever file was handed in; `rebuild` puts the text of its answers into
the instructor's notebook. Nothing else of the file survives: no metadata, tag, output, order, test.
"""

import json
import stat
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from nbformat.notebooknode import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_notebook

from grading.cells import grade_id, is_solution
from grading.coordinator.formerly import under_their_names
from grading.verdict import KEY

LARGEST = 64 << 20  # bytes; a notebook full of pictures has a few million
AGAIN = "Please open your notebook in JupyterLab, save it, and hand in that file again."


@dataclass(frozen=True)
class HandedIn:
    """How a notebook came in and how far its grading got; in the graded notebook's metadata.

    note: what the student should know about the file; problem: why nothing in it could be graded,
    "" where it could; finished: whether it was graded to the end; digest: tells what was handed in
    from what comes later.
    """

    note: str = ""
    problem: str = ""
    finished: bool = False
    digest: str = ""

    def write(self, nb: NotebookNode) -> None:
        """Puts this into a notebook's metadata."""
        nb.metadata[KEY] = asdict(self)

    @classmethod
    def of(cls, nb: NotebookNode) -> Self:
        """What a notebook's metadata hold."""
        return cls(**nb.metadata.get(KEY, {}))

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """What a graded notebook's metadata hold; nothing where it can't be read."""
        try:
            with open(path, encoding="utf-8") as file:
                return cls(**json.load(file)["metadata"][KEY])
        except (OSError, ValueError, LookupError, TypeError):
            return cls()


class UnreadableError(Exception):
    """The file holds no notebook; the message tells the student why and what to do."""


def read(path: str | Path) -> tuple[NotebookNode | None, str | None]:
    """Reads a handed-in notebook; never raises for a bad file.

    UTF-8 with or without a byte order mark, UTF-16, any line ends, any nbformat version and missing
    metadata are all understood. Of each cell only its type, text and `grade_id` are kept.

    Returns:
        (notebook, None), or (None, a sentence for the student).
    """
    try:
        return _notebook(_parse(_text(Path(path)))), None
    except UnreadableError as error:
        return None, str(error)


def _text(path: Path) -> str:
    try:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableError(f"{path.name} is a folder and not a notebook. {AGAIN}")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(f"{path.name} is a link or a device and not a notebook. {AGAIN}")
        if status.st_size > LARGEST:
            raise UnreadableError(
                f"{path.name} is larger than {LARGEST >> 20} MiB. Please choose 'Clear Outputs of "
                "All Cells' in JupyterLab, save, and hand in the notebook again."
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableError(
            f"No notebook {path.name} was handed in. Please hand in the notebook that you were "
            "given, under its own name."
        ) from None
    except OSError as error:
        raise UnreadableError(f"{path.name} cannot be read ({error.strerror}). {AGAIN}") from None
    if not raw.strip(b"\0 \t\r\n"):
        raise UnreadableError(f"{path.name} is empty. {AGAIN}")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    return raw.decode("utf-8-sig", errors="replace")


def _parse(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableError(
            f"The file is damaged: it is not valid JSON{where}. {AGAIN}"
        ) from None
    if not isinstance(data, dict):
        raise UnreadableError(f"The file holds data, but no notebook. {AGAIN}")
    return data


def _notebook(data: dict[str, Any]) -> NotebookNode:
    cells = data.get("cells")
    if cells is None and isinstance(data.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in data["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise UnreadableError(f"The file is JSON, but not a notebook: it has no cells. {AGAIN}")
    notebook = new_notebook()
    notebook.cells = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    return notebook


def _cell(data: dict[str, Any]) -> NotebookNode:
    kind = data.get("cell_type")
    source = plain_text(data.get("source", data.get("input")))
    # Not nbformat's new_code_cell, which validates: that would be most of the time taken here.
    cell = from_dict(
        {
            "cell_type": kind if kind in ("code", "raw") else "markdown",
            "metadata": {},
            "source": source,
        }
    )
    name = _dict(_dict(data.get("metadata")).get("nbgrader")).get("grade_id")
    if not isinstance(name, str):
        name = data.get("id")  # the cells of the course bear their grade_id as id, too
    if isinstance(name, str):
        cell.metadata["nbgrader"] = {"grade_id": name}
    return cell


def plain_text(source: object) -> str:
    """A cell's text as one string with plain line ends that any file can store."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return source.encode("utf-8", errors="replace").decode("utf-8")  # lone surrogates become "?"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def rebuild(master: NotebookNode, submitted: NotebookNode) -> NotebookNode:
    """The instructor's notebook with the student's answers in it.

    Args:
        master: the instructor's notebook, its solutions replaced by stubs.
        submitted: what `read` returned.

    Returns:
        A new notebook in the master's order: every cell of it with nbgrader metadata and every
        markdown cell; the text of each solution cell is the student's (the stub where the
        submission lacks the cell). The instructor's plain code cells (figures), which students may
        edit or delete, are in their places with the student's text. The student's own code cells
        come each after the cell that it follows in the submission. A second cell with a solution's
        name counts as the student's own.

    Raises:
        UnreadableError: none of the master's solution cells is in the submission.
    """
    kept = _Kept(master)
    for cell in under_their_names(submitted.cells, master):
        kept.take(cell)
    named = [cell for cell in master.cells if grade_id(cell) and is_solution(cell)]
    if named and not any(grade_id(cell) in kept.texts for cell in named):
        raise UnreadableError(
            "This notebook has none of the assignment's answer cells. Please put your answers into "
            "the notebook that you were given (do not copy its cells elsewhere) and hand that in."
        )
    return _assemble(master, kept)


class _Kept:
    """What is kept of a submission.

    Attributes:
        texts: of the master's cells that students may write, by their names.
        extras: texts of the student's own code cells, by the name of the master's cell before.
    """

    def __init__(self, master: NotebookNode):
        self.texts: dict[str, str] = {}
        self.extras: dict[str | None, list[str]] = {}
        self._known = {name: cell for cell in master.cells if (name := _name(cell))}
        self._plain = {name: cell for name, cell in self._known.items() if _is_plain(cell)}
        self._after: str | None = None

    def take(self, cell: NotebookNode) -> None:
        """Takes the next cell of a submission."""
        name = self._place(cell)
        known = self._known.get(name) if name else None
        if name is None or known is None or name in self.texts or _is_turned(known, cell):
            if cell.cell_type == "code" and cell.source.strip():
                self.extras.setdefault(self._after, []).append(cell.source)
            return
        if is_solution(known) or (_is_plain(known) and cell.cell_type == "code"):
            self.texts[name] = cell.source
        self._after = name

    def _place(self, cell: NotebookNode) -> str | None:
        """The name of the master's cell that this one is: by its name, or by a figure's text."""
        name = _name(cell)
        if name in self._known or cell.cell_type != "code":
            return name
        same = [n for n, plain in self._plain.items() if plain.source == cell.source]
        return next((n for n in same if n not in self.texts), name)


def _name(cell: NotebookNode) -> str | None:
    return grade_id(cell) or cell.get("id")


def _is_plain(cell: NotebookNode) -> bool:
    """Whether a cell of the instructor's is code that nbgrader takes no notice of."""
    return cell.cell_type == "code" and not grade_id(cell)


def _is_turned(known: NotebookNode, cell: NotebookNode) -> bool:
    """Whether a student has turned a text of the instructor's into code of their own."""
    turned = known.cell_type == "markdown" and cell.cell_type == "code"
    return turned and not is_solution(known)


def _assemble(master: NotebookNode, kept: _Kept) -> NotebookNode:
    metadata = {k: v for k, v in master.metadata.items() if k in ("kernelspec", "language_info")}
    notebook = new_notebook(metadata=metadata)
    taken = {cell.get("id") for cell in master.cells}
    numbers = (n for n in range(1, 1 << 62) if f"extra-{n}" not in taken)

    def own(after: str | None) -> list[NotebookNode]:
        texts = kept.extras.get(after, [])
        return [new_code_cell(text, id=f"extra-{next(numbers)}") for text in texts]

    notebook.cells += own(None)
    for cell in master.cells:
        name = _name(cell)
        if name in kept.texts or not _is_plain(cell):
            cell = deepcopy(cell)  # noqa: PLW2901  (the master serves every student)
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            cell.source = kept.texts.get(name or "", cell.source)
            notebook.cells.append(cell)
        notebook.cells += own(name) if name else []
    return notebook
