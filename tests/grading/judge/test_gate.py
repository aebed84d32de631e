"""A kernel's message is passed on where it is of a size that may be, whatever its parts."""

import itertools
import os
import threading
import time

import pytest
import zmq

from grading.judge.gate import GREETING, PART, Gate, Sizes, TooLargeError

MOST = 1_000_000
HELLO = (b"\xff" + bytes(8) + b"\x7f\x03").ljust(GREETING, b"\0")


def part(size, flags=0):
    long = size > 255
    return bytes([flags | 2 * long]) + size.to_bytes(8 if long else 1, "big") + b"x" * size


@pytest.mark.parametrize("step", [1, 7, 100, 10_000])
def test_sizes_are_counted_however_the_bytes_arrive(step):
    two = part(800, 1) + part(200 - 2 * PART)  # just as large as may be
    fits = HELLO + part(30, flags=4) + part(0) + two + part(1_000 - PART)
    large = part(800, 1) + part(201 - 2 * PART)
    for stream, is_too_large in ((fits, False), (fits + large, True)):
        sizes = Sizes(1_000)
        pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
        if not is_too_large:
            for piece in pieces:
                sizes.take(piece)
            continue
        with pytest.raises(TooLargeError):
            for piece in pieces:
                sizes.take(piece)


@pytest.mark.parametrize("hello", [b"\xff" + bytes(8) + b"\x7f\x01", b"\x05\x00hello", bytes(11)])
def test_other_versions_of_the_protocol_are_refused(hello):
    with pytest.raises(TooLargeError):
        Sizes(1_000).take(hello.ljust(GREETING, b"\0"))


@pytest.fixture
def lines(tmp_path):
    """A kernel's socket that publishes, and ours behind a gate."""
    context = zmq.Context()
    kernel, ours = context.socket(zmq.PUB), context.socket(zmq.SUB)
    kernel.bind(f"ipc://{tmp_path}/kernel")
    gate = Gate({f"{tmp_path}/gate": f"{tmp_path}/kernel"}, MOST)
    ours.setsockopt(zmq.SUBSCRIBE, b"")
    ours.connect(f"ipc://{tmp_path}/gate")
    yield kernel, ours, gate
    gate.close()
    context.destroy(linger=0)


def arrives(kernel, ours, message):
    """Whether a message gets through, at last: a subscription takes a moment."""
    for _ in itertools.repeat(None, 40):
        kernel.send_multipart(message)
        if ours.poll(20):
            return ours.recv_multipart() == message
    return False


def test_a_message_of_many_parts_is_not_read_and_the_next_one_is(lines):
    kernel, ours, gate = lines
    assert arrives(kernel, ours, [b"head", b"x" * (MOST // 2)])
    for large in ([b"x" * (MOST // 4)] * 5, [b""] * (MOST // PART + 1)):
        kernel.send_multipart(large)
        assert arrives(kernel, ours, [b"head", b"still here"])
    gate.close()
    time.sleep(0.3)
    assert not arrives(kernel, ours, [b"after the end"])


def test_nothing_is_left_of_a_closed_gate(tmp_path):
    files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    for number in range(3):
        gate = Gate({f"{tmp_path}/{number}": f"{tmp_path}/nobody"}, MOST)
        gate.close()
    end = time.monotonic() + 10
    while threading.active_count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (files, threads)
