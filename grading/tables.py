"""Tables, series and indexes of pandas in plain parts; pandas is used where it is in use."""

import importlib
import re
import sys
from typing import Any

from grading.arrays import MalformedError

LONGEST_INDEX = 50_000_000  # rows of an index that is a range: it takes no room by itself
# Types of columns that pandas makes anew from a list of plain values.
NULLABLE = re.compile(r"(U?Int(8|16|32|64))|Float(32|64)|boolean|str|string(\[\w+\])?")


def parts(  # noqa: PLR0911  (one line a kind)
    value: Any,
) -> tuple[str, list[Any]] | None:
    """What a value of pandas is made of, as (kind, parts); None for any other value."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return None
    if value is pandas.NA or value is pandas.NaT:
        return "missing", [str(value)]
    if isinstance(value, pandas.Timestamp):
        return "Timestamp", [value.isoformat(), str(value.tz) if value.tz else None, value.unit]
    if isinstance(value, pandas.Timedelta):
        return "Timedelta", [int(value.value), value.unit]
    if isinstance(value, pandas.DataFrame):
        columns = [value.iloc[:, i].array for i in range(value.shape[1])]
        return "frame", [value.columns, value.index, columns]
    if isinstance(value, pandas.Series):
        return "series", [value.array, value.index, value.name]
    if isinstance(value, pandas.RangeIndex):
        return "range index", [value.start, value.stop, value.step, value.name]
    if isinstance(value, pandas.MultiIndex):
        codes = [codes.astype("int64") for codes in value.codes]
        return "levels", [list(value.levels), codes, list(value.names)]
    if isinstance(value, pandas.Index):
        return "index", [value.array, value.name, getattr(value, "freqstr", None)]
    if isinstance(value, pandas.Categorical):
        return "categories", [value.categories, value.codes.astype("int64"), bool(value.ordered)]
    if isinstance(value, pandas.api.extensions.ExtensionArray):
        return _column(pandas, value)
    return None


def _column(pandas: Any, value: Any) -> tuple[str, list[Any]]:
    if isinstance(value.dtype, pandas.DatetimeTZDtype):
        return "zoned", [value.asi8, str(value.dtype.tz), value.dtype.unit]
    if NULLABLE.fullmatch(str(value.dtype)):
        pairs = zip(value, value.isna(), strict=True)
        items = [None if missing else item for item, missing in pairs]
        return "column", [str(value.dtype), items]
    return "values", [value.to_numpy()]


def made(kind: str, given: list[Any]) -> Any:
    """The value of pandas with these parts.

    Raises:
        MalformedError, or whatever forged parts set off.
    """
    if kind not in KINDS:
        raise MalformedError("no such kind")
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        raise MalformedError("a table, and there is no pandas here") from None
    return KINDS[kind](pandas, *given)


def _range_index(pandas: Any, start: int, stop: int, step: int, name: Any) -> Any:
    if len(range(start, stop, step)) > LONGEST_INDEX:
        raise MalformedError("too long an index")
    return pandas.RangeIndex(start, stop, step, name=name)


def _of_length(pandas: Any, values: Any, index: Any) -> Any:
    """A column, made sure to be as long as it claims: one value would be repeated."""
    if not isinstance(values, pandas.api.extensions.ExtensionArray) or len(values) != len(index):
        raise MalformedError("no column of this length")
    return values


def _series(pandas: Any, values: Any, index: Any, name: Any) -> Any:
    return pandas.Series(_of_length(pandas, values, index), index=index, name=name)


def _index(pandas: Any, values: Any, name: Any, frequency: str | None) -> Any:
    index = pandas.Index(values, name=name)
    if frequency is not None:
        index.freq = frequency  # checks that it is so
    return index


def _frame(pandas: Any, columns: Any, index: Any, values: list[Any]) -> Any:
    columned = {i: _of_length(pandas, column, index) for i, column in enumerate(values)}
    frame = pandas.DataFrame(columned, index=index)
    frame.columns = columns
    return frame


def _column_of(pandas: Any, dtype: str, items: list[Any]) -> Any:
    if not NULLABLE.fullmatch(dtype):
        raise MalformedError("no type of a column")
    return pandas.array(items, dtype=dtype)


def _timestamp(pandas: Any, text: str, zone: str | None, unit: str) -> Any:
    found = pandas.Timestamp(text).as_unit(unit)
    return found.tz_convert(zone) if zone else found


KINDS: dict[str, Any] = {
    "missing": lambda pandas, name: pandas.NaT if name == "NaT" else pandas.NA,
    "Timestamp": _timestamp,
    "Timedelta": lambda pandas, number, unit: pandas.Timedelta(number, "ns").as_unit(unit),
    "frame": _frame,
    "series": _series,
    "range index": _range_index,
    "levels": lambda pandas, levels, codes, names: pandas.MultiIndex(levels, codes, names=names),
    "index": _index,
    "categories": lambda pandas, categories, codes, ordered: pandas.Categorical.from_codes(
        codes, categories, ordered=ordered
    ),
    "zoned": lambda pandas, numbers, zone, unit: pandas.DatetimeIndex(
        numbers.astype(f"M8[{unit}]"), tz="UTC"
    ).tz_convert(zone).array,
    "column": _column_of,
    "values": lambda pandas, values: pandas.array(values, dtype=values.dtype),
}  # fmt: skip
