"""The numbers in the notebooks' prose: each is true, or the test names it.

A number comes from `docs/facts.json`, which `scripts/facts.py` makes of all of MNIST, from
`docs/recipes.json` and `docs/longer.json`, which scripts of these names make, from what the
executed solutions print, or from a formula. What needs no training is computed here again, from the
embedded digits.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import facts
import handin
import nbformat
import pytest
import torch

from helpers.data import load_mnist

TABLE = json.loads(facts.TABLE.read_text())
RECIPES, LONGER = (
    json.loads((handin.ROOT / "docs" / f"{name}.json").read_text())
    for name in ("recipes", "longer")
)
NUMBER = r"([\d,]+(?:\.\d+)?)"


@dataclass(frozen=True)
class Said:
    """A sentence with a number in it.

    assignment: where it stands; text: a pattern with NUMBER as its group;
    is_: what the number has to be; within: how far off, as a share of it.
    """

    assignment: str
    text: str
    is_: Callable[[], float]
    within: float = (
        0.015  # the table's noise is drawn anew; means and components are the training's
    )


def mnist(name: str) -> Callable[[], float]:
    return lambda: TABLE["mnist"][name]


def trained(name: str) -> Callable[[], float]:
    return lambda: TABLE["trained"][name]


def printed(assignment: str, cell: str, pattern: str, last: bool = False) -> Callable[[], float]:
    """The number in what a cell of the solution prints, or in its picture's description."""

    def found() -> float:
        for output in [
            o for c in notebook("solutions", assignment) if c.id == cell for o in c.outputs
        ]:
            text = output.get("text", "") + str(output.get("metadata", {}))
            if numbers := re.findall(pattern, text):
                return float(numbers[-1 if last else 0])
        raise AssertionError(f"the solution's cell {cell} says nothing like {pattern}")

    return found


def reached(recipe: str, row: str, what: str = "loss") -> Callable[[], float]:
    return lambda: RECIPES[recipe][row][what] * (100 if what.startswith("agree") else 1)


def exactly(value: float) -> Callable[[], float]:
    return lambda: value


LADDER = [
    "all black",
    "mean image",
    "noisy image",
    "16 components, noisy",
    "3x3 median",
    "best matrix",
    "best matrix, clipped",
]


def apart() -> float:
    """How far the ladders of the two sets of digits are from each other, at most."""
    return max(abs(TABLE["mnist"][name] - TABLE["embedded"][name]) for name in LADDER)


DAE, VAE, LATENT = handin.NOTEBOOKS
NAT = 1 / math.log(2)  # in bits
# A line a number; a new sentence with a measured number in it needs one, too.
SAID = [
    Said(DAE, rf"mean of 0\.3/√\(2π\) ≈ {NUMBER}", mnist("noise on black"), 0.05),
    Said(DAE, rf"the image brighter by about {NUMBER}", mnist("noise brightens"), 0.1),
    Said(DAE, rf"all pixels are black \(loss {NUMBER}\)", mnist("all black")),
    Said(DAE, rf"All black, error {NUMBER}", mnist("all black")),
    Said(DAE, rf"The mean pixel is {NUMBER}", mnist("pixel mean")),
    Said(DAE, rf"since sigmoid\(−1\.9\) = {NUMBER}", exactly(1 / (1 + math.exp(1.9)))),
    Said(DAE, rf"\| all black \| {NUMBER}", mnist("all black")),
    Said(DAE, rf"\| the mean image, whatever the input \| {NUMBER}", mnist("mean image")),
    Said(DAE, rf"\| the noisy image itself \| {NUMBER}", mnist("noisy image")),
    Said(DAE, rf"near that of the noisy image, {NUMBER}", mnist("noisy image")),
    Said(
        DAE,
        rf"\| the first 16 principal components(?: of the noisy image)? \| {NUMBER}",
        mnist("16 components, noisy"),
    ),
    Said(DAE, rf"median in its 3 × 3 neighbourhood \| {NUMBER}", mnist("3x3 median")),
    Said(DAE, rf"by least squares \| {NUMBER}", mnist("best matrix")),
    Said(DAE, rf"\*\*The stretch: beat it\*\* \| \*\*{NUMBER}", mnist("best matrix, clipped")),
    Said(DAE, rf"16 principal components leave {NUMBER}", mnist("16 components, clean")),
    Said(DAE, rf"\| a good small network \| about {NUMBER}", trained("denoiser"), 0.15),
    Said(
        DAE,
        rf"about {NUMBER} with 64 numbers",
        printed(DAE, "further-code-run", r"64\D*?(\d+\.\d)"),
        0.1,
    ),
    Said(DAE, rf"and {NUMBER} with 16", printed(DAE, "further-code-run", r"16\D*?(\d+\.\d)"), 0.1),
    Said(DAE, rf"against {NUMBER} with 1,568", trained("denoiser"), 0.1),
    Said(VAE, rf"a network that has learnt nothing \| {NUMBER}", exactly(784 * math.log(2)), 1e-4),
    Said(VAE, rf"at the average brightness \| {NUMBER}", mnist("bce mean pixel"), 1e-3),
    Said(VAE, rf"a decoder that ignores its code \| {NUMBER}", mnist("bce mean image"), 1e-3),
    Said(VAE, rf"the embedded 5,000 digits \| about {NUMBER}", trained("vae"), 0.02),
    Said(VAE, rf"that adds up to {NUMBER} nats", mnist("bce image itself"), 1e-3),
    Said(VAE, rf"bias (?:at|to) −{NUMBER}", lambda: -TABLE["mnist"]["pixel logit"], 0.01),
    Said(VAE, rf"1 nat = {NUMBER} bits", exactly(NAT), 1e-3),
    Said(VAE, rf"the loss starts a little above {NUMBER} nats", mnist("bce mean pixel"), 0.05),
    Said(VAE, rf"falls to the {NUMBER} of the mean image", mnist("bce mean image"), 0.005),
    Said(VAE, rf"kl is near 0 then, the loss near {NUMBER}", mnist("bce mean image"), 0.005),
    Said(VAE, rf"kl near {NUMBER} and recon", trained("vae kl"), 0.1),
    Said(VAE, rf"recon near {NUMBER}", trained("vae recon"), 0.1),
    Said(
        VAE,
        rf"how many nats does K = 100 gain\? With the model answer it is about {NUMBER}",
        lambda: (
            printed(VAE, "further-iwae-code", r"at least (-[\d.]+)", last=True)()
            - printed(VAE, "further-iwae-code", r"at least (-[\d.]+)")()
        ),
        0.2,
    ),
    Said(
        VAE,
        rf"it is {NUMBER}%",
        printed(VAE, "further-score-code", r"as the chosen ones: (\d+)%"),
        0.1,
    ),
    Said(LATENT, rf"PCA has {NUMBER}%", printed(LATENT, "further-pca-code", r"PCA\D*(\d+)%"), 0.1),
]
# The tables of "What the recipe is made of": (where, the recipe, {its row: what the row says}).
WHOLE = "the whole recipe, mean of ten trainings"
SCHEDULE, BETA = r"0\.001 from first to last step", r"without : Adam's mean [^|]* not over 50"
ROWS = [
    (
        DAE,
        "denoiser",
        {
            "whole": WHOLE,
            "without start": r"\(from 0 instead\)",
            "without batch norm": "without the three ",
            "without schedule": SCHEDULE,
            "without beta": r"without \. Adam divides [^|]* over 50",
        },
    ),
    (
        VAE,
        "vae",
        {
            "whole": WHOLE,
            "without start": r"\(from 0 instead\)",
            "without batch norm": "without  in the decoder",
            "without SiLU": r"x · sigmoid\(x\)",
            "without schedule": SCHEDULE,
            "without beta": BETA,
        },
    ),
    (
        LATENT,
        "map",
        {
            "whole": WHOLE,
            "without start": r"start at the mean image \(\)",
            "without layer norm": "without the ",
            "without schedule": SCHEDULE,
            "without beta": BETA,
        },
    ),
]
# What stands for more first: test_no_measured_number_is_left_out strikes the numbers out in turn.
ALL = ("all digits", "all digits, without layer norm")
SAID += [
    Said(LATENT, rf"% \({NUMBER}% to", reached("map", "whole", "agree, least")),
    Said(LATENT, rf"%? to {NUMBER}%\)", reached("map", "whole", "agree, most")),
    Said(LATENT, rf"went up to {NUMBER} on the way", reached("map", ALL[1], "log_var")),
    Said(LATENT, rf"the loss ended at {NUMBER} nats", reached("map", ALL[1])),
    Said(LATENT, rf"and the loss ends at {NUMBER} nats", reached("map", ALL[0])),
]
for _assignment, _recipe, _rows in ROWS:
    for _row, _words in _rows.items():
        if _recipe == "map":
            _share = rf"{_words}\s*\| [\d.]+ \| {NUMBER}%"
            SAID.append(Said(_assignment, _share, reached(_recipe, _row, "agree")))
        SAID.append(Said(_assignment, rf"{_words}\s*\| {NUMBER}", reached(_recipe, _row)))
for _row in LONGER:
    _words = rf"\| {_row['epochs']} \| {'moved' if _row['moved'] else 'as they are'} \| "
    _share = rf"{_words}[\d.]+ \| {NUMBER}%"
    SAID.append(Said(LATENT, _share, partial(lambda row: 100 * row["agree"], _row)))
    SAID.append(Said(LATENT, rf"{_words}{NUMBER}", partial(_row.get, "nats")))
# What is larger or smaller than a number: (where, the words, the number's side, what it bounds).
BOUNDS = [
    (VAE, r"It is above (\d+) nats then", "below", trained("vae without kl, kl")),
    (LATENT, r"with it,  stays below (\d+)", "above", reached("map", ALL[0], "log_var")),
    (VAE, r"while all is well it stays below (\d+)", "above", reached("vae", "whole", "log_var")),
    (DAE, r"on the 1,000 embedded ones all are within (\d) of these", "above", apart),
]
# Numbers that nobody measured: what is asked for, given or agreed.
GIVEN = [
    r"noise (?:of|0\.)\s?[\d.]+",
    r"standard deviation\*\*, 0\.3: the variance is 0\.09",
    r"0\.3 was taken for the variance",
    r"[Pp]arts? \d\.\d(?: and \d\.\d)?",
    r"at −1\.9",
    r"(?:box in|gap of|goal of|map of) \d\.\d",
    r"appendi\w+ [A-Z](?:\.\d)?(?: and [A-Z]\.\d)?",
    r"\| \d\.\d \|",
    r"between 4 and 6 nats",
    r"(?:at least|than|guessing would have) \d+%",
    r"(?:above|reads) 90%",
    r"To reach: 70%",
    r"images is above 0\.01",
    r"width 0\.1 or so",
]
MEASURED = re.compile(r"(?<![\w.])\d+\.\d+|\b\d+%|\b\d[\d,.]* nats")
NO_PROSE = re.compile(
    r"!\[[^\]]*\]\([^)]*\)|```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|(?<=\])\([^)\s]*\)|^#.*?$",
    re.S | re.M,
)


@cache
def notebook(folder: str, assignment: str) -> list:
    path = handin.ROOT / folder / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    return nbformat.read(path, as_version=4).cells


@cache
def prose(assignment: str) -> str:
    """What the markdown cells say in words and tables, without code, formulas and addresses."""
    cells = [cell.source for cell in notebook("source", assignment) if cell.cell_type == "markdown"]
    return NO_PROSE.sub("", "\n".join(cells))


@cache
def embedded() -> dict[str, float]:
    torch.set_num_threads(1)
    return facts.facts(*load_mnist(full=False, device="cpu"))


def test_the_table_is_what_the_embedded_digits_give():
    """The same numbers in the same order; only sums of floats differ from machine to machine."""
    assert embedded() == pytest.approx(TABLE["embedded"], abs=0.02, rel=2e-3)


def test_the_embedded_digits_are_like_all_of_them():
    for name, value in TABLE["mnist"].items():
        assert TABLE["embedded"][name] == pytest.approx(value, rel=0.035, abs=0.02), name


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.assignment}: {said.text}")
def test_a_number_is_true(said):
    numbers = re.findall(said.text, prose(said.assignment))
    assert numbers, "nobody says this any more: leave it out"
    for number in numbers:
        value = float(number.replace(",", ""))
        true = said.is_()
        # As far off as the last digit that is said, or the tolerance, whichever is more.
        digit = 0.51 * 10 ** -len(number.partition(".")[2])
        assert value == pytest.approx(true, abs=max(digit, said.within * abs(true)))


@pytest.mark.parametrize(("assignment", "text", "side", "what"), BOUNDS)
def test_a_bound_holds(assignment, text, side, what):
    numbers = re.findall(text, prose(assignment))
    assert numbers, "nobody says this any more: leave it out"
    for number in numbers:
        assert float(number) < what() if side == "below" else float(number) > what()


@pytest.mark.parametrize("assignment", handin.NOTEBOOKS)
def test_no_measured_number_is_left_out(assignment):
    """Numbers with a decimal point, a percent sign or a unit need a line in SAID or GIVEN."""
    text = prose(assignment)
    known = [said.text for said in SAID if said.assignment == assignment]
    known += [bound for where, bound, _, _ in BOUNDS if where == assignment]
    for pattern in (*known, *GIVEN):
        text = re.sub(pattern, lambda found: re.sub(r"\d", "", found.group()), text)
    left = [line.strip() for line in text.splitlines() if MEASURED.search(line)]
    assert left == []
