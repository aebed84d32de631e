"""A handed-in notebook is read with patience, and only its answers are kept.

`read` makes the most of whatever file was handed in; `rebuild` puts the text of its answers into
the instructor's notebook. Nothing else of the file survives: no metadata, tag, output, order, test.
"""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from nbformat.notebooknode import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grading.cells import grade_id, is_solution, is_task
from grading.coordinator.answers import Asked, Placed, name_of, place
from grading.coordinator.formerly import under_their_names
from grading.coordinator.reading import (
    Attachments,
    RawCell,
    UnreadableError,
    cells_of_file,
    shown_name,
)
from grading.coordinator.texts import is_answered
from grading.judge import pictures
from grading.verdict import KEY
from helpers.words import count

OWN = "extra-"  # how the ids of the student's own cells begin
MOST_OWN = 50  # code cells of a student's own
LARGEST_PICTURES = 3 << 20  # bytes of a notebook's attached pictures, after they are made anew
MOST_NOTES = 5  # of pictures that are left out
# Colab puts a picture into the text itself.
IN_TEXT = re.compile(r"\]\(data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=\s]+)\)")


@dataclass(frozen=True)
class HandedIn:
    """How a notebook came in and how far its grading got; in the graded notebook's metadata.

    note: what the student should know about the file; problem: why nothing in it could be graded,
    "" where it could; doubt: why a human should look at it, "" where nobody needs to; finished:
    whether it was graded to the end; digest: tells what was handed in from what comes later;
    unsandboxed: whether it ran without a sandbox.
    """

    note: str = ""
    problem: str = ""
    doubt: str = ""
    finished: bool = False
    digest: str = ""
    unsandboxed: bool = False

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


def read(path: str | Path, shown: str = "") -> tuple[NotebookNode | None, str | None]:
    """Reads a handed-in notebook; never raises for a bad file.

    Of each cell only its type, text, attachments and `grade_id` are kept. What there was no room
    for is said in the notebook's metadata (`HandedIn`).

    Args:
        shown: what the file is called in messages, where that isn't its own name.

    Returns:
        (notebook, None), or (None, a sentence for the student).
    """
    try:
        found = cells_of_file(Path(path), shown)
    except UnreadableError as error:
        return None, str(error)
    notebook = new_notebook()
    notebook.cells = [_node(cell) for cell in found.cells]
    HandedIn(doubt=" ".join(found.left_out)).write(notebook)
    return notebook, None


def _node(cell: RawCell) -> NotebookNode:
    # Not nbformat's new_code_cell, which validates: that would be most of the time taken here.
    node = from_dict({"cell_type": cell.kind, "metadata": {}, "source": plain_text(cell.source)})
    if cell.name is not None:
        node.metadata["nbgrader"] = {"grade_id": cell.name}
    if cell.attachments:
        node.attachments = cell.attachments
    return node


def plain_text(source: str) -> str:
    """A cell's text with plain line ends that any file can store."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return source.encode("utf-8", errors="replace").decode("utf-8")  # lone surrogates become "?"


@dataclass(frozen=True)
class Rebuilt:
    """A notebook of the instructor's making with a student's answers in it.

    Attributes:
        answers: the texts of those that aren't as they were handed out, by their names.
        known: how many of the submission's cells are of this notebook, by their name or text.
        notes, doubts: what student and instructor should know of how they were found.
    """

    nb: NotebookNode
    answers: Mapping[str, str]
    known: int
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def rebuild(
    master: NotebookNode,
    submitted: NotebookNode,
    asked: Asked = Asked(),  # noqa: B008 (frozen)
) -> Rebuilt:
    """The instructor's notebook with the student's answers in it.

    The new notebook is in the master's order: every cell of it with nbgrader metadata and every
    markdown cell; the text of each solution cell is the student's (the stub where the submission
    lacks the cell and nothing else defines its names). The instructor's plain code cells (figures),
    which students may edit or delete, are in their places with the student's text. The student's
    own code cells, `MOST_OWN` at most, come each after the cell that it follows in the submission,
    and after a task so do their own texts. A second cell with a solution's name counts as the
    student's own.

    Args:
        master: the instructor's notebook, its solutions replaced by stubs.
        submitted: what `read` returned.
        asked: by what an answer is known that has lost its name.

    Raises:
        UnreadableError: none of the master's solution cells is in the submission, and no cell
            defines what they should define.
    """
    placement = place(master, list(under_their_names(submitted.cells, master)), asked)
    kept = _Kept(master)
    for placed in placement.cells:
        kept.take(placed)
    named = {name: cell for cell in master.cells if is_solution(cell) and (name := grade_id(cell))}
    if named and not kept.texts.keys() & named and not placement.answered_elsewhere:
        raise UnreadableError(
            "This notebook has none of the assignment's answer cells, and no other cell defines "
            "what they should define. Please put your answers into the notebook that you were "
            "given, and hand that in."
        )
    answers = {
        name: text
        for name, text in kept.texts.items()
        if name in named and is_answered(text, named[name].source)
    }
    kept.texts |= dict.fromkeys(placement.answered_elsewhere, "")
    nb = _assemble(master, kept)
    left_out = tuple(filter(None, [HandedIn.of(submitted).doubt, kept.left_out]))
    return Rebuilt(
        nb,
        answers,
        placement.known,
        (*placement.notes, *left_out, *kept.notes[:MOST_NOTES]),
        (*placement.doubts, *left_out),
    )


class _Kept:
    """What is kept of a submission.

    Attributes:
        texts: of the master's cells that students may write, by their names.
        pictures: attached to them.
        extras: the student's own cells, by the name of the master's cell before.
        more: how many code cells of their own there was no room for.
        notes: of pictures that are left out, for the student.
    """

    def __init__(self, master: NotebookNode):
        self.texts: dict[str, str] = {}
        self.pictures: dict[str, Attachments] = {}
        self.extras: dict[str | None, list[NotebookNode]] = {}
        self.notes: list[str] = []
        self._known = {name: cell for cell in master.cells if (name := name_of(cell))}
        self._after: str | None = None
        self._room = LARGEST_PICTURES
        self._own, self.more = 0, 0

    @property
    def left_out(self) -> str:
        """What there was no room for, as a sentence."""
        if not self.more:
            return ""
        return (
            f"Of the code cells that were added to the notebook the first {MOST_OWN} were run; "
            f"{count(self.more, 'cell')} after them {'was' if self.more == 1 else 'were'} left out."
        )

    def take(self, placed: Placed) -> None:
        """Takes the next cell of a submission."""
        name, cell = placed.name, placed.cell
        if name is None:
            self._take_own(cell)
            return
        known = self._known[name]
        self._after = name
        if is_solution(known) or (_is_plain(known) and cell.cell_type == "code"):
            self.texts[name], self.pictures[name] = self._with_pictures(cell)
        elif is_task(known) and cell.source.strip() != known.source.strip():
            self._take_own(cell)  # written into the task's own text

    def _take_own(self, cell: NotebookNode) -> None:
        is_code = cell.cell_type == "code"
        below_task = self._after is not None and is_task(self._known[self._after])
        if not cell.source.strip() or not (is_code or below_task):
            return
        if is_code:
            self._own += 1
            if self._own > MOST_OWN:
                self.more += 1
                return
        text, attached = self._with_pictures(cell)
        own = new_code_cell(text) if is_code else new_markdown_cell(text)
        if attached:
            own.attachments = attached
        self.extras.setdefault(self._after, []).append(own)

    def _with_pictures(self, cell: NotebookNode) -> tuple[str, Attachments]:
        """A cell's text, and what is attached to it: pictures, made anew, while there is room.

        A picture that stands in the text itself becomes one that is attached.
        """
        if cell.cell_type == "code":
            return cell.source, {}
        sent = [
            (plain_text(name), mime, data)
            for name, versions in cell.get("attachments", {}).items()
            for mime, data in versions.items()
        ]

        def attach(found: re.Match[str]) -> str:
            name = f"in-the-text-{len(sent) + 1}"
            sent.append((name, found[1], found[2]))
            return f"](attachment:{name})"

        text = IN_TEXT.sub(attach, cell.source)
        kept: Attachments = {}
        for name, mime, data in sent:
            try:
                kept.setdefault(name, {})[mime] = self._picture(mime, data)
            except pictures.PictureError as error:
                self._room -= error.cost
                self.notes.append(f"What is attached as '{shown_name(name)}' is left out. {error}")
        return text, {name: versions for name, versions in kept.items() if versions}

    def _picture(self, mime: str, data: str) -> str:
        if mime not in pictures.KINDS:
            raise pictures.PictureError("A picture is shown where it is a PNG or JPEG.")
        picture = pictures.remade(mime, data) if self._room > 0 else None
        if picture is None or picture.cost > self._room:
            raise pictures.PictureError(
                "A notebook may hold 3 MB of attached pictures.", picture.cost if picture else 0
            )
        self._room -= picture.cost
        return picture.data


def is_theirs(cell: NotebookNode) -> bool:
    """Whether the text of a rebuilt notebook's cell may be the student's."""
    name = cell.get("id") or ""  # none in a notebook of an older format
    return is_solution(cell) or _is_plain(cell) or name.startswith(OWN)


def _is_plain(cell: NotebookNode) -> bool:
    """Whether a cell of the instructor's is code that nbgrader takes no notice of."""
    return cell.cell_type == "code" and not grade_id(cell)


def _assemble(master: NotebookNode, kept: _Kept) -> NotebookNode:
    metadata = {k: v for k, v in master.metadata.items() if k in ("kernelspec", "language_info")}
    notebook = new_notebook(metadata=metadata)
    taken = {cell.get("id") for cell in master.cells}
    numbers = (n for n in range(1, 1 << 62) if f"{OWN}{n}" not in taken)

    def own(after: str | None) -> list[NotebookNode]:
        cells = kept.extras.get(after, [])
        for cell in cells:
            cell.id = f"{OWN}{next(numbers)}"
        return cells

    notebook.cells += own(None)
    for cell in master.cells:
        name = name_of(cell)
        if name in kept.texts or not _is_plain(cell):
            cell = deepcopy(cell)  # noqa: PLW2901  (the master serves every student)
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            cell.source = kept.texts.get(name or "", cell.source)
            if cell.cell_type == "markdown" and (pictures := kept.pictures.get(name or "")):
                cell.attachments = pictures
            notebook.cells.append(cell)
        notebook.cells += own(name) if name else []
    return notebook
