"""What a hostile process sends is measured and taken apart; nothing of it is believed or run."""

import contextlib
import json
import threading
from multiprocessing.connection import Client

import pytest
import torch

from grading import wire
from grading.plan import Need
from grading.trusted.errors import StudentStopped
from grading.trusted.listener import TokenListener
from grading.trusted.proxies import RemoteStudent
from grading.trusted.session import Session
from grading.verdict import Status

FORGED = {
    "nothing": b"",
    "zeros": bytes(8),
    "noise": b"x" * 1000,
    "a head that claims too much": (1 << 40).to_bytes(8, "big") + b"{}",
    "no value": {"arrays": []},
    "an unknown kind": {"value": ["code", "1"], "arrays": []},
    "an array that claims terabytes": {
        "value": ["tensor", 0],
        "arrays": [{"torch": "float32", "shape": [1 << 39], "device": "cpu"}],
    },
    "terabytes beside a dimension of 0": {
        "value": ["tensor", 0],
        "arrays": [{"torch": "float32", "shape": [0, 1 << 39], "device": "cpu"}],
    },
    "texts beside a dimension of 0": {
        "value": ["texts", ["U", ["list", [0, 1 << 39]], ["list", []], False]],
        "arrays": [],
    },
    "a set of equal hashes": {
        "value": ["set", [["int", [hex(k * ((1 << 61) - 1))]] for k in range(2, 100_000)]],
        "arrays": [],
    },
    "keys of equal hashes": {
        "value": ["dict", [[["int", [hex(k * ((1 << 61) - 1))]], 0] for k in range(2, 100_000)]],
        "arrays": [],
    },
    "a negative size": {
        "value": ["tensor", 0],
        "arrays": [{"torch": "float32", "shape": [-1], "device": "cpu"}],
    },
    "objects": {"value": ["array", 0], "arrays": [{"numpy": "object", "shape": [0]}]},
    "text": {"value": ["array", 0], "arrays": [{"numpy": "<U8", "shape": [0]}]},
    "no such array": {"value": ["tensor", 3], "arrays": []},
    "a boolean position": {"value": ["tensor", True], "arrays": []},
    "a list as a key": {"value": ["dict", [[["list", []], 1]]], "arrays": []},
    "deep": {"value": eval("[" * 90 + "]" * 90), "arrays": []},
    "deep values": json.dumps({"arrays": []})[:-1].encode()
    + b', "value": ' + b'["list", [' * 400 + b"1" + b"]]" * 400 + b"}",
    "an error that is none": {"error": 5, "arrays": []},
    "a gradient of another shape": {
        "value": None,
        "arrays": [
            {"torch": "float32", "shape": [0], "device": "cpu", "needs": True, "grad": 1},
            {"torch": "float32", "shape": [0, 2], "device": "cpu"},
        ],
    },
    "another device": {
        "value": ["tensor", 0],
        "arrays": [{"torch": "float32", "shape": [0], "device": "meta"}],
    },
    "an argument of another type": {
        "value": None,
        "changed": [[0, 0]],
        "arrays": [{"torch": "float16", "shape": [0], "device": "cpu"}],
    },
    "a join of nothing": {"value": None, "joined": [4], "call": 0, "arrays": []},
}  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
def test_forged_answers_end_the_test(kind, tmp_path):

    answer = FORGED[kind]
    if isinstance(answer, dict):
        answer = json.dumps(answer).encode()
    if answer[:1] == b"{":
        answer = len(answer).to_bytes(8, "big") + answer
    session = Session(interrupt=lambda: None)
    session.listen(str(tmp_path / "socket"))

    def forge():
        with Client(session.listener.address) as line:
            line.send_bytes(b"token")
            for reply in (wire.encode({"value": ["object", {"id": 1, "type": "x"}]}, []), answer):
                line.recv_bytes()
                line.send_bytes(reply)

    threading.Thread(target=forge, daemon=True).start()
    source = "import torch\nx = torch.ones(1)\nassert double(x) is not None or True"
    times = {"call_seconds": 5, "seconds": 10}
    need = Need(source, asked=("double",))
    verdict = session.test("test", need, [], 4.0, "token", **times)
    session.close()
    assert verdict.status is Status.STOPPED, verdict
    assert "gave no valid answer" in verdict.message


def test_an_answer_is_measured_before_it_is_read(tmp_path):
    listener = TokenListener(str(tmp_path / "socket"))

    def flood():
        with Client(listener.address) as line, contextlib.suppress(BrokenPipeError):
            line.send_bytes(b"token")
            line.recv_bytes()
            line.send_bytes(bytes(3 << 20))

    threading.Thread(target=flood, daemon=True).start()
    line = listener.wait("token", 20)
    student = RemoteStudent(line, interrupt=None, call_seconds=5, seconds=9, limit=1 << 20)
    with pytest.raises(StudentStopped, match="more than 1 MiB"):
        student.request("name", name="x")
    listener.close()


def test_all_answers_to_a_test_are_measured_together(tmp_path):
    listener = TokenListener(str(tmp_path / "socket"))

    def answer():
        with Client(listener.address) as line, contextlib.suppress(EOFError, OSError):
            line.send_bytes(b"token")
            while line.recv_bytes():
                line.send_bytes(wire.encode({"value": ["tensor", 0]}, [torch.zeros(1 << 16)]))

    threading.Thread(target=answer, daemon=True).start()
    line = listener.wait("token", 20)
    limits = {"answers_limit": 1 << 20, "call_seconds": 5, "seconds": 9}
    student = RemoteStudent(line, interrupt=None, **limits)
    for _ in range(3):
        student.request("name", name="x")
    with pytest.raises(StudentStopped, match="answers of more than 1 MiB in this test"):
        student.request("name", name="x")
    listener.close()


def test_nobody_gets_in_without_the_token(tmp_path):
    listener = TokenListener(str(tmp_path / "socket"))
    with Client(listener.address) as line, pytest.raises(StudentStopped):
        line.send_bytes(b"guess")
        listener.wait("token", 0.2)
    listener.close()


def test_a_true_that_is_neither_true_nor_false_is_made_true():
    message = bytearray(wire.encode({}, [torch.tensor([True])]))
    message[-1] = 2
    _, (tensor,), _ = wire.decode(bytes(message))
    assert wire.array_bytes(tensor) == b"\1"
