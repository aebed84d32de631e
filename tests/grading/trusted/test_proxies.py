"""The student's code by proxy: real calls between a real kernel and a real trusted process."""

import secrets
from pathlib import Path

import nbformat
import pytest
import torch
from jupyter_client.manager import start_new_kernel

from grading.judge.judge import REMEMBER, SERVE
from grading.judge.kernel_client import STUDENT_SIDE
from grading.judge.trusted_client import Interrupt, TrustedClient, TrustedDiedError
from grading.plan import Need, Step, _read_by, plan
from grading.verdict import Status, Verdict
from helpers.claims import Claim

SETUP = """\
import torch
device = torch.device("cpu")
untrained = torch.nn.Linear(2, 2)
"""
STUDENT = """\
import itertools, os, time
from torch import nn
nn.init.constant_(untrained.weight, 7.0)
def double(x): return 2 * x
def same(x): return x
def shift(x):
    x += 1
    return x
def reshape(x): return x.unsqueeze_(0)
def wrong(x):
    y = x + 1
    return y + "a"
def unsolved(): raise NotImplementedError
class OwnError(KeyError): pass
def own(): raise OwnError("mine")
def leave(): raise SystemExit(3)
def noise(x): return x + torch.randn_like(x)
def evaluate(model, x): return float(model.weight.max()) == 7.0, model(x)
def loop():
    while True: pass
def deaf():
    while True:
        try: time.sleep(10)
        except BaseException: pass
def stop(): os._exit(1)
def numbers():
    for i in itertools.count(): yield i
def shout(): print("x" * 1000)
def grad_mode(): return torch.is_grad_enabled()
def deep():
    value = []
    for _ in range(100): value = [value]
    return value
def large(): return torch.zeros(1).expand(80_000_000)
class Model(nn.Module):
    def __init__(self, features=3):
        super().__init__()
        self.layer = nn.Linear(4, features)
        self.drop = nn.Dropout(0.5)
    def forward(self, x): return self.drop(self.layer(x))
    def encoder(self, x):
        z = self.layer(x)
        return z, {"twice": (2 * z, [z.shape])}
class History(dict): pass
history = History(mse=[1.0, 2.5], name="loss")
snapshots = {0: torch.zeros(2, 2), 5: torch.ones(2, 2)}
model = Model()
"""
ALLOWED = [
    *("double", "same", "shift", "reshape", "wrong", "unsolved", "own", "leave", "noise"),
    *("evaluate", "loop", "deaf", "stop", "numbers", "shout", "grad_mode", "deep", "large"),
    *("Model", "history", "snapshots", "model", "missing", "device"),
]


POINTS = 4.0  # of every test cell here


def need_of(source):
    """What a test cell needs where all of ALLOWED are the student's."""
    return Need(source, asked=tuple(_read_by(source) & {*ALLOWED} - {"device"}), known=ALLOWED)


class Pair:
    """A kernel that ran the student's cells, and the trusted process beside it."""

    def __init__(self, folder, memory=0):
        self.folder, self.kernel = folder, None
        self.trusted = TrustedClient(folder, memory)

    def student(self):
        if self.kernel is None:
            self.manager, self.kernel = start_new_kernel(extra_arguments=["--log-level=50"])
            for code in (STUDENT_SIDE, SETUP, REMEMBER, STUDENT):
                reply = self.kernel.execute(code, silent=True, reply=True, timeout=60)
                assert reply["content"]["status"] == "ok", reply
            self.trusted.begin(0)
            assert self.trusted.set_up([Step(SETUP, cell="setup")]) is None
            path = str(self.folder / secrets.token_hex(4))
            self.address = self.trusted.listen(path)
        return self.kernel

    def test(self, source, call_seconds=30, seconds=60):
        token = secrets.token_hex(4)
        serve = SERVE.format(address=self.address, token=token)
        self.kernel.execute(serve, silent=True)
        self.trusted.test(
            name="test",
            need=need_of(source),
            steps=[],
            points=POINTS,
            token=token,
            call_seconds=call_seconds,
            seconds=seconds,
        )
        while True:
            answer = self.trusted.receive(60)
            if not isinstance(answer, Interrupt):
                return answer
            self.manager.interrupt_kernel()

    def stop_student(self):
        self.kernel.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.kernel = None


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    pair = Pair(tmp_path_factory.mktemp("p"))
    yield pair
    pair.stop_student()
    pair.trusted.kill()


@pytest.fixture
def pair(shared):
    shared.student()
    return shared


PASSING = {
    "values": "assert (double(torch.ones(3)) == 2).all()",
    "plain data": """
assert history == {"mse": [1.0, 2.5], "name": "loss"} and isinstance(history, dict)
assert snapshots[5].sum() == 4 and list(snapshots) == [0, 5]
""",
    "numpy": """
import numpy as np
a = np.arange(3.0)
assert isinstance(double(a), np.ndarray) and (double(a) == 2 * a).all()
assert same(np.float32(2)) == 2 and same(True) is True and same(3 + 4j) == 3 + 4j
""",
    "types of all kinds": """
for x in (None, "word", 2**70, -1.5, (1, [2, {"a": (3,)}]), {1, 2}, torch.float16, slice(1, 2), ...,
          torch.Size([2, 3]), torch.device("cpu"), {(1, 2): 3}, float("inf")):
    assert same(x) == x and type(same(x)) is type(x), x
for dtype in (torch.bfloat16, torch.bool, torch.uint8, torch.complex64, torch.float64, torch.int16):
    x = torch.ones(2, 3).to(dtype)
    assert same(x).dtype == dtype and (same(x) == x).all()
assert same(torch.tensor(3.0)).shape == () and same(torch.empty(0, 4)).shape == (0, 4)
assert (same(torch.arange(6).view(2, 3).T) == torch.arange(6).view(2, 3).T).all()
""",
    "gradients of arguments that have some already": """
x = torch.ones(3, requires_grad=True)
for times in (1, 2, 3):
    double(x).sum().backward()
    assert (x.grad == 2 * times).all(), x.grad
""",
    "gradients of arguments": """
x = torch.ones(3, requires_grad=True)
loss = double(double(x) * x).sum()
loss.backward()
assert (x.grad == 8).all()
y = torch.ones(2, requires_grad=True)
assert (torch.autograd.grad(same(y).sum(), y)[0] == 1).all()
""",
    "gradients of parameters": """
net = Model(2)
net.eval()
z, more = net.encoder(torch.ones(5, 4))
twice, [shape] = more["twice"]
assert shape == (5, 2)
assert all(p.grad is None for p in net.parameters())
(z + twice).sum().backward()
assert [p.grad is not None for p in net.parameters()] == [True, True]
assert (dict(net.named_parameters())["layer.bias"].grad == 15).all()
net.zero_grad()
assert all(p.grad is None for p in net.parameters())
""",
    "no gradients": """
with torch.no_grad():
    assert not model(torch.ones(1, 4)).requires_grad and not grad_mode()
assert grad_mode() and model(torch.ones(1, 4)).requires_grad
""",
    "objects": """
net = Model(features=1)
net.load_state_dict({n: torch.zeros_like(p) for n, p in net.named_parameters()}, strict=False)
net.eval()
assert net.training is False and net(torch.ones(2, 4)).abs().sum() == 0
assert net.layer.weight.shape == (1, 4) and hasattr(net, "layer") and not hasattr(net, "other")
net.note = "seen"
assert net.note == "seen" and "weight" in net.layer.state_dict()
assert type(net).__name__ == "Model" and len(list(net.children())) == 2 and net
""",
    "iterators": """
stream = numbers()
assert [next(stream), next(stream)] == [0, 1]
named = model.named_parameters()
assert next(iter(named))[0] == "layer.weight"
""",
    "arguments changed in place": """
x = torch.zeros(2)
shift(x)
assert (x == 1).all()
y = torch.zeros(2)
reshape(y)
assert y.shape == (1, 2)
""",
    "by name, as it was": "assert evaluate(untrained, torch.ones(1, 2))[0] is False",
    "random numbers": """
x = torch.zeros(100)
torch.manual_seed(3); a = noise(x)
b = noise(x)
torch.manual_seed(3); c = noise(x)
assert (a == c).all() and not (a == b).any()
assert not (noise(x) == Model(100)(torch.ones(1, 4))).any()
""",
    "eval and dropout": """
net = Model(1000)
assert (net(torch.ones(1, 4)) == 0).float().mean() > 0.3
net.eval()
assert (net(torch.ones(1, 4)) == 0).float().mean() < 0.1
""",
    "functions of our own": """
def check(f, n):
    return [f(torch.ones(n)).sum().item() for _ in range(3)]
assert check(double, 2) == [4.0] * 3
""",
    "a million numbers": "assert double(torch.ones(1_000_000)).sum() == 2_000_000",
    "silence": "shout()",
}


@pytest.mark.parametrize("idea", PASSING)
def test_a_test_cell_works_as_if_the_student_were_here(pair, idea):
    verdict = pair.test(PASSING[idea])
    assert verdict == Verdict("test", Status.PASSED, POINTS, POINTS)


def test_a_passed_test_whose_arguments_were_changed_earns_nothing_until_a_human_looks(pair):
    verdict = pair.test("x = torch.zeros(2)\nassert (shift(x) == x).all()")
    assert (verdict.status, verdict.points) == (Status.FAILED, 0)
    assert "changed an argument in place" in verdict.message
    assert verdict.manual == verdict.message
    lent = "from helpers.checks import lent\nassert (shift(lent(torch.zeros(2))) == 1).all()"
    verdict = pair.test(lent)
    assert (verdict.status, verdict.points, verdict.manual) == (Status.PASSED, POINTS, "")


def test_an_answer_that_fills_the_memory_fails_its_test_alone(tmp_path):
    pair = Pair(tmp_path, memory=1500 << 20)
    pair.student()
    large = "x = double(torch.ones(1))\nkept = [x.expand(1 << 28).clone() for _ in range(4)]"
    failed = pair.test(large)
    assert (failed.status, failed.error) == (Status.FAILED, "MemoryError")
    assert failed.message == "What your code returned takes more memory to check than grading has."
    numbers = "import numpy as np\nnp.zeros(1 << 30) + double(torch.ones(1)).numpy()"
    assert pair.test(numbers).error == "MemoryError"
    pair.stop_student()


def test_a_number_is_partial_credit_and_nothing_else_is(pair):
    partial = Verdict("test", Status.PASSED, 1.5, POINTS, printed="well\n")
    assert pair.test("print('well')\n1 + 0.5") == partial
    assert pair.test("torch.tensor(0.5)").points == 0.5
    for odd in ("float('nan')", "'full marks'", "True", "[4]", "model", "history", "-1", "5"):
        verdict = pair.test(odd)
        assert (verdict.status, verdict.points) == (Status.BROKEN, 0)
        assert verdict.manual


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ("wrong(torch.ones(1))", "TypeError", '(line 12 of `wrong`: `return y + "a"`)'),
        ("unsolved()", "NotImplementedError", "NotImplementedError (line 13 of `unsolved`"),
        ("own()", "KeyError", "OwnError: 'mine' (line 15 of `own`"),
        ("leave()", "RuntimeError", "SystemExit: 3 (line 16"),
        ("missing()", "NameError", "name 'missing' is not defined"),
        ("Model(1)(torch.ones(2, 5))", "RuntimeError", "of `Model.forward`"),
        ("model.other", "AttributeError", "has no attribute 'other'"),
        ("deep()", "GraderLimit", "nested more than 50 deep"),
        ("large()", "GraderLimit", "larger than 256 MiB"),
        ("list(numbers())", "GraderLimit", "more than 10,000 items"),
        ("double(object())", "TypeError", "a object cannot be sent"),
        ("assert False, 'said'", "AssertionError", "said"),
        ("x = (", "SyntaxError", "'(' was never closed"),
        ("raise SystemExit", "SystemExit", ""),
    ],
)
def test_errors_keep_their_type_and_tell_the_line(pair, source, name, message):
    verdict = pair.test(source)
    broken = name in ("SyntaxError", "GraderLimit")  # no student's mistake
    assert verdict.status is (Status.BROKEN if broken else Status.FAILED)
    assert (verdict.error, verdict.points, bool(verdict.manual)) == (name, 0, broken)
    assert message in verdict.message


def test_an_endless_call_is_interrupted_and_the_next_one_works(pair):
    verdict = pair.test("loop()", call_seconds=1)
    assert verdict.error == "TimeoutError"
    assert "no answer within 1 seconds (line" in verdict.message
    assert pair.test("double(torch.ones(1))\nNone").status is Status.PASSED


def test_a_test_cell_has_its_time_too(pair):
    verdict = pair.test("while True: double(torch.ones(1))", seconds=1)
    assert (verdict.status, verdict.message) == (
        Status.STOPPED, "the student's code took more than 1 seconds in this test"
    )  # fmt: skip


def test_no_except_of_a_test_cell_can_hide_an_end(pair):
    hiding = "try:\n    {}()\nexcept BaseException:\n    pass"
    verdict = pair.test(hiding.format("deaf"), call_seconds=1)
    assert (verdict.status, verdict.message) == (
        Status.STOPPED, "the student's code did not end within 1 seconds"
    )  # fmt: skip
    pair.stop_student()
    pair.student()
    verdict = pair.test(hiding.format("stop"))
    assert (verdict.status, verdict.message) == (
        Status.STOPPED, "the student's code ended before it answered"
    )  # fmt: skip
    pair.stop_student()


def test_the_students_random_stream_is_left_alone(pair):
    ask = {"a": "torch.manual_seed(1).get_state().sum().item()", "b": "torch.rand(1).item()"}
    self_seeded = pair.kernel.execute(ask["a"], silent=True, reply=True, timeout=30)
    assert self_seeded["content"]["status"] == "ok"
    pair.test("noise(torch.ones(5))\nNone")
    reply = pair.kernel.execute(
        "", silent=True, reply=True, timeout=30, user_expressions={"b": ask["b"]}
    )

    torch.manual_seed(1)
    told = reply["content"]["user_expressions"]["b"]["data"]["text/plain"]
    assert float(told) == torch.rand(1).item()


def test_a_dead_process_is_told_from_a_slow_one(tmp_path):
    trusted = TrustedClient(tmp_path)
    assert trusted.receive(0.001) is None
    trusted.kill()
    with pytest.raises(TrustedDiedError):
        trusted.begin(0)


CLAIMS = """
from helpers.checks import Failed, Report, check_values
with Report("test") as check:
    check("a half is right", check_values, double(0.25), 0.5, "it", points=1)
    check("a third is right", check_values, double(0.25), 1 / 3, "it", points={points})
"""


def test_a_verdict_holds_points_and_a_message(pair):
    verdict = pair.test(CLAIMS.format(points=3))
    assert (verdict.status, verdict.points, verdict.error) == (Status.FAILED, 1, "Failed")
    held, failed = verdict.claims
    assert held == Claim("a half is right", True, points=1)
    assert (failed.held, failed.failure) == (False, "it is 0.5; expected 0.33333.")
    assert verdict.failures == ("a third is right: it is 0.5; expected 0.33333.",)
    assert "earned 1 of 4 points" in verdict.message


def test_what_is_too_good_keeps_its_points_and_is_for_a_human(pair):
    verdict = pair.test(
        "from helpers.checks import Report, check_range\n"
        "with Report('test') as check:\n"
        "    check('it is a number', check_range, double(torch.ones(1)), 0, 9, 'it')\n"
        "    check.flag('It is 2; nobody reaches 2.')"
    )
    assert (verdict.status, verdict.points) == (Status.PASSED, POINTS)
    assert (verdict.message, verdict.manual) == ("", "It is 2; nobody reaches 2.")


def test_claims_whose_points_are_not_those_of_the_cell_are_no_verdict(pair):
    verdict = pair.test(CLAIMS.replace("1 / 3", "0.5").format(points=2))
    assert (verdict.status, verdict.points) == (Status.BROKEN, 0)
    assert verdict.manual == "the claims' points make 3, and those of the cell 4"


@pytest.mark.parametrize(
    "forgotten",
    [
        "check = Report('test')\nwith check('it is right'):\n    assert False",
        "check = Report('test')\ncheck('it is right', double, 1)",
        "with Report('test') as check:\n    check('it is right')",
    ],
)
def test_a_report_that_never_reports_passes_nobody(pair, forgotten):
    verdict = pair.test(f"from helpers.checks import Report\n{forgotten}\nNone")
    assert (verdict.status, verdict.points, verdict.error) == (Status.BROKEN, 0, "MisuseError")
    assert verdict.manual.startswith("the test itself fails: ")


ROOT = Path(__file__).resolve().parents[3]
ASKED = {
    "test-noise-range": "AddGaussianNoise",
    "test-noise-moments": "AddGaussianNoise",
    "test-noise-independent": "AddGaussianNoise",
    "test-noise-general": "AddGaussianNoise",
    "test-dae-model": "DAE",
    "test-dae-loss": "AddGaussianNoise dae history",
    "test-dae-denoises": "dae",
    "test-recon": "vae_loss",
    "test-kl": "vae_loss",
    "test-loss-terms": "vae_loss",
    "test-reparameterize": "VAE",
    "test-reparameterize-gradient": "VAE",
    "test-encoder": "VAE",
    "test-decoder": "VAE",
    "test-forward": "VAE",
    "test-vae-elbo": "history vae",
    "test-vae-history": "history vae vae_loss",
    "test-latent-snapshots": "snapshots vae",
    "test-latent-clusters": "vae",
    "test-linear-shape": "linear_interpolation",
    "test-linear-values": "linear_interpolation",
    "test-latent-shape": "latent_linear_interpolation linear_interpolation",
    "test-latent-values": "latent_linear_interpolation linear_interpolation vae",
}


def test_the_student_is_asked_for_what_a_test_cell_needs_and_for_nothing_else():
    asked = {}
    for path in sorted(ROOT.glob("source/*/*.ipynb")):
        tests = plan(nbformat.read(path, 4)).tests
        asked |= {name: " ".join(need.asked) for name, need in tests.items()}
    assert asked == ASKED
