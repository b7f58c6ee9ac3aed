"""What `Transactions` takes: a path, or an object that speaks Arrow."""

import os
from typing import Any

from patronomy import _core


def opened(
    data: object,
    roles: dict[str, str],
    returns: str,
    time_format: str | None,
    reading: str,
) -> _core.Transactions:
    """Open a path or an Arrow-speaking object; say what to do about anything else."""
    if isinstance(data, (str, os.PathLike)):
        path = os.fspath(data)
        if isinstance(path, str):
            return _core.Transactions.from_path(
                path, roles, returns, time_format, reading
            )
    elif speaks_arrow(data):
        try:
            return _core.Transactions.from_arrow(data, roles, returns, time_format)
        except TypeError:
            # A column that has no role, and no form in Arrow, must not be in the way.
            bound = _bound_columns(data, roles)
            if bound is None:
                raise
            return _core.Transactions.from_arrow(bound, roles, returns, time_format)
    raise TypeError(no_table("Transactions", data))


def speaks_arrow(data: object) -> bool:
    # LazyFrame first: it may learn to stream, and would then be run unasked.
    return type(data).__name__ != "LazyFrame" and (
        hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")
    )


def no_table(owner: str, data: object) -> str:
    return (
        f"`data` of `{owner}` must be a table that speaks Arrow (pandas, polars, "
        "pyarrow, DuckDB) or the path of a file; "
        # The type alone: what the object holds may be personal.
        f"got an object of type {type(data).__name__}; {_remedy(data)}"
    )


def _bound_columns(data: Any, roles: dict[str, str]) -> object | None:
    """Return a data frame without the columns that have no role, if it has such."""
    names = list(dict.fromkeys(roles.values()))
    columns = getattr(data, "columns", None)
    if columns is None or type(data).__name__ != "DataFrame":
        return None
    is_smaller = set(names) < set(columns)
    return data[names] if is_smaller else None


def _remedy(data: object) -> str:
    """Return what to do with the objects people pass instead of a table."""
    kind = type(data).__name__
    if kind == "LazyFrame":
        return "call `.collect()` on it first"
    if isinstance(data, (dict, list, tuple)):
        return (
            f"make a table of it first, such as `polars.DataFrame(data)` of the {kind}"
        )
    if isinstance(data, (bytes, os.PathLike)):
        return "pass the path as str or pathlib.Path"
    if kind in ("DataFrame", "Table"):
        return f"this {kind} offers no `__arrow_c_stream__`: update its library"
    return "pass a DataFrame or a path"
