"""Any value crosses the border unchanged; no message at all can do more than be refused."""

import collections
import json
import math
import tracemalloc

import numpy as np
import torch
from hypothesis import given, strategies as st

from grading import arrays as of_arrays, kinds as of_kinds, wire

A_MESSAGE, TIMES = 1 << 20, 100  # bytes that any message may cost, and that each of its bytes may

TORCH_TYPES = [getattr(torch, name) for name in of_arrays.TORCH_TYPES]

shapes = st.lists(st.integers(0, 3), max_size=3)
small = st.integers(0, 1)  # has a place in every number type


@st.composite
def tensors(draw):
    """Tensors of every type and many shapes, leaves of a graph among them, with gradients."""
    shape, dtype = draw(shapes), draw(st.sampled_from(TORCH_TYPES))
    numbers = draw(st.lists(small, min_size=math.prod(shape), max_size=math.prod(shape)))
    tensor = torch.tensor(numbers).reshape(shape).to(dtype)
    if tensor.is_floating_point() and draw(st.booleans()):
        tensor.requires_grad_()
        if draw(st.booleans()):
            tensor.grad = torch.ones_like(tensor)
    return tensor


@st.composite
def arrays(draw):
    """Numpy's arrays, views that are not contiguous among them, and scalars."""
    shape, dtype = draw(shapes), draw(st.sampled_from(sorted(of_arrays.NUMPY_TYPES)))
    numbers = draw(st.lists(small, min_size=math.prod(shape), max_size=math.prod(shape)))
    array = np.array(numbers).reshape(shape).astype(dtype)
    return draw(st.sampled_from([array, array.T, array.sum(dtype=dtype)]))


plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.complex_numbers(allow_nan=False)
    | st.dates()
    | st.datetimes()
    | st.timedeltas()
    | st.binary(max_size=5)
    | st.fractions()
    | st.integers(min_value=10**4000, max_value=10**5000)
    | st.sampled_from([int, ValueError, np.float32, np.datetime64("2020-02-03", "D"), range(9)])
    | st.sampled_from([..., torch.device("cpu"), *TORCH_TYPES])
)
keys = plain | st.tuples(plain, plain) | st.frozensets(plain, max_size=3)
leaves = keys | tensors() | arrays() | st.builds(slice, *[st.none() | st.integers()] * 3)


def containers(inner):
    """What may hold values, of the kinds that are told apart."""
    return (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
        | st.lists(inner, max_size=4).map(collections.deque)
        | st.dictionaries(keys, inner, max_size=4).map(collections.OrderedDict)
        | st.lists(st.text(max_size=3), max_size=4).map(lambda texts: np.array(texts, dtype="U"))
        | shapes.map(torch.Size)
    )


values = st.recursive(leaves, containers, max_leaves=20)


def same(one, other):
    """Whether two values are equal, down to types, shapes and gradients."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        alike = (one.dtype, one.requires_grad) == (other.dtype, other.requires_grad)
        return alike and torch.equal(one, other) and same(one.grad, other.grad)
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, list | tuple | collections.deque):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other


def message(value):
    packed = []
    head = {"value": wire.pack(value, packed, lambda _: None)}
    return wire.encode(head, packed)


def read(raw):
    """What the other side does with a message."""
    head, received, _ = wire.decode(raw)
    return wire.unpack(head.get("value"), received, lambda told: told)


def refused_or_read(raw):
    """Whether a message was understood; any error but `MalformedError` gets through.

    Whatever it claims to hold, no more memory is taken for it than it is large itself.
    """
    tracemalloc.start()
    try:
        read(raw)
        return True
    except wire.MalformedError:
        return False
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < A_MESSAGE + TIMES * len(raw)


@given(values)
def test_a_value_arrives_as_it_was_sent(value):
    assert same(read(message(value)), value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)
kinds = "tensor array scalar object ellipsis dict dtype device complex slice Size tuple list set"
kinds = " ".join([kinds, *(name for name in of_kinds.MAKERS if " " not in name)])
forms = st.recursive(
    json_values,
    lambda inner: st.tuples(st.sampled_from(kinds.split()), st.lists(inner, max_size=4) | inner),
    max_leaves=10,
)
sizes = st.integers(-1, 3) | st.sampled_from([1 << 20, (1 << 40) - 1, 1 << 40, 1 << 70, True, 1.0])
entries = st.fixed_dictionaries(
    {},
    optional={
        "torch": st.sampled_from([*of_arrays.TORCH_TYPES, "qint8"]) | json_values,
        "numpy": st.sampled_from([*sorted(of_arrays.NUMPY_TYPES), "object", "<U8"]) | json_values,
        "shape": st.lists(sizes, max_size=4) | json_values,
        "device": st.sampled_from(["cpu", "cuda", "cuda:99", "meta", "mps"]) | json_values,
        "needs": st.booleans() | json_values,
        "grad": st.integers(-1, 4) | json_values,
    },
)
heads = st.fixed_dictionaries(
    {"arrays": st.lists(entries | json_values, max_size=4) | json_values, "value": forms}
)


@given(heads, st.binary(max_size=200))
def test_a_forged_head_is_refused_or_harmless(head, rest):
    text = json.dumps(head).encode()
    refused_or_read(len(text).to_bytes(8, "big") + text + rest)


@given(st.integers(0, (1 << 64) - 1), st.binary(max_size=200))
def test_any_bytes_are_refused_or_harmless(length, rest):
    refused_or_read(length.to_bytes(8, "big") + rest)


@given(values, st.data())
def test_a_changed_message_is_refused_or_harmless(value, data):
    raw = bytearray(message(value))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(start + 8, len(raw))))
        raw[start:end] = data.draw(st.binary(max_size=8))
    refused_or_read(bytes(raw))
