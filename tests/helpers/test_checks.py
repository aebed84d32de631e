"""The words of the test cells: what passes in silence, and what a failure says."""

import importlib
import math
import operator
import sys
import textwrap

import numpy as np
import pytest
import torch
from ipykernel.compiler import XCachingCompiler
from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell
from torch import nn

from helpers import checks
from helpers.checks import Failed, MisuseError, Report
from helpers.checks.report import UNSOLVED, ended
from helpers.claims import Claim


def run(report, *claims):
    """A test cell that states these claims, each a function that takes nothing."""
    with report as check:
        for number, claim in enumerate(claims):
            check(f"claim {number}", claim)
    return report


def fails(report, *claims):
    """What a test cell with these claims tells the student."""
    with pytest.raises(Failed) as failed:
        run(report, *claims)
    assert failed.value.__cause__ is None and failed.value.__suppress_context__
    assert failed.value._render_traceback_() == str(failed.value).splitlines()
    return str(failed.value)


def no():
    raise Failed("no.")


def unsolved():
    raise NotImplementedError


def test_a_report_tells_every_failure_and_the_seed(capsys):
    text = fails(Report("test-x", seed=7), no, int, lambda: {}["key"])
    assert text.splitlines() == [
        "test-x: (seed 7)",
        "- claim 0: no.",
        "- claim 2: your code stopped with KeyError: 'key'",
    ]
    assert fails(Report("test-x", seed=7), int, no) == "test-x: claim 1: no. (seed 7)"
    assert capsys.readouterr() == ("", "")


def test_a_report_passes_by_itself_and_quietly(capsys):
    report = run(Report("test-x"), int, dict)
    assert capsys.readouterr() == ("test-x: passed\n", "")
    assert report.claims == [Claim("claim 0", True), Claim("claim 1", True)]


def test_a_claim_is_a_function_or_a_block_and_gives_back_what_the_function_does():
    with Report("test-x") as check:
        assert check("a sum", sum, [1, 2], start=3) == 6
        with check("a block"):
            pass
    assert [claim.text for claim in check.claims] == ["a sum", "a block"]
    for function in (no, None):
        with pytest.raises(Failed, match="test-x: it holds: no."), Report("test-x") as check:
            if function:
                check("it holds", function)
            else:
                with check("it holds"):
                    no()
        assert check.claims == [Claim("it holds", False, "no.")]


def test_unsolved_and_undefined_say_so_in_one_line():
    text = fails(Report("test-x"), unsolved, unsolved)
    assert text == f"test-x: {UNSOLVED}"

    text = fails(Report("test-x"), lambda: missing_function(1), lambda: missing_function(2))  # noqa: F821
    assert text.startswith("test-x: `missing_function` is not defined: not implemented yet")
    assert len(text.splitlines()) == 1

    told = "`missing` is not defined: not implemented yet"
    with pytest.raises(Failed, match=told), Report("test-x") as check:
        check("a claim about a name that is not there", len, missing)  # noqa: F821


def test_a_failed_claim_is_not_told_again_by_the_names_it_left_undefined():
    with pytest.raises(Failed), Report("test-x") as check:
        with check("one"):
            raise Failed("no.")
        with check("two"):
            never_assigned  # noqa: B018, F821
    assert check.claims == [Claim("one", False, "no."), Claim("two", False)]


def failing(*arguments, **causes):
    """A claim that fails with this sentence and cause."""

    def claim():
        raise Failed(*arguments, **causes)

    return claim


def wrong(value, mistakes=None):
    """A claim that a value is 12."""
    return lambda: checks.check_values(value, 12.0, "the term", mistakes)


def told(*claims):
    """What a test cell with these claims tells, without its name and seed."""
    report = Report("test-x", seed=1)
    text = fails(report, *claims)
    assert len(report.claims) == len(claims)
    failures = list(report.failures)
    shown = [f"test-x: {failures[0]} (seed 1)"]
    if len(failures) > 1:
        shown = ["test-x: (seed 1)", *(f"- {sentence}" for sentence in failures)]
    assert text.splitlines() == shown
    return failures


def test_one_cause_is_told_once():
    averaged = {"you averaged": 4.0}
    once = "the term is 4; expected 12: you averaged."
    assert told(wrong(4, averaged), int, wrong(4, averaged)) == [
        f"claim 0: {once} (and 1 more check for the same reason)"
    ]
    # What can't tell why counts as one of those that can, whichever came first.
    assert told(wrong(5), wrong(4, averaged), wrong(6)) == [
        f"claim 1: {once} (and 2 more checks for the same reason)"
    ]
    assert told(wrong(5), wrong(4, averaged), failing("another idea")) == [
        f"claim 1: {once} (and 1 more check for the same reason)",
        "claim 2: another idea.",
    ]


def test_sentences_that_differ_in_numbers_alone_are_told_once():
    assert told(wrong(5), wrong(-6.5), wrong(float("nan"))) == [
        "claim 0: the term is 5; expected 12. (and 1 more check for the same reason)",
        "claim 2: the term is nan; expected 12.",
    ]
    assert len(told(failing("x0 has changed."), failing("x1 has changed."))) == 2
    assert len(told(failing("it is a Conv2d"), failing("it is a Conv1d"))) == 2
    assert len(told(failing("row 1 of 20,000"), failing("row 3 of 2,000"))) == 1
    assert len(told(failing("a", cause="one"), failing("b", cause="one"))) == 1
    assert len(told(failing("a", cause="one"), failing("a", cause="other"))) == 2


def test_what_is_unsolved_is_told_once_and_not_counted():
    assert told(unsolved, unsolved, no) == [UNSOLVED, "claim 2: no."]


def test_a_cut_gradient_is_no_line_of_torch():
    cut = torch.ones(2)
    assert told(
        lambda: checks.check_gradient(cut, "the term", "did .item() cut it off?"),
        lambda: cut.sum().backward(),
    ) == [
        "claim 0: the term has no gradient: did .item() cut it off? "
        "(and 1 more check for the same reason)"
    ]
    (sentence,) = told(lambda: cut.sum().backward())
    assert sentence.startswith("claim 0: no gradient arrives") and sentence.endswith("?")


@pytest.mark.parametrize(
    ("text", "end"),
    {
        "no": "no.",
        "no.": "no.",
        "is it?.": "is it?",
        "a..": "a.",
        "wait...": "wait...",
        "(3,)": "(3,).",
    }.items(),
)
def test_a_sentence_has_one_mark_at_its_end(text, end):
    assert ended(text) == end
    assert told(failing(text)) == [f"claim 0: {end}"]


def test_validate_shows_whole_sentences(monkeypatch):
    """It cuts lines, so they are broken before."""
    failed = Failed("a word " * 50 + "\n- the last line")
    assert failed._render_traceback_() == str(failed).splitlines()
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    lines = failed._render_traceback_()
    assert max(map(len, lines)) <= 83 and lines[-1] == "- the last line"
    assert " ".join(lines).split() == str(failed).split()


USES = {
    "iteration": list,
    "membership": lambda x: 1 in x,
    "unpacking": lambda x: dict(**x),
    "indexing": lambda x: x[0],
    "assignment": lambda x: x.__setitem__(0, 1),
    "attribute": lambda x: x.shape,
    "hasattr": lambda x: hasattr(x, "shape"),
    "setattr": lambda x: setattr(x, "shape", 1),
    "call": lambda x: x(1),
    "sum": lambda x: 1 + x,
    "power": lambda x: x**2,
    "in place": lambda x: operator.iadd(x, 1),
    "negation": lambda x: -x,
    "equal": lambda x: x == 1,
    "not equal": lambda x: x != 1,
    "less": lambda x: x < 1,
    "isinstance": lambda x: isinstance(x, torch.Tensor),
    "with": lambda x: x.__enter__(),
    **{f.__name__: f for f in (float, int, bool, len, abs, round, str, hash, max, sum, math.sqrt)},
    "format": lambda x: f"{x:.3f}",
    "numpy": np.asarray,
    "numpy function": np.exp,
    "torch function": torch.sum,
    "torch operator": lambda x: torch.ones(2) * x,
    "as_tensor": torch.as_tensor,
    "check_values": lambda x: checks.check_values(x, 1.0, "it"),
    "as_floats": lambda x: checks.as_floats(x, "it"),
    "as_rows": lambda x: checks.as_rows(x, torch.ones(2)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_whatever_depends_on_a_failed_claim_keeps_silent(use):
    for in_a_claim in (True, False):
        report = Report("test-x", seed=1)
        with pytest.raises(Failed) as failed, report as check:
            result = check("one", no)
            if in_a_claim:
                check("two", use, result)
            else:
                use(result)
        assert str(failed.value) == "test-x: one: no. (seed 1)"
        assert [claim.failure for claim in report.claims] == ["no.", None]


def test_a_statement_outside_of_any_claim_is_a_failure_too():
    with pytest.raises(Failed) as failed, Report("test-x", seed=1) as check:
        check("one", no)
        {}["key"]
        check("never stated", int)
    assert str(failed.value).splitlines()[1:] == [
        "- one: no.",
        "- your code stopped with KeyError: 'key'",
    ]
    assert [claim.held for claim in check.claims] == [False, False]
    told = "^test-x: your code stopped with SystemExit: 3"
    with pytest.raises(Failed, match=told), Report("test-x"):
        raise SystemExit(3)


def test_claims_with_points_earn_a_share():
    with Report("test-x") as check:
        check("one", int, points=5)
        with check("two", points=1):
            pass
    assert check.earned == 6 and [claim.points for claim in check.claims] == [5, 1]

    with pytest.raises(Failed, match="no.*\n.*earned 5 of 6 points"), Report("test-x") as check:
        check("one", int, points=5)
        with check("two", points=1):
            no()
        check("needed by all", int)
    assert check.earned == 5

    for needed in (True, False):
        with pytest.raises(Failed) as failed, Report("test-x") as check:
            check("one", int, points=5)
            if needed:
                check("needed by all", no)
            else:
                raise ValueError("what would have come is not known")
        assert check.earned == 0 and "earned" not in str(failed.value)

    assert run(Report("test-x"), int).earned is None
    assert Report("test-x").earned is None


def test_a_claim_outside_of_the_block_can_pass_nobody():
    check = Report("test-x")
    for state in (lambda: check("one"), lambda: check("one", int)):
        with pytest.raises(MisuseError, match=r"write `with Report\(...\) as check:`"):
            state()
    with check:
        late = check("late")
        with late:
            pass
    for state in (lambda: check("one", int), late.__enter__):
        with pytest.raises(MisuseError):
            state()
    with pytest.raises(MisuseError), Report("test-y"):  # nor in the block of another one
        check("one", int)


def test_a_claim_that_states_nothing_can_pass_nobody():
    with pytest.raises(MisuseError, match="'one'.* states nothing"), Report("test-x") as check:
        check("one")


def test_listeners_hear_of_each_report_at_its_start(monkeypatch):
    heard = []
    monkeypatch.setattr(Report, "listeners", [heard.append])
    report = Report("test-x")
    assert heard == []
    with report as check:
        assert heard == [check]
        check("one", int)
    assert heard[0].claims == [Claim("one", True)]


def test_claims_draw_fresh_numbers_and_leave_the_stream_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with Report("test-x") as check:
        drawn = [check(claim, torch.rand, 2) for claim in ("one", "two")]
    assert torch.equal(torch.rand(2), expected)
    assert not torch.equal(*drawn)
    with Report("test-x", seed=check.seed) as check:
        again = check("one", torch.rand, 2)
    assert torch.equal(drawn[0], again)


def test_an_interrupt_is_not_swallowed():
    for in_a_claim in (True, False):
        with pytest.raises(KeyboardInterrupt), Report("test-x") as check:
            if in_a_claim:
                with check("one"):
                    raise KeyboardInterrupt
            raise KeyboardInterrupt
        assert check.claims == []


def test_a_module_that_the_test_cell_cannot_import_is_no_failure_of_the_student():
    with pytest.raises(ModuleNotFoundError), Report("test-x") as check:
        check("one", importlib.import_module, "no_such_module")
    error = ImportError("no")
    error.student_error = "ImportError: no (line 1 of `f`)"
    told = "your code stopped with ImportError: no .line 1 of `f`"
    with pytest.raises(Failed, match=told), Report("test-x"):
        raise error


NOTEBOOK = {
    "answer": """
        import torch
        from torch.nn import functional as F

        def vae_loss(output, images):
            return F.binary_cross_entropy(output, images)

        def twice(function):
            return 2 * function()
    """,
    "test": """
        from helpers.checks import Report

        def shape_of(result):
            return result.shape

        with Report("test-x", seed=1) as check:
            check("one", vae_loss, torch.tensor([2.0]), torch.tensor([1.0]))
            with check("two"):
                vae_loss(torch.tensor([2.0]), torch.tensor([1.0]))
            with check("three"):
                shape_of(vae_loss(torch.tensor([0.5]), torch.tensor([1.0])).tolist())
            with check("four"):
                twice(lambda: 1 / 0)
    """,
}


@pytest.fixture(params=[XCachingCompiler, CachingCompiler], ids=["ipykernel", "IPython"])
def shell(request):
    """A notebook: its cells are compiled as ipykernel does, or as IPython in a terminal does."""
    before = sys.modules["__main__"]
    shell = InteractiveShell()
    shell.compile = request.param()
    yield shell
    sys.modules["__main__"] = before


def test_a_failure_names_the_line_of_the_student_or_none(shell):
    for source in NOTEBOOK.values():
        result = shell.run_cell(textwrap.dedent(source).strip(), silent=True)
    lines = str(result.error_in_exec).splitlines()
    where = "(line 5 of `vae_loss`: `return F.binary_cross_entropy(output, images)`)"
    assert lines[1].startswith("- one: your code stopped with RuntimeError: ")
    assert lines[1].endswith(f"{where} (and 1 more check for the same reason)")
    told = "- three: your code stopped with AttributeError: "
    assert lines[2] == f"{told}'float' object has no attribute 'shape'"
    assert lines[3].endswith(
        "ZeroDivisionError: division by zero (line 8 of `twice`: `return 2 * function()`)"
    )


def test_check_values_names_the_mistake():
    with pytest.raises(Failed, match="expected 12: averaged"):
        checks.check_values(torch.tensor(4.0), 12.0, "the term", {"averaged": 4.0})
    with pytest.raises(Failed, match="the term is 5; expected 12"):
        checks.check_values(5, 12.0, "the term", {"averaged": 4.0})
    with pytest.raises(Failed):
        checks.check_values(torch.tensor(float("nan")), 12.0, "the term")
    with pytest.raises(Failed, match=r"\(0, 0, 0\); expected \(0, 0\)"):
        checks.check_values(torch.zeros(3), torch.zeros(2), "the term")
    checks.check_values(torch.tensor(12.0), 12, "the term")
    checks.check_values(torch.full((2, 2), 1.0), 1.0, "the term")


def test_check_shape_range_finite():
    checks.check_shape(torch.zeros(2, 3), (2, 3), "x")
    checks.check_range(torch.tensor([0.0, 1.0]), 0, 1, "x")
    for call in (
        lambda: checks.check_shape(torch.zeros(3), (2, 3), "x"),
        lambda: checks.check_shape([1, 2], (2,), "x"),
        lambda: checks.check_range(torch.tensor([0.0, 1.1]), 0, 1, "x"),
        lambda: checks.check_range(torch.tensor([float("nan")]), 0, 1, "x"),
        lambda: checks.check_finite(torch.tensor([float("inf")]), "x"),
        lambda: checks.check_unchanged(torch.zeros(2), torch.ones(2), "x"),
        lambda: checks.check_gradient(torch.zeros(2), "x", "detach"),
        lambda: checks.as_floats([1.0, float("nan")], "x"),
        lambda: checks.as_floats(3, "x"),
    ):
        with pytest.raises(Failed):
            call()


class Net(nn.Module):
    def __init__(self, spare=False, mix=False):
        super().__init__()
        self.layer, self.mix = nn.Linear(4, 4), mix
        if spare:
            self.spare = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(x) - (x.mean(0) if self.mix else 0)


def test_every_parameter_is_used():
    x = torch.rand(5, 4)
    checks.check_parameters_used(Net(), lambda model: model(x))
    with pytest.raises(Failed, match="spare.weight"):
        checks.check_parameters_used(Net(spare=True), lambda model: model(x))
    with pytest.raises(Failed, match="no trainable parameter"):
        checks.check_parameters_used(
            Net().requires_grad_(False), lambda model: model(x.clone().requires_grad_())
        )


def test_batch_members_do_not_influence_each_other():
    x = torch.rand(5, 4)
    checks.check_batch_independence(Net(), x, "the output")
    x[0, 0] = 1.0  # the largest of all, so that the first alone has its own
    for function in (
        Net(mix=True),
        lambda x: x.sum(0, keepdim=True),
        lambda x: x.flip(0),
        lambda x: x / x.max(),
        lambda x: x if len(x) > 1 else x * math.nan,
    ):
        with pytest.raises(Failed):
            checks.check_batch_independence(function, x, "the output")


def test_a_model_that_was_trained_has_weights_that_gradients_reach():
    x = torch.rand(5, 4)
    checks.check_trainable(Net(spare=True), lambda model: model(x), "`net`")
    for model, output in (
        (Net(), lambda model: model(x).detach()),
        (Net(), lambda model: x.clone().requires_grad_() * 2),
        (Net().requires_grad_(False), lambda model: model(x)),
    ):
        with pytest.raises(Failed, match="no gradient reaches a weight of `net`"):
            checks.check_trainable(model, output, "`net`")
    with pytest.raises(Failed, match="`net` has no weights"):
        checks.check_trainable(nn.ReLU(), lambda model: model(x), "`net`")


def test_what_is_good_with_known_digits_alone_is_told():
    checks.check_new_digits(4.6, 4.7, 22, "the test loss")
    for new in (22.0, math.nan):
        with pytest.raises(Failed, match="is 4.6 with the test digits, and (22.0|nan)"):
            checks.check_new_digits(4.6, new, 22, "the test loss")
