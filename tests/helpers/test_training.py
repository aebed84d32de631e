"""Epochs and History: what a training loop relies on."""

import copy
import json
import os
import pickle
import queue
import subprocess
import sys
import time

import pytest
import torch
from jupyter_client.manager import start_new_kernel

from helpers import training
from helpers.session import autograding, watched
from helpers.training import History, epochs

BATCHES = [torch.arange(3)] * 5


@pytest.fixture(autouse=True)
def _not_graded(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("COURSE_TRAINING_SECONDS", raising=False)


@pytest.fixture
def graded(monkeypatch):
    """As in a notebook that nbgrader executes; call it with a limit for training, in seconds."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    return lambda seconds: monkeypatch.setenv("COURSE_TRAINING_SECONDS", str(seconds))


def _filled(batches, **terms):
    history = History(*terms)
    for _ in range(batches):
        history.record(4, **{name: torch.tensor(4.0 * value) for name, value in terms.items()})
    return history


def test_epochs_go_through_the_loader_in_order_and_show_a_bar(capfd):
    seen = [(epoch, [len(batch) for batch in batches]) for epoch, batches in epochs(BATCHES, 3)]
    assert seen == [(1, [3] * 5), (2, [3] * 5), (3, [3] * 5)]
    printed = capfd.readouterr()
    assert "epoch 3 of 3: 100%" in printed.err and printed.out == ""


def test_the_bar_shows_the_last_recorded_terms(capfd):
    history = History("mse")
    for _, batches in epochs(BATCHES, 1, history=history):
        for batch in batches:
            history.record(len(batch), mse=torch.tensor(7.5) * len(batch))
    assert "mse=7.5" in capfd.readouterr().err


def test_quiet_and_graded_runs_write_nothing(capfd, graded):
    for quiet in (False, True):
        assert sum(1 for _, batches in epochs(BATCHES, 2, quiet) for _ in batches) == 2 * 5
    assert capfd.readouterr() == ("", "")


def test_an_iterator_is_refused_since_it_would_be_empty_after_one_epoch():
    with pytest.raises(TypeError, match="a zip is used up after one epoch"):
        next(epochs(zip(BATCHES, BATCHES, strict=True), 2))


def test_a_used_up_budget_leaves_one_batch_an_epoch_and_says_so(capfd, graded):
    graded(0)
    counts = {epoch: len(list(batches)) for epoch, batches in epochs(BATCHES, 10)}
    assert counts == dict.fromkeys(range(1, 11), 1)
    printed = capfd.readouterr()
    assert printed.out.count("\n") == 1 and "cut short" in printed.out and printed.err == ""


class Clocks:
    """Time as the test lets it pass: what the process computes, and what the wall says."""

    def __init__(self, load=1):
        self.computed, self.wall, self.load = 5.0, 100.0, load

    def compute(self, seconds):
        self.computed += seconds
        self.wall += seconds * self.load

    def process_time(self):
        return self.computed

    def monotonic(self):
        return self.wall


@pytest.mark.parametrize("load", [1, 5])  # beside how much other work the process runs
def test_each_epoch_gets_its_share_of_what_is_left(monkeypatch, graded, load):
    clocks = Clocks(load)
    monkeypatch.setattr(training, "time", clocks)
    graded(30)
    counts = {}
    for epoch, batches in epochs(range(100), 4):
        counts[epoch] = 0
        for _ in batches:
            counts[epoch] += 1
            clocks.compute(0.5)  # what a batch costs
        clocks.compute(3 if epoch == 1 else 0)  # a slow test after the first epoch
    # 30 s / 4 is 7.5 s; (30 - 7.5 - 3) s / 3 is 6.5 s for each of the others.
    assert counts == {1: 15, 2: 13, 3: 13, 4: 13} and clocks.computed == 5 + 30


def test_a_run_that_only_waits_ends_after_ten_times_the_budget(monkeypatch, graded, capfd):
    clocks = Clocks()
    monkeypatch.setattr(training, "time", clocks)
    graded(30)
    for _, batches in epochs(range(100), 2):
        for _ in batches:
            clocks.wall += 10
    assert clocks.wall == 100 + 10 * 30
    assert "the 30 seconds of processor time" in capfd.readouterr().out


def _compute(batches=100):
    """A training of a fixed amount of work: how many batches it came to, and what they cost."""
    computed, began, count = time.process_time(), time.monotonic(), 0
    for _, loader in epochs(range(batches // 2), 2):
        for _ in loader:
            count += 1
            sum(range(200_000))
    return count, time.process_time() - computed, time.monotonic() - began


@pytest.fixture
def one_processor():
    """All that this thread starts shares one processor, where the system can be told so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("one_processor")
def test_a_training_beside_four_busy_processes_goes_as_far_as_alone(graded, capfd):
    _, alone, _ = _compute()
    graded(3 * alone)  # memory and caches are shared, too
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        time.sleep(0.5)  # until they compute
        count, computed, wall = _compute()
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert count == 100 and capfd.readouterr().out == ""
    assert wall > 2 * computed  # they were busy, indeed


def test_a_run_within_its_budget_is_complete_and_says_nothing(capfd, graded):
    graded(1000)
    assert [len(list(batches)) for _, batches in epochs(BATCHES, 3)] == [5, 5, 5]
    assert capfd.readouterr() == ("", "")


def test_a_last_batch_that_uses_the_budget_up_is_no_cut(capfd, graded):
    graded(0)
    assert [len(list(batches)) for _, batches in epochs([1], 2)] == [1, 1]
    assert capfd.readouterr().out == ""


def test_the_budget_is_for_graded_runs_only_and_must_be_a_number(monkeypatch, graded):
    graded("a minute")
    with pytest.raises(ValueError, match="COURSE_TRAINING_SECONDS is 'a minute'"):
        next(epochs(BATCHES, 1))
    graded(0)
    monkeypatch.delenv("NBGRADER_EXECUTION")
    assert [len(list(batches)) for _, batches in epochs(BATCHES, 2, quiet=True)] == [5, 5]


def test_history_keeps_every_tenth_batch_per_image():
    history = History("mse")
    for batch in range(21):
        history.record(batch + 1, mse=torch.tensor(float(batch * (batch + 1))))
    assert history == {"mse": [0.0, 10.0, 20.0]}
    assert all(type(value) is float for value in history["mse"])


def test_a_smaller_last_batch_is_divided_by_its_own_size():
    history = History("mse")
    history.record(64, mse=torch.tensor(640.0))
    for _ in range(9):
        history.record(64, mse=torch.tensor(0.0))
    history.record(16, mse=torch.tensor(160.0))
    assert history["mse"] == [10.0, 10.0]


def test_a_history_is_a_dict_of_lists_of_floats():
    history = _filled(11, kl=2.0, recon=0.5)
    plain = {"kl": [2.0, 2.0], "recon": [0.5, 0.5]}
    copies = [copy.copy(history), copy.deepcopy(history), pickle.loads(pickle.dumps(history))]
    others = [history.copy(), history | {}, json.loads(json.dumps(history)), eval(repr(history))]
    for read in [history, *copies, *others]:
        assert read == plain and list(read) == ["kl", "recon"]
        assert all(type(value) is float for values in read.values() for value in values)


def test_histories_compare_as_dicts():
    assert _filled(1, kl=1.0) == {"kl": [1.0]} == _filled(1, kl=1.0)
    assert {"kl": [1.0]} == _filled(1, kl=1.0) != {"kl": []}
    assert not _filled(1, kl=1.0) != _filled(1, kl=1.0)  # noqa: SIM202
    assert isinstance(_filled(1, kl=1.0), dict) and len(_filled(1, kl=1.0)) == 1


def test_copies_go_on_by_themselves():
    history = _filled(10, kl=1.0)
    for other in (copy.copy(history), copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
        other["kl"] = list(other["kl"])
        other.record(1, kl=3.0)
        assert other == {"kl": [1.0, 3.0]} and history == {"kl": [1.0]}


def test_a_list_taken_out_goes_on_growing_as_an_ordinary_one():
    history = _filled(1, kl=1.0)
    taken = history["kl"]
    for _ in range(10):
        history.record(1, kl=2.0)
    assert history["kl"] is taken and taken == [1.0, 2.0]


def test_recording_reads_from_the_device_every_tenth_batch_only():
    history = History("mse")
    history.record(4, mse=torch.tensor(8.0))
    unreadable = torch.zeros((), device="meta", requires_grad=True)
    for _ in range(9):
        history.record(4, mse=unreadable)
    assert history == {"mse": [2.0]}
    with pytest.raises(RuntimeError, match="meta"):  # nothing can be read from this device
        history.record(4, mse=unreadable)


def test_what_is_recorded_does_not_change_with_the_tensor():
    history, loss = History("mse"), torch.ones(3, requires_grad=True).sum()
    history.record(1, mse=loss)
    with torch.no_grad():
        loss /= 3
    assert history["mse"] == [3.0]


@pytest.mark.parametrize(
    ("arguments", "terms", "message"),
    [
        ([4], {"recon": 1.0}, "records recon, kl, but .* was given recon"),
        ([4], {}, "was given no term"),
        ([4], {"recon": 1.0, "kl": 1.0, "mse": 1.0}, "recon, kl, mse"),
        ([0], {"recon": 1.0, "kl": 1.0}, "number of images"),
        ([4], {"recon": 1.0, "kl": torch.zeros(4)}, r"kl is of shape \(4,\).*loss.sum\(\)"),
        ([4], {"recon": 1.0, "kl": "2"}, "kl is '2'"),
    ],
)
def test_wrong_records_are_explained(arguments, terms, message):
    with pytest.raises(ValueError, match=message):
        History("recon", "kl").record(*arguments, **terms)


def test_a_history_needs_names():
    for names in ([], [["mse"]]):
        with pytest.raises(TypeError, match='History."mse".'):
            History(*names)


def test_autograding_is_what_nbgrader_says(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert not autograding() and watched()
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert autograding() and not watched()


TRAINING = """
from helpers.training import epochs
for epoch, batches in epochs([1, 2, 3], 2):
    for batch in batches:
        pass
"""


def test_a_notebook_has_a_bar_only_where_a_person_watches():
    """JupyterLab allows cells to ask for input; nbgrader, nbconvert and nbval don't."""
    manager, client = start_new_kernel(extra_arguments=["--HistoryManager.hist_file=:memory:"])
    try:
        outputs = {}
        for person in (False, True):
            outputs[person] = []
            client.execute_interactive(
                TRAINING, allow_stdin=person, output_hook=outputs[person].append, timeout=60
            )
    except queue.Empty:
        pytest.fail("the kernel does not answer")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    kinds = {person: [m["msg_type"] for m in messages] for person, messages in outputs.items()}
    assert set(kinds[False]) == {"status", "execute_input"}
    assert "display_data" in kinds[True] and "stream" not in kinds[True]
    [shown] = [m["content"]["data"] for m in outputs[True] if m["msg_type"] == "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in shown
