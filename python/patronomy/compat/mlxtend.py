"""`apriori`, `fpgrowth`, `fpmax`, `association_rules` as in mlxtend 0.25.

Change the import alone.

The same arguments give the same frame: columns, types, index, sets, and their order.
What differs: nothing is printed, whatever `verbose` says; `fpgrowth` and `fpmax` refuse
`null_values=True`, `association_rules` takes it; `n_jobs` of `apriori` is taken, but
threads are chosen by the library. Needs pandas.
"""

import math
from array import array
from typing import TYPE_CHECKING, Any

from patronomy import _core
from patronomy.baskets import Baskets
from patronomy.compat._association_rules import association_rules
from patronomy.compat._frames import check_frame

if TYPE_CHECKING:
    import pandas

__all__ = ["apriori", "association_rules", "fpgrowth", "fpmax"]


def apriori(
    df: "pandas.DataFrame",
    min_support: float = 0.5,
    use_colnames: bool = False,
    max_len: int | None = None,
    verbose: int = 0,
    low_memory: bool = False,
    n_jobs: int = 1,
) -> "pandas.DataFrame":
    """Return the frequent item sets of a one-hot frame, shorter ones first.

    Parameters are those of ``mlxtend.frequent_patterns.apriori``.

    Examples
    --------
    >>> import pandas as pd
    >>> from patronomy.compat.mlxtend import apriori
    >>> df = pd.DataFrame({"a": [True, True], "b": [True, False]})
    >>> apriori(df, min_support=0.5, use_colnames=True)["support"].tolist()
    [1.0, 0.5, 0.5]
    """
    import numpy as np
    import pandas as pd

    _check_support(min_support)
    check_frame(df)
    matrix = _matrix(df, "tocsc")
    n_rows = matrix.shape[0]
    supports = np.array(np.sum(matrix, axis=0) / n_rows).reshape(-1)
    is_frequent = supports >= min_support
    levels: dict[int, tuple[Any, list[Any]]] = {
        1: (
            supports[is_frequent],
            [frozenset([i]) for i in np.arange(matrix.shape[1])[is_frequent]],
        )
    }
    longest = max_len or math.inf
    if longest > 1 and is_frequent.any():
        # Sets of two and more are compared as counts in the frugal form.
        threshold = min_support * n_rows
        is_enough = (
            (lambda n: n >= threshold)
            if low_memory
            else (lambda n: n / float(n_rows) >= min_support)
        )
        minimum = _lowest(is_enough, threshold)
        found = _baskets(matrix).itemsets(
            min_support_count=minimum,
            min_len=2,
            max_len=max_len or None,
            algorithm="auto",
            forbidden=np.flatnonzero(~is_frequent).tolist(),
        )
        columns = found.to_dict()
        sets = sorted(
            (len(items), sorted(items), n)
            for items, n in zip(
                columns["itemset"], columns["support_count"], strict=True
            )
        )
        for length in sorted({s[0] for s in sets}):
            of_length = [s for s in sets if s[0] == length]
            levels[length] = (
                np.array([n / float(n_rows) for _, _, n in of_length]),
                [frozenset(np.array(items)) for _, items, _ in of_length],
            )
    parts = [
        pd.concat(
            (pd.Series(support), pd.Series(itemsets, dtype="object")),
            axis=1,
        )
        for support, itemsets in levels.values()
    ]
    result = pd.concat(parts)
    result.columns = pd.Index(["support", "itemsets"])
    if use_colnames:
        result["itemsets"] = result["itemsets"].apply(_named(df))
    return result.reset_index(drop=True)


def fpgrowth(
    df: "pandas.DataFrame",
    min_support: float = 0.5,
    null_values: bool = False,
    use_colnames: bool = False,
    max_len: int | None = None,
    verbose: int = 0,
) -> "pandas.DataFrame":
    """Return the frequent item sets of a one-hot frame, in the order of the trees.

    Parameters are those of ``mlxtend.frequent_patterns.fpgrowth``.

    Examples
    --------
    >>> import pandas as pd
    >>> from patronomy.compat.mlxtend import fpgrowth
    >>> df = pd.DataFrame({"a": [True, True], "b": [True, False]})
    >>> fpgrowth(df, min_support=0.5, use_colnames=True)["support"].tolist()
    [1.0, 0.5, 0.5]
    """
    return _grown(df, min_support, null_values, use_colnames, max_len, False)


def fpmax(
    df: "pandas.DataFrame",
    min_support: float = 0.5,
    null_values: bool = False,
    use_colnames: bool = False,
    max_len: int | None = None,
    verbose: int = 0,
) -> "pandas.DataFrame":
    """Return the maximal item sets of a one-hot frame, in the order of the trees.

    Parameters are those of ``mlxtend.frequent_patterns.fpmax``.

    Examples
    --------
    >>> import pandas as pd
    >>> from patronomy.compat.mlxtend import fpmax
    >>> df = pd.DataFrame({"a": [True, True], "b": [True, False]})
    >>> fpmax(df, min_support=0.5)["support"].tolist()
    [0.5]
    """
    return _grown(df, min_support, null_values, use_colnames, max_len, True)


def _grown(
    df: Any,
    min_support: float,
    null_values: bool,
    use_colnames: bool,
    max_len: int | None,
    is_maximal: bool,
) -> Any:
    import numpy as np
    import pandas as pd

    if null_values:
        raise NotImplementedError(
            "`null_values=True` is not supported; leave out the rows with nulls, or "
            "fill them with False"
        )
    check_frame(df)
    _check_support(min_support)
    n_rows = len(df.index)
    matrix = _matrix(df, "tocsr")
    item_support = np.array(np.sum(df.values, axis=0) / float(n_rows)).reshape(-1)
    items = np.nonzero(item_support >= min_support)[0]
    # Which of two equally rare items comes first is numpy's choice, here as there.
    ranked = items[item_support[items].argsort()]
    minimum = math.ceil(min_support * n_rows)
    # No length is as good as none, but that no maximal set has it.
    longest = max_len if max_len or (is_maximal and max_len is not None) else None
    supports: list[float] = []
    itemsets: list[Any] = []
    if len(ranked) and n_rows:
        found = _core.textbook_itemsets(
            _baskets(matrix)._inner,
            ranked.tolist(),
            minimum,
            None if longest is None else max(longest, 0),
            is_maximal,
        ).to_dict()
        for numbers, n in zip(found["itemset"], found["support_count"], strict=True):
            support = n / float(n_rows)
            if support >= min_support:
                supports.append(support)
                itemsets.append(frozenset(np.array(numbers)))
    result = pd.DataFrame({"support": supports, "itemsets": itemsets})
    result = result[result["support"] >= min_support]
    if use_colnames:
        result["itemsets"] = result["itemsets"].apply(_named(df))
    return result


def _named(df: Any) -> Any:
    names = dict(enumerate(df.columns))
    return lambda numbers: frozenset([names[i] for i in numbers])


def _matrix(df: Any, form: str) -> Any:
    """Return the cells as numpy has them, or as a sparse matrix of this form."""
    if hasattr(df, "sparse") and df.size:
        return getattr(df.sparse.to_coo(), form)()
    return df.values


def _baskets(matrix: Any) -> Baskets:
    if hasattr(matrix, "tocsr"):
        return Baskets.from_sparse(matrix)
    mask = matrix.astype(bool)
    ends = array("q", [0, *mask.sum(axis=1).cumsum().tolist()])
    indices = mask.nonzero()[1].astype("int64")
    return Baskets._wrap(
        _core.Baskets.from_csr(ends, indices, int(mask.shape[1]), None)
    )


def _lowest(is_enough: Any, about: float) -> int:
    """Return the lowest count that is enough, which lies near this number."""
    n = max(math.floor(about) - 1, 1)
    while not is_enough(n):
        n += 1
    return n


def _check_support(min_support: float) -> None:
    if min_support <= 0.0 or min_support > 1.0:
        raise ValueError(
            "`min_support` must be a positive number within the interval `(0, 1]`. "
            f"Got {min_support}."
        )
