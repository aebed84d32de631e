"""Which cell of a submission is which of the instructor's, also where a cell has lost its name.

Editors strip metadata, students cut, paste, split and merge cells. A cell without a name is known
by its text, or by the names that it defines: what defines an answer's names is that answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode, from_dict

from grading.cells import grade_id, is_graded_by_hand, is_solution, is_test
from grading.coordinator.reading import shown_name
from grading.coordinator.texts import DEFINITION, defined_names, is_answered

LONGEST = 100_000  # characters of a cell that are looked into
SHORTEST_PROSE = 12  # characters of a text that is known by itself in the middle of a cell


@dataclass(frozen=True)
class Asked:
    """What is known of an assignment beside its cells.

    Attributes:
        names: of each answer, what the tests read of it.
        texts: of each cell as it was handed out, where that differs from the instructor's.
    """

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """A cell of a submission, and which of the instructor's it is; None: the student's own."""

    cell: NotebookNode
    name: str | None


@dataclass(frozen=True)
class Placement:
    """What was made of a submission's cells.

    Attributes:
        cells: all but untouched copies, in the submission's order.
        known: how many of them are the instructor's by their name or text.
        answered_elsewhere: answers that are missing, while other cells define their names.
        notes, doubts: what student and instructor should know of it, as sentences.
    """

    cells: tuple[Placed, ...]
    known: int
    answered_elsewhere: frozenset[str]
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def name_of(cell: NotebookNode) -> str | None:
    """What a cell is known by: its grade_id, or its id."""
    return grade_id(cell) or cell.get("id")


def place(master: NotebookNode, submitted: Sequence[NotebookNode], asked: Asked) -> Placement:
    """Says of each cell of a submission which of the master's it is.

    Args:
        master: the instructor's notebook, with stubs in place of answers.
    """
    search = _Search(master, asked)
    search.read(submitted)
    for cell in master.cells:
        if is_solution(cell) and (name := grade_id(cell)):
            search.find(name)
    return search.result()


class _Search:
    def __init__(self, master: NotebookNode, asked: Asked):
        self._known = {name: cell for cell in master.cells if (name := name_of(cell))}
        self._order = {name: number for number, name in enumerate(self._known)}
        self._texts = {
            name: asked.texts.get(name, cell.source).strip() for name, cell in self._known.items()
        }
        self._stubs = {self._texts[n] for n, cell in self._known.items() if is_solution(cell)}
        self._tests = _tests_of_answers(master)
        self._wanted = asked.names
        self._cells: list[Placed] = []
        self._read = 0  # cells that are known by their name or text
        self._elsewhere: set[str] = set()
        self._notes: list[str] = []
        self._doubts: list[str] = []

    def result(self) -> Placement:
        cells = tuple(
            placed
            for placed in self._cells
            # The copy of a stub answers nothing, and would undo what other cells define.
            if placed.name or not self._is_stub(placed.cell)
        )
        elsewhere = frozenset(self._elsewhere)
        return Placement(cells, self._read, elsewhere, tuple(self._notes), tuple(self._doubts))

    def _is_stub(self, cell: NotebookNode) -> bool:
        return any(not is_answered(cell.source, stub) for stub in self._stubs)

    # ---- cells that are known by their name or text ---------------------------------------------

    def read(self, submitted: Sequence[NotebookNode]) -> None:
        """Takes the cells of a submission, each by its name or its text."""
        there = {name for cell in submitted if (name := name_of(cell)) in self._known}
        seen: set[str] = set()
        place = -1  # in the master, of the last cell that is known
        for cell in self._apart(submitted, there):
            name = name_of(cell)
            if name not in self._known:
                same = [n for n in self._same(cell) if n not in there | seen]
                name = next((n for n in same if self._order[n] > place), same[0] if same else None)
            if name is None or name not in self._known or self._is_theirs(name, cell, seen):
                self._cells.append(Placed(cell, None))
                continue
            seen.add(name)
            place = self._order[name]
            self._cells.append(Placed(cell, name))
        self._read = len(seen)

    def _same(self, cell: NotebookNode) -> list[str]:
        """The instructor's cells that have this text."""
        text = cell.source.strip()
        same = [name for name, other in self._texts.items() if text and text == other]
        return [name for name in same if self._known[name].cell_type == cell.cell_type]

    def _is_theirs(self, name: str, cell: NotebookNode, seen: set[str]) -> bool:
        """Whether a cell with the name of one of the instructor's is the student's own all the
        same: the second copy of an answer or a figure, a text that was turned into code."""
        known = self._known[name]
        if is_solution(known) or (known.cell_type == "code" and not grade_id(known)):
            return name in seen
        return known.cell_type == "markdown" and cell.cell_type == "code"

    def _apart(self, submitted: Sequence[NotebookNode], there: set[str]) -> Iterator[NotebookNode]:
        """The cells, what is the instructor's taken out of those that were merged with others."""
        present = {cell.source.strip() for cell in submitted}
        theirs = {n: t for n, t in self._texts.items() if not is_solution(self._known[n])}
        lost = [
            text
            for name, text in theirs.items()
            if self._known[name].cell_type == "markdown" and len(text) >= SHORTEST_PROSE
            if text not in present
        ]
        for cell in submitted:
            name = name_of(cell)
            own = theirs.get(name or "", "")
            rest = cell.source
            for text in filter(None, [own, *lost]) if rest.strip() != own else ():
                # Whole lines only: a sentence that somebody quotes is a part of their answer.
                rest = f"\n{rest}\n".replace(f"\n{text}\n", "\n")[1:-1]
            if rest == cell.source:
                yield cell
            elif not own:
                yield from_dict({**cell, "source": rest})
            else:
                kind = self._known[name or ""].cell_type
                two = [
                    from_dict({**cell, "cell_type": kind, "source": own}),
                    from_dict({"cell_type": cell.cell_type, "metadata": {}, "source": rest}),
                ]
                yield from two if cell.source.strip().startswith(own) else reversed(two)

    # ---- answers that are known by what they define ---------------------------------------------

    def find(self, answer: str) -> None:
        """Looks for the cell that is `answer` where that is missing, or as it was handed out."""
        wanted = self._wanted.get(answer, frozenset())
        by_name = [placed for placed in self._cells if placed.name == answer]
        if any(self._is_answered(placed) for placed in by_name):
            return
        if not wanted:
            if not by_name and is_graded_by_hand(self._known[answer]):
                self._find_by_place(answer)
            return
        given = {n: defined & wanted for n, defined in self._defined(wanted) if defined & wanted}
        own = {n: names for n, names in given.items() if not self._is_solution(n)}
        if not own:
            if given:
                self._elsewhere.add(answer)
            elif place := self._mentioned(wanted):
                self._doubts.append(f"`{answer}` is missing; is it what {place} holds?")
            return
        tests = [n for n, p in enumerate(self._cells) if p.name in self._tests.get(answer, ())]
        in_time = [n for n in own if n <= min(tests, default=len(self._cells))]
        chosen = max(in_time or own)
        told = ", ".join(f"`{name}`" for name in sorted(own[chosen]))
        if not by_name:
            self._notes.append(
                f"The cell of the answer `{answer}` has lost its name. The cell that defines "
                f"{told} was graded in its place."
            )
        if there := self._cells[chosen].name:
            self._doubts.append(f"`{answer}`: {told} is defined in the cell `{there}`.")
        if not in_time:
            self._doubts.append(f"`{answer}`: {told} is defined after the test that needs it.")
        if missing := wanted - set().union(*given.values()):
            told = ", ".join(f"`{name}`" for name in sorted(missing))
            self._doubts.append(f"`{answer}` has lost its name, and no cell defines {told}.")
        code = from_dict({**self._cells[chosen].cell, "cell_type": "code"})
        self._cells[chosen] = Placed(code, answer)
        self._cells = [p for p in self._cells if p not in by_name]

    def _is_solution(self, number: int) -> bool:
        """Whether a cell is one of the answers, by its name."""
        name = self._cells[number].name
        return name is not None and is_solution(self._known[name])

    def _mentioned(self, wanted: Iterable[str]) -> str:
        """The text in which something is defined that no code defines, in words; "" for none."""
        for placed in self._cells:
            text = placed.cell.source
            if placed.cell.cell_type == "code" or len(text) > LONGEST:
                continue
            changed = text.strip() != self._texts.get(placed.name or "")
            if changed and set(DEFINITION.findall(text)) & set(wanted):
                return f"a text that begins with '{shown_name(text.strip())}'"
        return ""

    def _find_by_place(self, answer: str) -> None:
        """Takes for an answer that defines nothing what is in its place between its neighbours."""
        before, after, kind = -1, len(self._cells), self._known[answer].cell_type
        for n, placed in enumerate(self._cells):
            if placed.name and self._order[placed.name] < self._order[answer]:
                before = n
            elif placed.name:
                after = min(after, n)
        there = [
            n
            for n in range(before + 1, after)
            if self._cells[n].cell.cell_type == kind and self._cells[n].cell.source.strip()
        ]
        if there and (before >= 0 or after < len(self._cells)):
            self._cells[there[0]] = Placed(self._cells[there[0]].cell, answer)
            self._doubts.append(
                f"The cell of the answer `{answer}` has lost its name; the one in its place was "
                "taken for it."
            )

    def _is_answered(self, placed: Placed) -> bool:
        return is_answered(placed.cell.source, self._texts[placed.name or ""])

    def _defined(self, wanted: Iterable[str]) -> Iterator[tuple[int, set[str]]]:
        """What the cells define that the student has written in: (number of the cell, names)."""
        for number, placed in enumerate(self._cells):
            text = placed.cell.source
            handed_out = self._stubs | {self._texts.get(placed.name or "", "")}
            if len(text) > LONGEST or text.strip() in handed_out:
                continue
            if any(name in text for name in wanted):
                yield number, defined_names(text, placed.cell.cell_type == "code")


def _tests_of_answers(master: NotebookNode) -> dict[str, list[str]]:
    """{answer: the tests between it and the next answer}."""
    found: dict[str, list[str]] = {}
    answer = None
    for cell in master.cells:
        name = grade_id(cell)
        if name and is_solution(cell):
            answer = name
        elif name and answer and is_test(cell):
            found.setdefault(answer, []).append(name)
    return found
