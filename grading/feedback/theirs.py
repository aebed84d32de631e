"""A student's own text as HTML in which nothing is active, for a page that needs no network."""

import html
import re
import secrets
from urllib.parse import unquote

from mistune import HTMLRenderer, create_markdown

from grading.coordinator.reading import Attachments
from grading.feedback.allowed import PICTURE, only_allowed
from grading.feedback.mathml import PARTS, to_mathml

LONGEST = 50_000  # characters of a text, without its pictures
PLUGINS = ["strikethrough", "table", "url", "task_lists", "def_list"]  # as JupyterLab has them
TAG = re.compile(r"(<[^>]*>)")
ELSEWHERE = "<em>(a picture that is not attached)</em>"
CUT = "\n\n**The rest of this text is not shown: it is longer than {:,} characters.**"


def as_safe_html(markdown: str, pictures: Attachments | None = None) -> str:
    """A student's markdown as HTML: its tags are text, its links addresses, its formulas MathML.

    Formulas are set apart first and put in at the end, so that their elements aren't text, too.

    Args:
        pictures: what is attached to the text, of which a PNG or JPEG is shown.
    """
    mark = f"formula{secrets.token_hex(8)}n"
    formulas: list[str] = []

    def set_apart(part: re.Match[str]) -> str:
        if part["code"]:
            return part[0]
        formulas.append(part[0])
        return f"{mark}{len(formulas) - 1}e"

    def put_in(text: str) -> str:
        shown = html.escape if text.startswith("<") else _shown
        return re.sub(f"{mark}(\\d+)e", lambda found: shown(formulas[int(found[1])]), text)

    if len(markdown) > LONGEST:
        markdown = markdown[:LONGEST] + CUT.format(LONGEST)
    plain = PARTS.sub(set_apart, markdown)
    page = create_markdown(renderer=_Plain(pictures or {}), plugins=PLUGINS)(plain)
    return only_allowed("".join(map(put_in, TAG.split(str(page)))))


class _Plain(HTMLRenderer):
    """Markdown's own elements and no more: no links, classes of code, pictures from elsewhere."""

    def __init__(self, pictures: Attachments) -> None:
        super().__init__(escape=True)
        self._pictures = pictures

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre><code>{html.escape(code)}</code></pre>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = html.escape(url)
        return text if text == address else f"{text} ({address})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        name = url.removeprefix("attachment:")
        if name == url:
            return ELSEWHERE
        versions = self._pictures.get(name) or self._pictures.get(unquote(name)) or {}
        links = (f"data:{mime};base64,{data}" for mime, data in versions.items())
        link = next(filter(PICTURE.fullmatch, links), "")
        words = html.escape(html.unescape(TAG.sub("", text)))
        return f'<img src="{link}" alt="{words}">' if link else words

    def task_list_item(self, text: str, checked: bool = False) -> str:
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"


def _shown(formula: str) -> str:
    """A formula as MathML. The converter writes these two as they are, as if they opened a tag."""
    return to_mathml(formula.replace("<", r"\lt ").replace(">", r"\gt "))
