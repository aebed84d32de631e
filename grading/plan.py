"""What each test cell of a notebook needs: the instructor's statements, and names of the student's.

Read off the instructor's notebook, with the model's answers. The trusted process runs, in their
order, those statements of the instructor's cells, marked or not, that some test depends on. What
depends on an answer is the student's: of that, tests ask the student's kernel for the value.
"""

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode

from grading.cells import grade_id, is_locked, is_solution, is_test
from grading.magics import as_python
from grading.names import bound_names, free_names
from grading.source import hidden_lines, statements
from grading.statements import EVERYTHING, FUNCTIONS, IMPORTS, Uses, read_first, uses

MARKS = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
INSIDE = "judge-inside"  # the tag of a test cell that runs in the student's kernel
GIVEN = {"display", "get_ipython", "In", "Out", "_", "__", "__file__"}  # by every notebook
BY_TEXT = {"globals", "locals", "vars", "eval", "exec", "dir"}  # what names are given to as texts


@dataclass(frozen=True)
class Step:
    """Something of the instructor's that the trusted process runs.

    Attributes:
        source: its text.
        names: what it defines or changes.
        cell: the name of a locked cell before the first answer, which both processes run; "" for a
            single statement, which may fail: then the student's kernel is asked for the names.
        theirs: an import of a model's answer, which counts where the student has made it, too.
    """

    source: str
    names: tuple[str, ...] = ()
    cell: str = ""
    theirs: bool = False


@dataclass(frozen=True)
class Need:
    """What one test cell needs.

    Attributes:
        source: its text as Python.
        steps: how many of the plan's steps come before it.
        asked: names that the student's kernel is asked for.
        live: those of them that the student's functions change while the test runs.
        known: all names that cells before it define; another one is the test's own mistake.
        unknown: names that it reads and that neither it, nor those cells, nor Python define.
        shared: names that a student's function may read and the test may set.
        hidden: numbers of the lines that students don't see.
        imports: the test's imports, for the answers that follow.
    """

    source: str
    steps: int = 0
    asked: tuple[str, ...] = ()
    live: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()
    imports: str = ""


@dataclass(frozen=True)
class Plan:
    """What the tests of a notebook need; `before`: how many steps precede the first answer."""

    steps: tuple[Step, ...] = ()
    before: int = 0
    tests: dict[str, Need] = field(default_factory=dict)


@dataclass
class _Part:
    """A statement, a set-up cell or a test cell, as it is looked at."""

    step: Step
    uses: Uses | None = None
    owned: bool = True  # by the instructor: it depends on no answer
    test: Need | None = None
    chosen: bool = False


@dataclass
class _Reader:
    """Goes through a notebook from top to bottom."""

    marks: tuple[str, str]
    parts: list[_Part] = field(default_factory=list)
    before: int | None = None
    theirs: set[str] = field(default_factory=set)  # names of the student's
    live: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    calls: dict[str, frozenset[str]] = field(default_factory=dict)  # what functions read

    def read(self, cell: NotebookNode) -> None:
        """Takes the next code cell."""
        if is_solution(cell):
            self._answer(cell.source)
        elif is_test(cell):
            self._test(grade_id(cell) or "", cell.source)
        elif is_locked(cell) and self.before is None:
            self._set_up(grade_id(cell) or "", cell.source)
        else:
            for statement in statements(cell.source):
                self._statement(statement)

    def _answer(self, source: str) -> None:
        if self.before is None:
            self.before = len(self.parts)
        for statement in statements(source):
            found = uses(statement)
            if isinstance(statement, IMPORTS):
                text, names = ast.unparse(statement), tuple(sorted(found.binds))
                theirs = not found.binds <= self.known
                self.parts.append(_Part(Step(text, names, theirs=theirs), found))
                self.modules |= found.binds
            else:
                later = found.changes_later - found.changes
                changed = (found.changes | later) & self.known - self.modules
                self.theirs |= (found.binds | changed) - self.modules
                self.live |= later & (self.known | self.theirs) - self.modules
                self.shared |= found.later - self.modules
            self.known |= found.binds

    def _set_up(self, name: str, source: str) -> None:
        found = [uses(statement) for statement in statements(source)]
        for statement in statements(source):
            self._note(statement)
        names = frozenset[str]().union(*(one.binds for one in found))
        reads = frozenset[str]().union(*(one.reads for one in found))
        empty = frozenset[str]()
        whole = Uses(names, empty, reads, empty, empty)
        step = Step(as_python(source), tuple(sorted(names)), cell=name)
        self.parts.append(_Part(step, whole, chosen=True))

    def _note(self, statement: ast.stmt) -> Uses:
        """Keeps in mind what a statement of the instructor's defines."""
        found = uses(statement)
        if isinstance(statement, IMPORTS):
            self.modules |= found.binds
        for name in found.binds:
            self.calls[name] = found.later
        self.known |= found.binds
        return found

    def _statement(self, statement: ast.stmt) -> None:
        found = uses(statement)
        touched = set(found.now)
        for name in list(touched):
            touched |= self._read_in_calls(name, set())
        owned = not touched & (self.theirs | {"get_ipython"})
        self._note(statement)
        if owned:
            self.theirs -= found.binds  # defined anew
        else:
            self.theirs |= (found.binds | found.changes) - self.modules
        names = tuple(sorted(found.binds | found.changes - self.modules))
        self.parts.append(_Part(Step(ast.unparse(statement), names), found, owned))

    def _unknown(self, source: str) -> set[str]:
        if EVERYTHING in self.known:
            return set()
        given = {*dir(builtins), *GIVEN}
        return _unread(source) - self.known - given

    def _read_in_calls(self, name: str, seen: set[str]) -> set[str]:
        """What a function reads, and those that it calls."""
        for read in self.calls.get(name, frozenset()) - seen:
            seen.add(read)
            self._read_in_calls(read, seen)
        return seen

    def _test(self, name: str, source: str) -> None:
        text = as_python(source)
        hidden = hidden_lines(text, *self.marks)
        body = statements(source)
        seen = [s for s in body if s.lineno not in hidden]
        imports = [ast.unparse(s) for s in seen if isinstance(s, IMPORTS)]
        need = Need(
            source=text,
            asked=tuple(sorted(self.theirs)),
            live=tuple(sorted(self.live & self.theirs)),
            known=tuple(sorted(self.known)),
            unknown=tuple(sorted(self._unknown(text))),
            shared=tuple(sorted(self.shared)),
            hidden=tuple(sorted(hidden)),
            imports="\n".join(imports),
        )
        self.parts.append(_Part(Step("", cell=name), test=need))
        for statement in body:  # for the tests that follow, should this one end before its end
            if isinstance(statement, (*IMPORTS, *FUNCTIONS, ast.ClassDef)):
                found = self._note(statement)
                names = tuple(sorted(found.binds))
                self.parts.append(_Part(Step(ast.unparse(statement), names), found))
            self.known |= _bound(statement)


def _unread(source: str) -> set[str]:
    """The names that a cell reads and neither defines nor imports."""
    try:
        return free_names(source)
    except (SyntaxError, ValueError):
        return set()


def _bound(statement: ast.stmt) -> set[str]:
    return bound_names(ast.unparse(statement))


def plan(solved: NotebookNode, marks: tuple[str, str] = MARKS) -> Plan:
    """What the tests of a notebook need.

    Args:
        solved: the instructor's notebook, with the model's answers.
        marks: what encloses the hidden part of a test cell.
    """
    reader = _Reader(marks)
    for cell in solved.cells:
        if cell.cell_type == "code":
            reader.read(cell)
    _choose(reader.parts)
    before = reader.before if reader.before is not None else len(reader.parts)
    steps: list[Step] = []
    tests: dict[str, Need] = {}
    for number, part in enumerate(reader.parts):
        if part.test:
            reached = _reached(part.test.source, reader.parts[:number])
            asked = reached & set(part.test.asked)
            tests[part.step.cell] = _but(part.test, len(steps), asked)
        elif part.chosen:
            steps.append(part.step)
    first = sum(part.chosen and not part.test for part in reader.parts[:before])
    return Plan(tuple(steps), first, tests)


def _but(need: Need, steps: int, asked: set[str]) -> Need:
    live = tuple(name for name in need.live if name in asked)
    changed = {"steps": steps, "asked": tuple(sorted(asked)), "live": live}
    return Need(**{**vars(need), **changed})


def _choose(parts: Sequence[_Part]) -> None:
    """Chooses the instructor's statements that some test or set-up cell depends on."""
    needed: set[str] = set()
    for part in reversed(parts):
        if part.test:
            needed |= _read_by(part.test.source)
        elif part.uses and part.owned:
            does = part.uses.binds | part.uses.changes
            part.chosen = part.chosen or bool(does & needed) or EVERYTHING in does
            if part.chosen:
                needed |= part.uses.reads


def _reached(source: str, parts: Sequence[_Part]) -> set[str]:
    """The names that a test reads, itself or in what it uses of the instructor's."""
    reached = _read_by(source)
    for part in reversed(parts):
        if (
            part.uses
            and part.owned
            and part.chosen
            and (part.uses.binds | part.uses.changes) & reached
        ):
            reached |= part.uses.reads
    return reached


def _read_by(source: str) -> set[str]:
    try:
        names, tree = free_names(source) | read_first(source), ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    if names & BY_TEXT:
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        names |= {text for text in texts if isinstance(text, str) and text.isidentifier()}
    return names
