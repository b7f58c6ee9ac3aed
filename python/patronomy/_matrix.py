"""Numbers for estimators: arrays and tables, as they lie in memory."""

import sys
from typing import Any

from patronomy._opening import speaks_arrow
from patronomy.errors import BadValuesError, FeatureMismatchError, ParameterError


def numbers(owner: str, X: Any) -> Any:
    """Return what the core reads: a table of Arrow, or a contiguous array of floats."""
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"`X` of `{owner}` is sparse, and sparse input is not supported: "
            "each centre has all columns; call .toarray() where that fits the memory"
        )
    if speaks_arrow(X) and hasattr(X, "columns") and not _is_pandas_object(X):
        return X
    import numpy as np

    array = np.asarray(X)
    if array.dtype.kind == "c":
        raise ParameterError(f"`X` of `{owner}`: Complex data not supported")
    if array.ndim != 2:
        raise ParameterError(
            f"`X` of `{owner}` must have two dimensions, rows and columns; got "
            f"{array.ndim}. Reshape your data: X.reshape(-1, 1) for one column, "
            "X.reshape(1, -1) for one row"
        )
    if array.dtype not in (np.float32, np.float64):
        array = _as_floats(owner, array)
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = np.ascontiguousarray(array)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def _is_pandas_object(X: Any) -> bool:
    """Whether a pandas table has columns that Arrow has no numbers for."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(X, pandas.DataFrame):
        return False
    return bool((X.dtypes == object).any())


def _as_floats(owner: str, array: Any) -> Any:
    import numpy as np

    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        # An object that is no number at all is of the wrong type; a text has a wrong value.
        kind = TypeError if isinstance(error, TypeError) else ParameterError
        raise kind(
            f"`X` of `{owner}` must hold numbers; got values of type {array.dtype}: {error}"
        ) from error


def shape(X: Any) -> tuple[int, int]:
    """Return how many rows and columns there are."""
    if hasattr(X, "shape"):
        n_rows, n_columns = X.shape
        return int(n_rows), int(n_columns)
    return len(X), len(X.columns)


def names(X: Any) -> list[str]:
    """Return the names of the columns, if all have one; else none."""
    columns = getattr(X, "column_names", getattr(X, "columns", []))
    found = list(columns)
    return found if all(isinstance(name, str) for name in found) else []


def same_columns(owner: str, X: Any, n_features: int) -> None:
    """Raise if there are not as many columns as in the fit."""
    n = shape(X)[1]
    if n != n_features:
        raise FeatureMismatchError(
            f"X has {n} features, but {owner} is expecting {n_features} features as input"
        )


def weights(owner: str, value: Any, n_rows: int) -> Any:
    """Return the weights of the rows as an array of floats."""
    if value is None:
        return None
    import numpy as np

    array = np.ascontiguousarray(value, dtype=np.float64)
    if array.ndim == 0:
        array = np.full(n_rows, float(array))
    if array.ndim != 1:
        raise ParameterError(
            f"`sample_weight` of `{owner}` must be 1D array or scalar; got {array.ndim} "
            "dimensions"
        )
    return array


def at_least_one(owner: str, X: Any) -> None:
    """Raise if there are no rows, or no columns."""
    n_rows, n_columns = shape(X)
    if n_rows == 0:
        raise BadValuesError(
            f"Found array with 0 sample(s) (shape=({n_rows}, {n_columns})) while a minimum "
            f"of 1 is required by {owner}."
        )
    if n_columns == 0:
        raise BadValuesError(
            f"Found array with 0 feature(s) (shape=({n_rows}, 0)) while a minimum of 1 is "
            f"required by {owner}."
        )


def select(X: Any, names: list[str]) -> Any:
    """Return some columns of a table, by name."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(X, pandas.DataFrame):
        return X[names]
    return X.select(names)
