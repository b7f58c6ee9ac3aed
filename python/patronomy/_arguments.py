"""Checks of Python arguments, so that a wrong type is named where it was passed.

Only types and spellings are checked here. What a value means, and whether it fits
the data, is the core's to say.
"""

import json
import os
from collections.abc import Iterable
from datetime import date, datetime
from math import inf, isfinite
from numbers import Real
from operator import index
from typing import Any, TypeAlias

from patronomy.errors import ParameterError

# numpy.datetime64 is accepted too; naming its type here would ask for numpy.
TimeLike: TypeAlias = str | date | Any


def shown(value: object) -> str:
    """Return a value with its type for a message, cut to a readable length."""
    text = repr(value)
    if len(text) > 60 or "\n" in text:
        return f"an object of type {type(value).__name__}"
    return text if value is None else f"{text} ({type(value).__name__})"


def column_name(owner: str, role: str, value: object) -> str:
    """Return a role's column name, or raise for anything that cannot be one."""
    if not isinstance(value, str):
        raise TypeError(
            f"`{role}` of `{owner}` must be the name of a column (str); "
            f'got {shown(value)}; pass for example {role}="column name"'
        )
    if not value:
        raise ParameterError(
            f"`{role}` of `{owner}` must be the name of a column; got an empty text"
        )
    return value


def choice(owner: str, name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return one of the named choices, or raise with all of them listed."""
    listed = ", ".join(f'"{c}"' for c in choices)
    if not isinstance(value, str):
        raise TypeError(
            f"`{name}` of `{owner}` must be one of {listed}; got {shown(value)}"
        )
    if value not in choices:
        raise ParameterError(
            f'`{name}` of `{owner}` must be one of {listed}; got "{value}"'
        )
    return value


def whole_number(owner: str, name: str, value: object, low: int, high: int) -> int:
    """Return an int from any integer type; booleans and floats are refused.

    The range is checked here because a Python int has no end: a negative one has no
    place in the core's types, so the core could not say what is wrong with it.
    """
    rule = f"from {low} to {high:,}"
    if not isinstance(value, bool):
        try:
            number = index(value)  # type: ignore[arg-type]
        except TypeError:
            pass
        else:
            if low <= number <= high:
                return number
            raise ParameterError(
                f"`{name}` of `{owner}` must be a whole number {rule}; got {number}"
            )
    raise TypeError(
        f"`{name}` of `{owner}` must be a whole number {rule} (int); got {shown(value)}"
    )


def optional_whole_number(
    owner: str, name: str, value: object, low: int, high: int
) -> int | None:
    """Return None as it is, anything else as `whole_number` does."""
    return None if value is None else whole_number(owner, name, value, low, high)


def number(owner: str, name: str, value: object) -> float:
    """Return a float from any real number type; NaN, texts and booleans are refused."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            as_float = float(value)
        except OverflowError:
            as_float = inf
        if not isfinite(as_float):
            raise ParameterError(
                f"`{name}` of `{owner}` must be finite; got {shown(value)}"
            )
        return as_float
    raise TypeError(f"`{name}` of `{owner}` must be a number; got {shown(value)}")


def optional_number(owner: str, name: str, value: object) -> float | None:
    """Return None as it is, anything else as `number` does."""
    return None if value is None else number(owner, name, value)


def flag(owner: str, name: str, value: object) -> bool:
    """Return True or False; anything else is refused, however true it may be."""
    if isinstance(value, bool):
        return value
    raise TypeError(f"`{name}` of `{owner}` must be True or False; got {shown(value)}")


def items(owner: str, name: str, value: object, rule: str) -> list[Any]:
    """Return the items of a list-like value; a text or a mapping is none."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, dict)):
        return list(value)
    raise TypeError(f"`{name}` of `{owner}` must be {rule}; got {shown(value)}")


def iso_text(owner: str, name: str, value: object) -> str:
    """Return a time as ISO text; a date stays a date, for it means a whole day."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ == "datetime64":
        return _numpy_text(owner, name, value)
    raise TypeError(
        f"`{name}` of `{owner}` must be a date or a time (ISO text, datetime.date, "
        f"datetime.datetime, pandas.Timestamp or numpy.datetime64); got {shown(value)}"
    )


def _numpy_text(owner: str, name: str, value: Any) -> str:
    """Return a numpy time as ISO text; one in days stays a date."""
    unit = value.dtype.str.partition("[")[2].rstrip("]")
    fine = "datetime64[us]" if unit not in ("D", "") else "datetime64[D]"
    found = value.astype(fine).item()
    if found is None or unit in ("Y", "M", "W"):
        raise ParameterError(
            f"`{name}` of `{owner}` must be one day or one instant; got {value}"
        )
    if not isinstance(found, date):
        raise ParameterError(
            f"`{name}` of `{owner}` must lie in the years 1 to 9999; got {value}"
        )
    return found.isoformat()


def parsed_time(text: str | None) -> datetime | None:
    """Return the datetime of the core's ISO text."""
    return None if text is None else datetime.fromisoformat(text)


def parsed_dict(text: str) -> dict[str, Any]:
    """Return the dict of the core's JSON text."""
    value: dict[str, Any] = json.loads(text)
    return value


def path_text(owner: str, path: object) -> str:
    """Return a path as text, or say what may be one."""
    if isinstance(path, (str, os.PathLike)):
        text = os.fspath(path)
        if isinstance(text, str):
            return text
    raise TypeError(
        f"`path` of `{owner}` must be a str or a pathlib.Path; got {shown(path)}"
    )
