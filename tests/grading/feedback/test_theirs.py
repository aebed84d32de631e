"""Whatever a student writes, nothing in it is active on the page, and none of it is fetched."""

import time
from html.parser import HTMLParser

import pytest

from grading.feedback.allowed import only_allowed
from grading.feedback.theirs import ELSEWHERE, LONGEST, as_safe_html

HOSTILE = [
    "<script>alert(1)</script>",
    "\\`<script>alert(1)</script>\\`",
    "a `b\n$c<script>alert(1)</script>$` d",
    "<div>\n\n<script>\nalert(1)\n</script>\n\n</div>",
    "# <img src=x onerror=alert(1)>",
    "$\\text{<script>alert(1)</script>}$",
    "$$\\text{<img src=x onerror=alert(1)>}$$",
    "$\\href{javascript:alert(1)}{x}$",
    '$\\color{red" onclick="alert(1)}{x}$',
    "[x](javascript:alert(1)) [y][y]\n\n[y]: JavaScript:alert(1)",
    "![$<script>$](data:image/png;base64,AA)",
    '![a" onerror="alert(1)](data:image/png;base64,AA)',
    "![x](http://elsewhere.example/pixel.png)",
    "![x](data:image/svg+xml;base64,AA)",
    "```html\n<script>alert(1)</script>\n```",
    "```mermaid\n<img src=x onerror=alert(1)>\n```",
    "```score\nx\n```",
    "# test-kl",
    "- [ ] done",
    "[x](page.html) <http://elsewhere.example> www.elsewhere.example",
    '<input class="score" id="test-kl"><div style="position:fixed">',
    "$\\class{score}{x} \\cssId{test-kl}{x} \\style{position:fixed}{x}$",
    "$\\text{</math><form><button>}$",
    "\\begin{align}\\href{javascript:alert(1)}{x}\\end{align}",
    "| a |\n|:-:|\n| b |",
]


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
        assert tag not in ("a", "form", "input", "button", "div", "svg", "img")
        assert not {"class", "id", "style", "href", "src"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]


def test_only_elements_and_attributes_that_are_known_are_left():
    picture = '<img src="data:image/svg+xml;base64,AA" alt=\'"\' width=9>'
    formula = '<math href="x" display="block"><mi mathcolor="red;}">b</mi><maction>c'
    rest = "<style><a title='</style>'><!-- <script> --><![CDATA[<script>]]><?x <script>?><script"
    page = only_allowed(f'<p class="score" onclick="x"><b>a</p></div>{picture}{formula}{rest}')
    shown = [("p", {}), ("img", {"alt": '"'}), ("math", {"display": "block"}), ("mi", {})]
    assert Tags(page).found == shown
    assert page.startswith("<p>&lt;b&gt;a</p>&lt;/div&gt;<img alt=") and page.endswith("</math>")


def test_a_text_reads_as_it_was_meant():
    page = as_safe_html(
        "**If** $x < 1$, `a < $b$`:\n\n| a |\n|---|\n| ![p](attachment:my%20plot) |",
        {"my plot": {"image/svg+xml": "AA", "image/png": "iVBO"}},
    )
    assert "<strong>If</strong> <math" in page and "<mo>&lt;</mo>" in page
    assert "<code>a &lt; $b$</code>" in page
    assert "<table>" in page and 'src="data:image/png;base64,iVBO"' in page
    other = as_safe_html("[this](http://a.example/?b&c), ![it](data:image/png;base64,iVBO)\n\n3. c")
    assert "this (http://a.example/?b&amp;c)" in other and ELSEWHERE in other
    assert '<ol start="3">' in other
    assert "<mtable" in as_safe_html("So\n\\begin{align*}\na &= b\n\\end{align*}\nholds.")


@pytest.mark.parametrize(
    "text",
    ["[", "\\\\[", "\\begin{a}", "$\\begin{matrix}", "> ", "*a ", "$x$ ", "<a ", "![", "`a`"],
)
def test_a_text_of_any_length_is_read_in_seconds_and_cut(text):
    began = time.process_time()
    page = as_safe_html(text * (300_000 // len(text)))
    assert time.process_time() - began < 10
    assert len(page) < 100 * LONGEST
    assert f"longer than {LONGEST:,} characters" in page
