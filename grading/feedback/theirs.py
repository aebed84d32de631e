"""A student's own text as HTML in which nothing is active, for a page that needs no network."""

import html
import re
import secrets

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grading.feedback.mathml import PARTS, to_mathml

TAG = re.compile(r"(<[^>]*>)")
PICTURE = re.compile(r"<img\b[^>]*>")
ATTACHED = re.compile(r'<img src="data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]*"[^>]*>')
ACTIVE = re.compile(r"\\(href|url|style|class|cssId|html\w*|require|unicode)\b")
ELSEWHERE = "<em>(a picture that is not attached)</em>"


def as_safe_html(markdown: str) -> str:
    """A student's markdown as HTML: its tags are text, its links harmless, its formulas MathML.

    Formulas are set apart first and put in at the end, so that their elements aren't text, too.
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

    plain = PARTS.sub(set_apart, markdown)
    renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False)
    page = MarkdownWithMath(renderer=renderer).render(plain)
    page = PICTURE.sub(lambda tag: tag[0] if ATTACHED.fullmatch(tag[0]) else ELSEWHERE, page)
    return "".join(map(put_in, TAG.split(page)))


def _shown(formula: str) -> str:
    """A formula as MathML, or as code where it does more than show something."""
    if ACTIVE.search(formula):
        return f"<code>{html.escape(formula)}</code>"
    # The converter writes these two as they are, also where they would open a tag.
    return to_mathml(formula.replace("<", r"\lt ").replace(">", r"\gt "))
