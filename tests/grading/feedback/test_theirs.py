"""Whatever a student writes, nothing in it is active on the page, and none of it is fetched."""

from html.parser import HTMLParser

import pytest

from grading.feedback.theirs import as_safe_html

HOSTILE = [
    "<script>alert(1)</script>",
    "\\`<script>alert(1)</script>\\`",
    "a `b\n$c<script>alert(1)</script>$` d",
    "<div>\n\n<script>\nalert(1)\n</script>\n\n</div>",
    "# <img src=x onerror=alert(1)>",
    "$\\text{<script>alert(1)</script>}$",
    "$$\\text{<img src=x onerror=alert(1)>}$$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\color{red\" onclick=\"alert(1)}{x}$",
    "[x](javascript:alert(1)) [y][y]\n\n[y]: JavaScript:alert(1)",
    "![$<script>$](data:image/png;base64,AA)",
    '![a" onerror="alert(1)](data:image/png;base64,AA)',
    "![x](http://elsewhere.example/pixel.png)",
    "![x](data:image/svg+xml;base64,AA)",
    "```html\n<script>alert(1)</script>\n```",
]
LINKS = ("https://", "#", "data:image/png;base64,")


class Tags(HTMLParser):
    """The tags of a page, as a browser reads it: (name, {attribute: value})."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_active(text):
    for tag, attributes in Tags(as_safe_html(text)).found:
        assert tag not in ("script", "iframe")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for link in (attributes.get("href"), attributes.get("src")):
            assert link is None or link.startswith(LINKS)


def test_a_text_reads_as_it_was_meant():
    page = as_safe_html("**If** $x < 1$, `a < $b$`:\n\n| a |\n|---|\n| ![p](data:image/png;base64,iVBO) |")
    assert "<strong>If</strong> <math" in page and "&#x0003C;" in page
    assert "<code>a &lt; $b$</code>" in page
    assert "<table>" in page and 'src="data:image/png;base64,iVBO"' in page
