"""What a cell's output keeps of what a student's kernel sends."""

import base64
import io

import pytest
from nbformat.v4 import new_code_cell
from PIL import Image, PngImagePlugin

from grading.judge import pictures
from grading.judge.outputs import (
    CUT,
    LONGEST_ALT,
    OTHER_KIND,
    OTHER_PICTURE,
    append_within,
    remade,
    stored_bytes,
)


def picture(size=(4, 3), kind="PNG", mode="RGB", **more):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **more)
    return base64.b64encode(file.getvalue()).decode()


PNG, JPEG = picture(), picture(kind="JPEG")
SCRIPT = "<script>alert(1)</script>"


def shown(data, kind="display_data", **metadata):
    return remade(kind, {"data": data, "metadata": metadata}).output


def metadata(said):
    return shown({"image/png": PNG}, **{"image/png": said}).metadata


@pytest.mark.parametrize("width", ["1", '1" onload="x', -1, 0, 10**6, True, 1.5, None, []])
def test_a_picture_is_shown_as_wide_as_a_page_allows(width):
    assert metadata({"alt": "a digit", "width": 700}) == {
        "image/png": {"alt": "a digit", "width": 700}
    }
    assert metadata({"alt": "a digit", "width": width}) == {"image/png": {"alt": "a digit"}}


def test_a_description_is_text_of_limited_length():
    assert metadata({"alt": "x" * 5_000})["image/png"]["alt"] == "x" * LONGEST_ALT
    for said in (None, [], {"width": 5}, "alt"):
        assert metadata(said) == {}


@pytest.mark.parametrize(
    "mime",
    [
        "text/html",
        "image/svg+xml",
        "text/latex",
        "text/markdown",
        "application/javascript",
        "application/vnd.jupyter.widget-view+json",
        "application/vnd.plotly.v1+json",
        'text/html"><script>',
    ],
)
def test_of_other_kinds_the_text_remains(mime):
    for kind in ("display_data", "execute_result"):
        data = shown({mime: SCRIPT, "text/plain": "a table"}, kind).data
        assert list(data) == ["text/plain"] and data["text/plain"].startswith("a table")
    told = OTHER_PICTURE if mime.startswith("image/") else OTHER_KIND
    assert shown({mime: SCRIPT}).data == {"text/plain": told}
    with_picture = shown({mime: SCRIPT, "text/plain": "a figure", "image/png": PNG})
    assert set(with_picture.data) == {"text/plain", "image/png"}


def test_a_picture_is_written_anew_without_what_is_not_seen():
    said = PngImagePlugin.PngInfo()
    said.add_text("comment", SCRIPT)
    exif = Image.Exif()
    exif[0x112], exif[0x10E] = 6, SCRIPT  # turned to the right; a description
    for kind, sent in (
        ("image/png", picture(pnginfo=said)),
        ("image/png", base64.b64encode(base64.b64decode(PNG) + SCRIPT.encode()).decode()),
        ("image/jpeg", picture(kind="JPEG", exif=exif)),
    ):
        assert SCRIPT.encode() in base64.b64decode(sent)
        kept = base64.b64decode(shown({kind: sent}).data[kind])
        assert SCRIPT.encode() not in kept and b"Exif" not in kept
        with Image.open(io.BytesIO(kept)) as opened:
            assert opened.size == ((3, 4) if kind == "image/jpeg" else (4, 3))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_kind_of_png_stays_one(mode):
    kept = shown({"image/png": picture(mode=mode)}).data["image/png"]
    with Image.open(io.BytesIO(base64.b64decode(kept))) as opened:
        assert (opened.format, opened.size) == ("PNG", (4, 3))


@pytest.mark.parametrize(
    ("mime", "sent"),
    [
        ("image/png", "AAAA"),
        ("image/png", "'><script>"),
        ("image/png", JPEG),  # and what else a decoder might be talked into
        ("image/png", picture(kind="GIF", mode="P")),
        ("image/jpeg", PNG),
        ("image/png", picture((100, 100))[:80]),
        ("image/png", picture((8_000, 8_000), mode="1")),
        ("image/png", picture((20_000, 20_000), mode="1")),
    ],
)
def test_what_is_no_picture_becomes_a_sentence(mime, sent):
    told = shown({mime: sent, "text/plain": "<Figure>"}, **{mime: {"alt": "x", "width": 5}})
    assert list(told.data) == ["text/plain"] and told.data["text/plain"].startswith(
        "<Figure>\n[A picture "
    )
    assert not told.metadata


def test_a_large_picture_becomes_smaller_and_takes_room():
    made = pictures.remade("image/png", picture((3_000, 1_500), mode="1"))
    with Image.open(io.BytesIO(base64.b64decode(made.data))) as opened:
        assert opened.size == (pictures.LONGEST_SIDE, 1_000)
    assert made.cost > 200_000 > 20 * len(made.data)
    damaged = base64.b64encode(base64.b64decode(picture((3_000, 1_500), mode="1"))[:-60]).decode()
    with pytest.raises(pictures.PictureError) as error:  # after most of it has been decoded
        pictures.remade("image/png", damaged)
    assert error.value.cost > 200_000


def test_a_cell_keeps_as_much_as_there_is_room_for():
    for text in ("x" * 9_000, "\n" * 9_000, '\x1b"' * 9_000, "\U0001f40d" * 9_000):
        cell = new_code_cell()
        left = append_within(cell, remade("stream", {"text": text}), 5_000)
        assert left <= 0 and cell.outputs[-1].text == CUT
        assert 2_000 < stored_bytes(cell.outputs[0].text) <= 5_000
    cell = new_code_cell()
    error = {"ename": "OSError", "evalue": "No space" * 900, "traceback": ["x" * 9_000]}
    append_within(cell, remade("error", error), 5_000)
    assert cell.outputs[0].ename == "OSError" and len(str(cell.outputs)) < 2_000
