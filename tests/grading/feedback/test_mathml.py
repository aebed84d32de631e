"""Formulas of the feedback page: what the converter writes and browsers read otherwise."""

import pytest

from grading.feedback.mathml import to_mathml


def test_dollars_in_code_are_no_formula():
    assert to_mathml("`$x$` costs") == "`$x$` costs"


@pytest.mark.parametrize(
    ("formula", "holds", "holds_not"),
    [
        (r"$z \sim p$", "<mo>&#x0223C;</mo>", "<mi>&#x0007E;</mi>"),
        (r"$a \! b$", 'width="-0.167em"', "negative"),
        (r"$\log p$", "<mi>log</mi><mspace", ""),
        (r"$\log(p)$", "<mi>log</mi><mo", "<mspace"),
        (r"$$\max_{a} b$$", "<munder><mo>max</mo><mrow><mi>a</mi></mrow></munder>", "<msub>"),
        (r"$\max_a b$", "<msub><mo>max</mo>", "<munder>"),
        (r"$$\sum_{i=1}^n i$$", "<munderover><mo>&#x02211;</mo>", "<msubsup>"),
    ],
)
def test_what_browsers_need(formula, holds, holds_not):
    shown = to_mathml(formula)
    assert holds in shown
    assert not holds_not or holds_not not in shown


def test_a_wide_formula_is_scrolled_from_the_keyboard():
    assert 'tabindex="0"' in to_mathml("$$x$$") and "tabindex" not in to_mathml("$x$")
