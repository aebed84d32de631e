"""Tables of pandas cross the border by value, down to the types of columns and indexes."""

import collections
import datetime
import decimal

import numpy as np
import pytest

from grading import wire

pandas = pytest.importorskip("pandas")
testing = pandas.testing

TABLE = pandas.DataFrame(
    {
        "number": [1, 2, 3],
        "share": [0.5, np.nan, 2.0],
        "name": ["a", None, "ß"],
        "when": pandas.date_range("2024-02-28", periods=3),
        "zoned": pandas.date_range("2024-02-28", periods=3, tz="Europe/Berlin"),
        "kind": pandas.Categorical(["x", "y", "x"], categories=["y", "x"], ordered=True),
        "maybe": pandas.array([1, None, 3], dtype="Int64"),
        "true": [True, False, True],
        "mixed": pandas.Series([1, "one", (1,)], dtype=object),
        "for": pandas.to_timedelta([1, 2, 3], unit="h"),
    }
)
TABLES = [
    TABLE,
    TABLE.set_index(["name", "kind"]),
    TABLE.groupby("kind", observed=True)[["number", "share"]].agg(["mean", "max"]),
    TABLE.set_index("when")[["number"]],
    TABLE.set_index("kind")[["share"]],
    pandas.DataFrame(),
    pandas.DataFrame([[1, 2]], columns=["same", "same"]),
    pandas.DataFrame(index=pandas.date_range("2024", periods=3, freq="D")),
]
NA, NAT = pandas.NA, pandas.NaT
Point = collections.namedtuple("Point", "x y")
VALUES = [
    pandas.Timestamp("2024-02-29 12:00", tz="Europe/Berlin"),
    pandas.Timedelta("3h"),
    decimal.Decimal("1.10"),
    collections.Counter("abca"),
    datetime.time(3, 4),
    np.array(["a", "bc"]),
    np.array(["2020-01-01", "NaT"], dtype="M8[D]"),
    np.array([{1}, None, "x"], dtype=object),
    Point(1, [2]),
    factorial := 3**20_000,
]  # fmt: skip


def crossed(value):
    arrays = []
    raw = wire.encode({"value": wire.pack(value, arrays, lambda _: None)}, arrays)
    head, received, _ = wire.decode(raw)
    return wire.unpack(head["value"], received, lambda told: told)


@pytest.mark.parametrize("table", TABLES, ids=range(len(TABLES)))
def test_a_table_arrives_as_it_was_sent(table):
    testing.assert_frame_equal(crossed(table), table)
    testing.assert_index_equal(crossed(table.index), table.index, exact=True)
    for column in range(table.shape[1]):
        testing.assert_series_equal(crossed(table.iloc[:, column]), table.iloc[:, column])


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_arrives_as_it_was_sent(value):
    found = crossed(value)
    assert type(found).__name__ == type(value).__name__
    assert str(found)[:1000] == str(value)[:1000] if value is not factorial else found == value


def test_what_is_missing_is_the_same_object():
    assert crossed(NA) is NA and crossed(NAT) is NAT


FORGED = [
    ["range", [0, 10**15, 1]],
    ["range index", [0, 10**15, 1, None]],
    ["texts", ["U", [100_000], ["x" * 100_000] + [""] * 99_999, False]],
    ["objects", [[1 << 40], []]],
    ["times", ["O", ["array", 0], False]],
    ["Decimal", ["1e999999"]],
    ["named tuple", ["P", ["list", ["x = __import__('os')"]], ["list", [1]]]],
    ["class", ["eval"]],
    ["numpy type", ["object"]],
    ["categories", [["list", ["a"]], ["array", 0], False]],
    ["column", ["object", ["list", [1]]]],
    ["series", [5, ["range index", [0, 10**7, 1, None]], None]],
    ["frame", [["list", ["a"]], ["range index", [0, 10**7, 1, None]], ["list", [5]]]],
    ["frame", [["list", []], ["list", [1]], ["list", [["list", [1, 2]]]]]],
]


@pytest.mark.parametrize("form", FORGED, ids=lambda form: form[0])
def test_a_forged_value_is_refused(form):
    with pytest.raises(wire.MalformedError):
        wire.unpack(form, [np.array([0.5])], lambda told: told)
