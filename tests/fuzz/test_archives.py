"""Whatever a learning system's archive holds, `nbgrader zip_collect` takes or names each file."""

import io
import re
import tarfile
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from fuzzing import HONEST, ODD, OF_AN_HONEST_ONE, dear, words
from hypothesis import given, strategies as st
from oddities import Cut, cuts, texts

from grading.plain import plain_line

LINK, PIPE = 0o120777, 0o010644
BOMB = 20 << 20  # bytes


@dataclass(frozen=True)
class Member:
    """A file in an archive: what it is called and holds; None: a solved notebook."""

    name: str
    content: Any
    method: int = zipfile.ZIP_DEFLATED
    mode: int = 0o644
    encrypted: bool = False


@dataclass(frozen=True)
class Archive:
    """An archive, perhaps damaged."""

    members: tuple[Member, ...]
    damage: tuple[Cut, ...] = ()
    is_tar: bool = False

    def of(self, notebook: bytes) -> bytes:
        """The bytes of the archive."""
        file = io.BytesIO()
        (self._tar if self.is_tar else self._zip)(file, notebook)
        content = file.getvalue()
        for cut in self.damage:
            content = cut.of(content)
        return content

    def _zip(self, file: io.BytesIO, notebook: bytes) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for member in self.members:
                info = zipfile.ZipInfo(member.name)
                info.external_attr, info.compress_type = member.mode << 16, member.method
                archive.writestr(info, content_of(member, notebook))
                info.flag_bits |= member.encrypted

    def _tar(self, file: io.BytesIO, notebook: bytes) -> None:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for member in self.members:
                info, content = tarfile.TarInfo(member.name), content_of(member, notebook)
                info.size = len(content)
                info.type = {LINK: tarfile.SYMTYPE, PIPE: tarfile.FIFOTYPE}.get(
                    member.mode, tarfile.REGTYPE
                )
                info.linkname = "/etc/passwd"
                archive.addfile(info, io.BytesIO(content))


def content_of(member: Member, notebook: bytes) -> bytes:
    if isinstance(member.content, Archive):
        return member.content.of(notebook)
    if isinstance(member.content, int):
        return bytes(member.content)
    return notebook if member.content is None else member.content


# A zip's names are UTF-8 or an old code page, and end at a zero.
plain = texts.map(lambda text: text.encode(errors="replace").decode().replace("\0", "_"))
students = st.from_regex(r"\A[a-z][\w.@+-]{0,12}\Z") | st.sampled_from(
    ["..", ".", "-rf", "=cmd()", "a b", "n" * 120, "x\u202ey", "\x1b[2J", "ж" * 60]
)
times = st.sampled_from(["", "2026-11-01 10:00", "9999-99-99", "-", "0", "2026-11-01 10:00:00-12"])
places = st.sampled_from(
    ["", "", "", "../", "../../../submitted/", "/", "/tmp/", "a/../../", "C:\\", "..\\", "./", "//"]
    + ["f/" * 60, "é/", "class.zip/", "a_honest/toy/"]
)
of_files = st.sampled_from(["toy", "other", "toy (1)", "../toy", "..", "n" * 240]) | plain
named = st.builds(
    lambda place, student, time, file, end: f"{place}{student}_{time}_{file}{end}",
    *(places, students | plain, times, of_files),
    st.sampled_from([".ipynb", ".ipynb", ".ipynb", ".zip", ".tar.gz", ".gz", ".txt", ""]),
)
METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def archives(contents):
    members = st.builds(
        Member,
        named | plain,
        contents,
        st.sampled_from(METHODS),
        st.sampled_from([0o644, 0o644, 0, LINK, PIPE]),
        st.sampled_from([False, False, True]),
    )
    return st.builds(
        Archive,
        st.lists(members, max_size=4).map(tuple),
        st.just(()) | st.lists(cuts, min_size=1, max_size=2).map(tuple),
        st.booleans(),
    )


leaves = st.none() | st.binary(max_size=30) | st.sampled_from([0, BOMB])
members = st.builds(
    Member,
    named,
    st.recursive(leaves, archives, max_leaves=6),
    st.sampled_from(METHODS),
    st.sampled_from([0o644, 0o644, 0o644, 0, LINK, PIPE]),
    st.sampled_from([False, False, False, True]),
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@dear
@given(
    st.lists(members, min_size=ODD, max_size=ODD, unique_by=repr),
    st.lists(archives(leaves), max_size=2),
)
def test_any_archive_is_collected_and_graded(classroom, odd, others):
    classroom.begin()
    first, last = (
        Member(f"{name}_2026-11-01 10:00_toy.ipynb", classroom.notebook(OF_AN_HONEST_ONE))
        for name in HONEST
    )
    place = classroom.root / "downloaded" / "toy" / "archive"
    place.mkdir(parents=True)
    everybodys = Archive((first, *odd, last))
    (place / "class.zip").write_bytes(everybodys.of(classroom.notebook()))
    for number, archive in enumerate(others):
        (place / f"{number}.zip").write_bytes(archive.of(classroom.notebook()))
    said = words(classroom.command("zip_collect", "toy"))
    for member in odd:
        name = re.split(r"[/\\]", member.name)[-1]
        assert words(plain_line(name)) in said, (member, said)
    classroom.grade()
