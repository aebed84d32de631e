"""The words of the test cells: what passes in silence, and what a failure says."""

import pytest
import torch
from torch import nn

from helpers import checks
from helpers.checks import Failed, Report


def test_report_tells_every_failure_and_the_seed(capsys):
    check = Report("test-x", seed=7)
    with check("one"):
        raise Failed("first sentence.")
    with check("two"):
        pass
    with check("three"):
        {}["key"]
    with pytest.raises(Failed) as failed:
        check.report()
    text = str(failed.value)
    assert "one: first sentence." in text and "seed 7" in text and "two" not in text
    assert "three: your code stopped with KeyError" in text
    assert failed.value._render_traceback_() == text.splitlines()
    assert capsys.readouterr() == ("", "")


def test_report_passes_quietly(capsys):
    check = Report("test-x")
    with check("one"):
        pass
    assert check.report() is None
    assert capsys.readouterr() == ("test-x: passed\n", "")


def test_unsolved_and_undefined_say_so_in_one_line():
    for code in ("raise NotImplementedError", "missing_function(1)"):
        check = Report("test-x")
        for claim in ("one", "two"):
            with check(claim):
                exec(code)
        with pytest.raises(Failed, match="not implemented yet") as failed:
            check.report()
        assert len(str(failed.value).splitlines()) == 1


def test_a_failed_claim_is_not_told_again_by_the_names_it_left_undefined():
    check = Report("test-x")
    with check("one"):
        raise Failed("no.")
    with check("two"):
        never_assigned  # noqa: B018, F821
    assert len(check.failures) == 1


def test_claims_draw_fresh_numbers_and_leave_the_stream_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    check, drawn = Report("test-x"), []
    for claim in ("one", "two"):
        with check(claim):
            drawn.append(torch.rand(2))
    assert torch.equal(torch.rand(2), expected)
    assert not torch.equal(*drawn)
    again, seed = [], check.seed
    with Report("test-x", seed=seed)("one"):
        again.append(torch.rand(2))
    assert torch.equal(drawn[0], again[0])


def test_an_interrupt_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt), Report("test-x")("one"):
        raise KeyboardInterrupt


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
    for function in (Net(mix=True), lambda x: x.sum(0, keepdim=True), lambda x: x.flip(0)):
        with pytest.raises(Failed):
            checks.check_batch_independence(function, x, "the output")
