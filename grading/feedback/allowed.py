"""HTML of which only the looks are left: known elements, hardly an attribute, nothing active.

What is written is written here: a browser finds no other tag in it, whatever was read.
"""

import html
import re
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]

TEXT = set(
    "p br hr em strong del code pre blockquote h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead "
    "tbody tr th td img".split()
)
MATH = set(
    "math mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded mphantom menclose merror "
    "msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mlabeledtr "
    "mtd".split()
)
OF_MATH = set(
    "display displaystyle scriptlevel mathvariant mathcolor mathbackground mathsize form fence "
    "separator stretchy symmetric largeop movablelimits accent accentunder minsize maxsize lspace "
    "rspace width height depth voffset linethickness notation columnalign rowalign columnlines "
    "rowlines columnspacing rowspacing frame framespacing tabindex".split()
)
MATH_VALUE = re.compile(r"[\w #.,%+-]{0,100}")
NO_END = {"br", "hr", "img"}
PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/]*={0,2}")


def only_allowed(page: str) -> str:
    """The same HTML without anything that isn't known to be harmless.

    Tags that aren't allowed become text, attributes are left out; every element is closed. A
    picture is one that is in the page itself.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.close_down_to(0)
    return "".join(reader.written)


class _Reader(HTMLParser):
    """Writes what is allowed of what it reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag not in TEXT | MATH:
            self.handle_data(self.get_starttag_text() or "")
            return
        told = "".join(f' {n}="{html.escape(v or "")}"' for n, v in attrs if _is_allowed(tag, n, v))
        self.written.append(f"<{tag}{told}>")
        if tag not in NO_END:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if tag in MATH:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self.close_down_to(len(self._open) - 1 - self._open[::-1].index(tag))
        elif tag not in TEXT | MATH:
            self.handle_data(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.written.append(html.escape(data))

    def close_down_to(self, depth: int) -> None:
        """Closes the elements that are open, the innermost first, until `depth` are left."""
        while len(self._open) > depth:
            self.written.append(f"</{self._open.pop()}>")


def _is_allowed(tag: str, name: str, value: str | None) -> bool:
    if tag == "img":
        return name == "alt" or (name == "src" and bool(PICTURE.fullmatch(value or "")))
    if tag == "ol":
        return name == "start" and (value or "").isdigit()
    return tag in MATH and name in OF_MATH and bool(MATH_VALUE.fullmatch(value or ""))
