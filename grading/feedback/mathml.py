"""LaTeX formulas in markdown as MathML: browsers show it without any script, also offline."""

import html
import re

from latex2mathml.converter import convert

# Code first, so that a dollar sign in it stays one; then display, then inline formulas.
PARTS = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)|\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$"
    r"|(?P<environment>\\begin\{(?P<name>[a-z]+\*?)\}.{0,5000}?\\end\{(?P=name)\})",
    re.S,
)
LONGEST = 5_000  # characters of a formula

# Fonts with the sizes of braces and the heights of limits that formulas need: of TeX, macOS,
# Windows, Linux. Without one of them limits lie over the sum sign, and braces stay small.
FONTS = (
    "Latin Modern Math",
    "STIX Two Math",
    "Cambria Math",
    "TeX Gyre DejaVu Math",
    "DejaVu Math TeX Gyre",
)
CSS = f"""math {{ font-family: {", ".join(f'"{font}"' for font in FONTS)}, math; font-size: 1.05em; }}
math[display="block"] {{ overflow: auto hidden; margin: 0.5rem 0; padding: 0.3rem 0; }}"""
# What `latex2mathml` writes otherwise than browsers read it: (pattern, what it means).
CORRECTIONS = (
    ('width="negativethinmathspace"', 'width="-0.167em"'),
    ("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>"),  # "is distributed as" stands apart
    # "log p" is two words, "log(p)" is one; neither is "log" before the end of a group.
    (r"(<mi>(?:log|ln|exp)</mi>)(?!<mo[^>]*>&#x00028;|</)", r'\1<mspace width="0.167em" />'),
)
# In a display the argument stands below "max".
LIMIT = re.compile(r"<msub><mo>(max|min|arg max|arg min|sup|inf|lim)</mo>(<(m\w+)>.*?</\3>)</msub>")


def to_mathml(markdown: str) -> str:
    """The same markdown with `$...$` and `$$...$$` replaced by MathML elements.

    A formula that isn't understood stays as its source text, as code.
    """
    return PARTS.sub(_replace, markdown)


def _replace(part: re.Match) -> str:
    if part["code"]:
        return part["code"]
    outside = part["display"] or part["environment"]
    formula, display = outside or part["inline"], bool(outside)
    try:
        if len(formula) > LONGEST:
            raise ValueError("nobody reads a formula of this length")
        shown = convert(formula.strip(), display="block" if display else "inline")
    except Exception:  # its errors have no common base class
        return f"<code>{html.escape(formula)}</code>"
    for pattern, meant in CORRECTIONS:
        shown = re.sub(pattern, meant, shown)
    if display:
        shown = LIMIT.sub(r"<munder><mo>\1</mo>\2</munder>", shown)
    # One wider than the page is scrolled, which has to work from the keyboard, too.
    return shown.replace("<math", '<math tabindex="0"', 1) if display else shown
