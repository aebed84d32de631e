"""LaTeX formulas in markdown as MathML: browsers show it without any script, also offline."""

import html
import re

from latex2mathml.converter import convert

# Code first, so that a dollar sign in it stays one; then display, then inline formulas.
PARTS = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)|\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.S
)


def to_mathml(markdown: str) -> str:
    """The same markdown with `$...$` and `$$...$$` replaced by MathML elements.

    A formula that isn't understood stays as its source text, as code.
    """
    return PARTS.sub(_replace, markdown)


def _replace(part: re.Match) -> str:
    if part["code"]:
        return part["code"]
    formula, display = part["display"] or part["inline"], bool(part["display"])
    try:
        shown = convert(formula.strip(), display="block" if display else "inline")
    except Exception:  # its errors have no common base class
        return f"<code>{html.escape(formula)}</code>"
    # One wider than the page is scrolled, which has to work from the keyboard, too.
    return shown.replace("<math", '<math tabindex="0"', 1) if display else shown
