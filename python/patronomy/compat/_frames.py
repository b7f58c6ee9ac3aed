"""What a one-hot frame may hold, as mlxtend checks it."""

import warnings
from typing import Any


def check_frame(df: Any, null_values: bool = False) -> None:
    """Refuse what mlxtend refuses, with its words, and warn where it warns."""
    import pandas as pd

    if df is None or df.size == 0:
        return
    is_sparse = hasattr(df, "sparse")
    if is_sparse and not isinstance(df.columns[0], str) and df.columns[0] != 0:
        raise ValueError(
            "Due to current limitations in Pandas, if the sparse format has integer "
            "column names,names, please make sure they either start with `0` or cast "
            "them as string column names: `df.columns = [str(i) for i in df.columns`]."
        )
    if _is_boolean(df, null_values):
        return
    warnings.warn(
        "DataFrames with non-bool types result in worse computational"
        "performance and their support might be discontinued in the future."
        "Please use a DataFrame with bool type",
        DeprecationWarning,
        stacklevel=4,
    )
    has_nulls = pd.isna(df).any().any()
    if null_values and not has_nulls:
        warnings.warn(
            "null_values=True is inefficient when there are no NaN values in the "
            "DataFrame.Set null_values=False for faster output.",
            stacklevel=4,
        )
    if not null_values and has_nulls:
        raise ValueError(
            "NaN values are not permitted in the DataFrame when null_values=False."
        )
    _check_values(
        df.sparse.to_coo().tocoo().data if is_sparse else df.values, null_values
    )


def _is_boolean(df: Any, null_values: bool) -> bool:
    import pandas as pd

    if not null_values:
        return bool(df.dtypes.apply(pd.api.types.is_bool_dtype).all())
    cells = (cell for name in range(df.shape[1]) for cell in df.iloc[:, name])
    return all(isinstance(cell, bool) or pd.isna(cell) for cell in cells)


def _check_values(values: Any, null_values: bool) -> None:
    import numpy as np

    is_other = (values != 1) & (values != 0)
    if null_values:
        is_other &= ~np.isnan(values)
    places = np.where(is_other)
    if len(places[0]) > 0:
        value = values[tuple(place[0] for place in places)]
        null = ", NaN" if null_values else ""
        raise ValueError(
            f"The allowed values for a DataFrame are True, False, 0, 1{null}. "
            f"Found value {value}"
        )
