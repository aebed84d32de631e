"""Text that somebody else chose, for a terminal, a log or a table.

Names and messages come from students, too: a folder in the exchange, a file, the text of an error.
"""

import re
import unicodedata

# What a spreadsheet takes for the start of a formula, also after a separator that it may split at
# (OWASP, "CSV Injection"), with the full-width forms of the four signs.
FORMULA = re.compile(r"(^|[;,|])(\s*)(?=[=+\-@＝＋－＠])")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
JOINERS = "\u200c\u200d"  # belong to the spelling of names, and of pictures made of several


def plain_line(text: object) -> str:
    """Text on one line that moves no cursor and turns no writing around: what could is escaped."""
    line = " ".join(str(text).replace("\0", " ").split())
    return "".join(map(_shown, line))


def plain_name(text: str | None) -> str:
    """`plain_line` that stays text in a spreadsheet: an apostrophe before what could be run.

    Plain numbers stay as they are, negative ones, too.
    """
    line = plain_line(text or "")
    return line if NUMBER.fullmatch(line) else FORMULA.sub(r"\1\2'", line)


def plain_lines(text: str) -> str:
    """Text of several lines in which what could move a cursor in another way is escaped."""
    return "".join(c if c in "\n\t" else _shown(c) for c in text)


def is_hidden(character: str) -> bool:
    """Whether a character isn't seen, but does something: to a terminal, or to what is around."""
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return hidden and character not in JOINERS


def _shown(character: str) -> str:
    return character.encode("unicode_escape").decode() if is_hidden(character) else character
