"""`association_rules` as mlxtend 0.25 has it: the same frame, to the bit."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from patronomy import _core
from patronomy.compat._frames import check_frame
from patronomy.compat._nulls import NO_NULLS, Lost, lost_to_nulls

if TYPE_CHECKING:
    import pandas

METRICS = [
    "antecedent support",
    "consequent support",
    "support",
    "confidence",
    "lift",
    "representativity",
    "leverage",
    "conviction",
    "zhangs_metric",
    "jaccard",
    "certainty",
    "kulczynski",
]


def association_rules(
    df: "pandas.DataFrame",
    num_itemsets: int | None = 1,
    df_orig: "pandas.DataFrame | None" = None,
    null_values: bool = False,
    metric: str = "confidence",
    min_threshold: float = 0.8,
    support_only: bool = False,
    return_metrics: list[str] = METRICS,
) -> "pandas.DataFrame":
    """Return the rules of item sets, consequents of any size, with their metrics.

    Parameters are those of ``mlxtend.frequent_patterns.association_rules``. The sets
    of both sides are those of `df`, not copies. With `null_values` a row with nulls in
    a rule's items is no evidence for it: `df_orig` has the nulls, `num_itemsets` its
    rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from patronomy.compat.mlxtend import association_rules, fpgrowth
    >>> df = pd.DataFrame({"a": [True, True], "b": [True, False]})
    >>> sets = fpgrowth(df, min_support=0.5, use_colnames=True)
    >>> association_rules(sets, min_threshold=1.0)["antecedents"].tolist()
    [frozenset({'b'})]
    """
    import numpy as np
    import pandas as pd

    _check(df, df_orig, null_values, num_itemsets)
    if support_only:
        metric = "support"
    elif metric not in METRICS:
        raise ValueError(f"Metric must be 'confidence' or 'lift', got '{metric}'")
    supports = _supports(df)
    sets = np.empty(len(supports), dtype=object)
    sets[:] = list(supports)
    support = np.fromiter(supports.values(), dtype=float, count=len(supports))
    if support_only:
        x, y, xy = _any_splits(list(supports))
    else:
        x, y, xy = _splits(list(supports))
    both = support[xy]
    of_x, of_y = (None, None) if support_only else (support[x], support[y])
    lost = NO_NULLS
    if null_values and not support_only:
        try:
            lost = lost_to_nulls(df_orig, list(supports), (x, y, xy))
        except KeyError as error:
            raise _incomplete(error) from error
    score = _value(metric, both, of_x, of_y, num_itemsets, lost)
    kept = np.flatnonzero(score >= min_threshold)
    if not len(kept):
        return pd.DataFrame(columns=["antecedents", "consequents", *return_metrics])
    sides = [x, y] if support_only else [sets[x], sets[y]]
    result = pd.DataFrame(
        {
            "antecedents": pd.Series(sides[0][kept], dtype=object),
            "consequents": pd.Series(sides[1][kept], dtype=object),
        }
    )
    if support_only:
        for name in return_metrics:
            result[name] = np.nan
        result["support"] = both[kept]
        return result
    assert of_x is not None and of_y is not None
    of_x, of_y, lost = of_x[kept], of_y[kept], lost.of(kept)
    for name in return_metrics:
        result[name] = _value(name, both[kept], of_x, of_y, num_itemsets, lost)
    return result


def _check(df: Any, df_orig: Any, null_values: bool, num_itemsets: int | None) -> None:
    """Refuse what mlxtend refuses, with its words."""
    if null_values and df_orig is None:
        raise TypeError("If null values exist, df_orig must be provided.")
    if null_values and num_itemsets == 1:
        raise TypeError("If null values exist, num_itemsets must be provided.")
    check_frame(df_orig, null_values)
    if not df.shape[0]:
        raise ValueError(
            "The input DataFrame `df` containing the frequent itemsets is empty."
        )
    if not all(name in df.columns for name in ("support", "itemsets")):
        raise ValueError(
            "Dataframe needs to contain the"
            "                         columns 'support' and 'itemsets'"
        )


def _supports(df: Any) -> dict[frozenset[Any], float]:
    """Return the support of each set; items of numpy become Python's own."""
    import numpy as np

    own = (
        frozenset(int(i) if isinstance(i, np.generic) else i for i in items)
        for items in df["itemsets"].values
    )
    return dict(zip(own, df["support"].values, strict=True))


def _numbers(sets: list[frozenset[Any]]) -> tuple[list[int], list[int]]:
    """Return the sets as numbers of their items, and where each ends."""
    number: dict[Any, int] = {}
    items: list[int] = []
    ends: list[int] = []
    for one in sets:
        items.extend([number.setdefault(item, len(number)) for item in one])
        ends.append(len(items))
    return ends, items


def _splits(sets: list[frozenset[Any]]) -> tuple[Any, Any, Any]:
    import numpy as np

    ends, items = _numbers(sets)
    try:
        splits = _core.rule_splits(ends, items)
    except ValueError as error:
        missing = _first_missing(sets)
        if missing is None:
            raise
        raise _incomplete(KeyError(missing)) from error
    columns = splits.head(len(splits))
    names = ("antecedent", "consequent", "set")
    x, y, xy = (np.array(columns[name], dtype=np.int64) for name in names)
    return x, y, xy


def _incomplete(error: KeyError) -> KeyError:
    return KeyError(
        f"{error}You are likely getting this error because the DataFrame is missing "
        " antecedent and/or consequent  information. You can try using the "
        " `support_only=True` option"
    )


def _any_splits(sets: list[frozenset[Any]]) -> tuple[Any, Any, Any]:
    """Return both sides themselves: parts need not be among the sets."""
    from itertools import combinations

    import numpy as np

    sides: list[tuple[frozenset[Any], frozenset[Any]]] = []
    places: list[int] = []
    for place, one in enumerate(sets):
        for length in range(len(one) - 1, 0, -1):
            for chosen in combinations(one, r=length):
                antecedent = frozenset(chosen)
                sides.append((antecedent, one.difference(antecedent)))
                places.append(place)
    x, y = np.empty(len(sides), dtype=object), np.empty(len(sides), dtype=object)
    x[:], y[:] = [s[0] for s in sides], [s[1] for s in sides]
    return x, y, np.array(places, dtype=np.int64)


def _first_missing(sets: list[frozenset[Any]]) -> frozenset[Any] | None:
    known = set(sets)
    x, y, _ = _any_splits(sets)
    sides: Iterator[frozenset[Any]] = chain.from_iterable(zip(x, y, strict=True))
    return next((side for side in sides if side not in known), None)


def _value(name: str, both: Any, x: Any, y: Any, n: Any, lost: Lost) -> Any:
    """Return a metric, by the very operations that mlxtend does."""
    import numpy as np

    def confidence() -> Any:
        return (both * (n - lost.both)) / (x * (n - lost.x) - lost.x_without_y)

    def leverage() -> Any:
        return both - x * y

    with np.errstate(all="ignore"):
        match name:
            case "antecedent support":
                return x
            case "consequent support":
                return y
            case "support":
                return both
            case "confidence":
                return confidence()
            case "lift":
                return confidence() / y
            case "representativity":
                return np.full(len(both), (n - lost.both) / n)
            case "leverage":
                return leverage()
            case "conviction":
                certain = confidence()
                value = np.full(len(certain), np.inf)
                some = certain < 1.0
                value[some] = (1.0 - y[some]) / (1.0 - certain[some])
                return value
            case "zhangs_metric":
                most = np.maximum(both * (1 - x), x * (y - both))
                return np.where(most == 0, 0, leverage() / most)
            case "jaccard":
                return both / (x + y - both)
            case "certainty":
                rest = 1 - y
                return np.where(rest == 0, 0, (confidence() - y) / rest)
            case "kulczynski":
                back = both * (n - lost.both) / (y * (n - lost.y) - lost.y_without_x)
                return (confidence() + back) / 2
    raise KeyError(name)
