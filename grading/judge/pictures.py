"""A student's picture, made anew: decoded, made smaller where it is large, and written again.

What is kept is pixels: no metadata, nothing behind the picture's end, and no other format that only
looks like one. A picture takes of the room for outputs what its making costs, too: a small file can
hold many pixels, and a large one nothing that can be decoded.
"""

import base64
import io
from dataclasses import dataclass

from PIL import Image, ImageOps

KINDS = {"image/png": "PNG", "image/jpeg": "JPEG"}
# A telephone's camera has 12 or 24 million. A JPEG that becomes smaller isn't decoded as a whole.
MOST_PIXELS = {"PNG": 12_000_000, "JPEG": 25_000_000}
LONGEST_SIDE = 2_000  # pixels; a larger picture becomes smaller
PNG = b"\x89PNG\r\n\x1a\n"
CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
SCAN, MOST_SCANS = b"\xff\xda", 100  # a progressive JPEG has about ten
MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
PIXELS_A_BYTE = 16  # decoded and written in about the time of a byte of text
SENT_A_BYTE = 16  # bytes that are looked at
PNG_EFFORT = 4  # of 9: as small as what matplotlib writes, in 10 ms a figure
JPEG_QUALITY = 85


class PictureError(Exception):
    """Data that are no such picture; the message says why, as a sentence.

    Attributes:
        cost: what finding that out takes of the room for outputs, in bytes.
    """

    def __init__(self, message: str, cost: int = 0):
        super().__init__(message)
        self.cost = cost


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept: in base64, and what it takes of the room for outputs, in bytes."""

    data: str
    cost: int


def remade(mime: str, text: str) -> Picture:
    """A picture made anew.

    Args:
        mime: one of `KINDS`; text: the picture in base64, as a student's side sent it.

    Raises:
        PictureError: it can't be decoded, or has too many pixels.
    """
    kind = KINDS[mime]
    cost = len(text) // SENT_A_BYTE
    try:
        raw = base64.b64decode(text)
        if raw.count(SCAN) > MOST_SCANS:
            raise ValueError("each scan of a JPEG goes over all of its pixels")
        with Image.open(io.BytesIO(_pixels_of(raw)), formats=[kind]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS[kind]:
                told = f"A picture of {width} x {height} pixels is too large to be shown."
                raise PictureError(told, cost)
            cost = max(cost, width * height // PIXELS_A_BYTE)
            data = _written(picture, kind)
    except PictureError:
        raise
    except Exception as error:  # decoders raise whatever they come upon
        told = f"A picture is not shown, as it is no {kind} that can be read."
        raise PictureError(told, cost) from error
    return Picture(data, max(cost, len(data)))


def _pixels_of(raw: bytes) -> bytes:
    """A PNG without what is packed beside its pixels, which would be unpacked, too."""
    if not raw.startswith(PNG):
        return raw
    kept, at = [PNG], len(PNG)
    while at < len(raw):
        end = at + 12 + int.from_bytes(raw[at : at + 4], "big")
        if raw[at + 4 : at + 8] in CHUNKS:
            kept.append(raw[at:end])
        at = end
    return b"".join(kept)


def _written(picture: Image.Image, kind: str) -> str:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before it is decoded, where a JPEG allows it
    upright = ImageOps.exif_transpose(picture) if kind == "JPEG" else picture
    if kind == "JPEG" and upright.mode != "L":
        upright = upright.convert("RGB")
    elif upright.mode not in MODES:
        upright = upright.convert("RGBA")
    for said in upright.info.keys() - {"transparency"}:
        del upright.info[said]  # which would be written, too
    out = io.BytesIO()
    upright.save(out, kind, compress_level=PNG_EFFORT, quality=JPEG_QUALITY)
    return base64.b64encode(out.getvalue()).decode()
