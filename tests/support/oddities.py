"""What nobody hands in on purpose, and some do: names, files and notebooks drawn at random."""

import json
import os
import stat
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

# ---- names --------------------------------------------------------------------------------------

LONGEST = 255  # bytes of a file's name
KNOWN = "toy.ipynb|TOY.IPYNB|toy (1).ipynb|toy.ipynb.zip|toy.zip|toy.json|course.py|timestamp.txt"
KNOWN += "|submission_secret.txt|.ipynb_checkpoints|__pycache__|torch.py|sitecustomize.py|toy"
STRANGE = ["-rf", "--force", "=cmd()", "a b", "a\nb", "\x1b[2J", "x\u202ey", "*", "[a]", "%s{}"]
STRANGE += ["~", "$HOME", ".hidden", "a+b", "a+toy+b", "n" * 255, "ж" * 127, "é", "e\u0301", "ﬀ"]
STRANGE += ["'", '"', "<b>", "a\tb", "\u2028", "con", "\\", "..\\up", "x..", "\udcff", " "]


def as_name(raw: bytes) -> bytes:
    """Bytes as the name of a file."""
    name = raw.replace(b"/", b"_").replace(b"\0", b"_")[:LONGEST]
    return name if name.strip(b".") else name + b"_"


letters = st.sampled_from("aZ09_-+@. \n\x1b\u202e\u200b\ud800é字'\"<&%{*[") | st.characters()
texts = st.text(letters, min_size=1, max_size=30)
names = st.one_of(
    st.from_regex(r"\A[a-z][\w.@+-]{0,12}\Z"),
    st.sampled_from(STRANGE),
    texts,
    st.integers(100, LONGEST).map(lambda size: "n" * size),
).map(lambda text: as_name(text.encode("utf-8", "surrogatepass")))
names |= st.binary(min_size=1, max_size=40).map(as_name)
of_files = st.sampled_from(KNOWN.split("|")).map(str.encode) | names


# ---- what is in a folder ------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A plain file; content None: a solved notebook; `hole`: bytes that follow and weigh nothing"""

    content: bytes | None
    mode: int = 0o644
    hole: int = 0


@dataclass(frozen=True)
class Link:
    target: bytes


@dataclass(frozen=True)
class Special:
    kind: int


@dataclass(frozen=True)
class Deep:
    """Folders in one another."""

    levels: int
    name: bytes = b"deep" * 8


@dataclass(frozen=True)
class Folder:
    entries: tuple[tuple[bytes, Any], ...]
    mode: int = 0o755


@dataclass(frozen=True)
class Odd:
    """What a folder holds of somebody: a name, and what bears it."""

    name: bytes
    node: Any


TARGETS = [b".", b"..", b"toy.ipynb", b"/etc/passwd", b"/dev/zero", b"/proc/self/environ", b"none"]
TARGETS += [b"../../a_honest/toy/toy.ipynb", b"../a_honest", b"../../../source/toy/toy.ipynb"]
TARGETS += [b"../../../gradebook.db", b"../../a_honest/toy", b"../../source/toy"]
STAMPS = ["", "2026-11-01 10:00:00 UTC", "0001-01-01", "9999-12-31 23:59:59 -1200", "tomorrow"]
STAMPS += ["99999999999999999999", "2026-11-01 10:00:00 \udcff", "NaN", "1 " * 600]
HOLES = [0, 0, 1 << 20, 90_000_000, 300_000_000, 1 << 40]

stamps = (st.sampled_from(STAMPS) | texts).map(lambda text: text.encode("utf-8", "surrogatepass"))
files = st.builds(
    File,
    st.none() | st.binary(max_size=50) | stamps,
    st.sampled_from([0o644, 0o644, 0, 0o200, 0o4755, 0o1777]),
    st.sampled_from(HOLES),
)
leaves = st.one_of(
    st.just(File(None)),
    files,
    st.builds(Link, st.sampled_from(TARGETS) | names),
    st.builds(Special, st.sampled_from([stat.S_IFIFO, stat.S_IFSOCK])),
    st.builds(Deep, st.sampled_from([3, 12, 150])),
)


def folders(inner: Any) -> Any:
    """Folders that hold what `inner` draws, under any names."""
    entries = st.lists(st.tuples(of_files, inner), max_size=4).map(tuple)
    return st.builds(Folder, entries, st.sampled_from([0o755, 0o755, 0o755, 0, 0o300, 0o1777]))


trees = folders(st.recursive(leaves, folders, max_leaves=6))
submissions = st.one_of(  # trees as often as all others
    trees.map(lambda tree: Folder(((b"toy", tree),))),
    st.builds(lambda node: Folder(((b"toy", node),)), leaves),
    leaves,
)
odd_ones = st.builds(Odd, names, submissions)


def make(name: bytes, node: Any, place: int, notebook: bytes) -> None:
    """Makes what `node` describes, in a folder given as a descriptor; a name that's taken stays."""
    try:
        if isinstance(node, Link):
            os.symlink(node.target, name, dir_fd=place)
        elif isinstance(node, Special):
            os.mknod(name, node.kind | 0o644, dir_fd=place)
        elif isinstance(node, File):
            _write(name, node, place, notebook)
        elif isinstance(node, Deep):
            entries = ((node.name, Deep(node.levels - 1, node.name)),) if node.levels else ()
            _make_folder(name, Folder(entries), place, notebook)
        else:
            _make_folder(name, node, place, notebook)
    except FileExistsError:
        return


def _write(name: bytes, node: File, place: int, notebook: bytes) -> None:
    number = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=place)
    with open(number, "wb") as file:
        content = notebook if node.content is None else node.content
        file.write(content)
        file.truncate(len(content) + node.hole)
        os.fchmod(number, node.mode)


def _make_folder(name: bytes, node: Folder, place: int, notebook: bytes) -> None:
    os.mkdir(name, dir_fd=place)
    below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=place)
    try:
        for inner, entry in node.entries:
            make(inner, entry, below, notebook)
        os.fchmod(below, node.mode)
    finally:
        os.close(below)


# ---- notebooks ----------------------------------------------------------------------------------

# In a text these stand for what is too large to be drawn or shown.
LARGE = {
    '"<long>"': f'"{"x" * 3_000_000}"',
    '"<deep>"': "[" * 100_000 + "]" * 100_000,
    '"<deep object>"': '{"cells":' * 20_000 + "0" + "}" * 20_000,
    '"<many>"': f"[{'{},' * 50_000}0]",
    '"<number>"': "9" * 100_000,
}
WORDS = [
    "cells",
    "cell_type",
    "source",
    "metadata",
    "nbgrader",
    "grade_id",
    "id",
    "code",
    "outputs",
]
WORDS += ["points", "solution", "schema_version", "test-double", "double", "worksheets", "input"]
words = st.sampled_from([*WORDS, *(name.strip('"') for name in LARGE)]) | texts
scalars = (
    st.sampled_from([None, True, -1, 0, 4, 10**400, float("nan"), float("-inf"), 1e308]) | words
)
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True)
class Edit:
    """A change of a tree of JSON: of the node at `where` of all nodes, both counted round."""

    kind: str
    where: int
    other: int
    value: Any

    def of(self, tree: Any) -> Any:
        places = list(_places(tree))
        if not places:
            return self.value
        holder, key = places[self.where % len(places)]
        there, key_there = places[self.other % len(places)]
        if self.kind == "delete":
            del holder[key]
        elif self.kind == "wrap":
            holder[key] = {str(self.value): [holder[key]]}
        elif self.kind == "copy":
            there[key_there] = json.loads(json.dumps(holder[key]))
        elif self.kind == "again" and isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        elif self.kind == "swap" and isinstance(holder, list) and holder is there:
            holder[key], there[key_there] = there[key_there], holder[key]
        else:
            holder[key] = self.value
        return tree


def _places(tree: Any) -> Any:
    """Where the nodes of a tree are: the list or object that holds one, and its index or key."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from _places(tree[key])


@dataclass(frozen=True)
class Cut:
    """A change of bytes: `size` of them, at a thousandth of the whole, become `new` ones."""

    where: int
    size: int
    new: bytes

    def of(self, content: bytes) -> bytes:
        start = len(content) * self.where // 1000
        return content[:start] + self.new + content[start + self.size :]


@dataclass(frozen=True)
class Mutant:
    """A notebook that isn't what it was."""

    edits: tuple[Edit, ...]
    encoding: str
    cuts: tuple[Cut, ...]

    def of(self, notebook: bytes) -> bytes:
        tree = json.loads(notebook)
        for edit in self.edits:
            tree = edit.of(tree)
        text = json.dumps(tree, ensure_ascii=len(self.edits) % 2 == 0)
        for name, large in LARGE.items():
            text = text.replace(name, large, 1).replace(name, '""')
        content = text.encode(
            self.encoding, "surrogatepass" if "utf" in self.encoding else "replace"
        )
        for cut in self.cuts:
            content = cut.of(content)
        return content


KINDS = ["replace", "replace", "delete", "wrap", "copy", "again", "swap"]
edits = st.builds(Edit, st.sampled_from(KINDS), st.integers(0, 999), st.integers(0, 999), any_json)
cuts = st.builds(
    Cut,
    st.integers(0, 1000),
    st.sampled_from([0, 1, 1, 2, 100, 1 << 30]),
    st.binary(max_size=4)
    | st.sampled_from([b"\0" * 100, b"\xef\xbb\xbf", b"\xff\xfe", b"{", b'"']),
)
ENCODINGS = ["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1"]
mutants = st.builds(
    Mutant,
    st.lists(edits, max_size=4).map(tuple),
    st.sampled_from(ENCODINGS),
    st.lists(cuts, max_size=2).map(tuple),
)
