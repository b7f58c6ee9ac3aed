"""RFM worked out by pandas and numpy, from the stated rules alone: what the library is checked against.

Nothing here comes from the library. `reference_sql.py` is the same thing once more in DuckDB's SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Prices have at most four decimals here, so money is a whole number of these units.
UNIT = 10_000

#: Rules that look at the values only: equal values get equal scores.
VALUE_RULES = ("together", "qcut", "qcut_drop", "left_closed")
#: Rules that split equal values by the order of the rows (here: ascending customer).
ORDER_RULES = ("ntile", "row_number", "qcut_rank_first")
CONVENTIONS = VALUE_RULES + ORDER_RULES


def customers(
    table: pa.Table,
    roles: Mapping[str, str],
    *,
    returns: str = "exclude",
    monetary: str = "sum",
    reference: str | None = None,
    period_days: int | None = None,
) -> pd.DataFrame:
    """One row per customer with an order, ascending; `monetary_plain` is a plain float sum.

    `returns` is "exclude" or "keep"; `reference` is an ISO instant.
    """
    lines = table.select(list(roles.values())).rename_columns(list(roles)).to_pandas()
    lines = lines[lines["customer"].notna() & (lines["quantity"] != 0)]
    # Money as integers: sums are exact, so equal sums are equal and scores have no noise.
    lines = lines.assign(
        units=np.rint(lines["price"] * UNIT).astype("int64") * lines["quantity"],
        plain=lines["price"] * lines["quantity"],
    )
    is_return = (lines["quantity"] < 0) | (lines["units"] < 0)
    if returns == "exclude":
        lines, is_return = lines[~is_return], is_return[~is_return]
    end = pd.Timestamp(reference) if reference else lines["time"].max()
    keep = lines["time"] <= end
    if period_days is not None:
        first_day = end.normalize() - pd.Timedelta(days=period_days)
        keep &= lines["time"].dt.normalize() > first_day
    lines, is_return = lines[keep], is_return[keep]

    by_customer = lines[~is_return].groupby("customer", sort=True)
    out = pd.DataFrame(
        {
            "frequency": by_customer["transaction"].nunique(),
            "first_order": by_customer["time"].min(),
            "last_order": by_customer["time"].max(),
        }
    )
    if "item" in roles:
        out["breadth"] = by_customer["item"].nunique()
    # The money of kept returns counts too; customers without an order fall out by the index.
    sums = lines.groupby("customer")[["units", "plain"]].sum().reindex(out.index)
    out["monetary"] = sums["units"] / UNIT
    out["monetary_plain"] = sums["plain"]
    if monetary == "mean":
        out["monetary"] /= out["frequency"]
        out["monetary_plain"] /= out["frequency"]
    day = end.normalize()
    out["recency_days"] = (day - out["last_order"].dt.normalize()).dt.days
    out["tenure_days"] = (day - out["first_order"].dt.normalize()).dt.days
    span = (out["last_order"] - out["first_order"]) / pd.Timedelta(days=1)
    out["mean_gap_days"] = span / (out["frequency"] - 1).where(out["frequency"] > 1)
    out = out.reset_index()
    return out.assign(customer=out["customer"].astype("int64"))


# --- scoring rules: labels 1..m in ascending order of the value, and m ------------------------------


def _together(values: Floats, k: int) -> tuple[Ints, int]:
    cuts = np.quantile(values, [i / k for i in range(1, k)], method="linear")
    return 1 + np.searchsorted(cuts, values, side="left"), k


def _type_7(values: Floats, k: int) -> Floats:
    """Quantiles at i/k whose positions i (n - 1) / k are exact: a whole one is a value, not its neighbour in floats."""
    ordered = np.sort(values)
    cuts = []
    for i in range(1, k):
        at, rest = divmod((len(ordered) - 1) * i, k)
        low, high = ordered[at], ordered[min(at + 1, len(ordered) - 1)]
        t = rest / k
        cuts.append(
            high - (high - low) * (1 - t) if t >= 0.5 else low + (high - low) * t
        )
    return np.array(cuts)


def _left_closed(values: Floats, k: int) -> tuple[Ints, int]:
    """R rfm 0.3: inner edges are quantiles + 1; lower <= x < upper."""
    edges = _type_7(values, k) + 1
    return 1 + np.searchsorted(edges, values, side="right"), k


def _qcut(values: Floats, k: int) -> tuple[Ints, int]:
    return pd.qcut(values, k, labels=False) + 1, k


def _qcut_drop(values: Floats, k: int) -> tuple[Ints, int]:
    labels, edges = pd.qcut(values, k, labels=False, duplicates="drop", retbins=True)
    if np.isnan(labels).any():
        raise ValueError("pandas gives no label where all values are equal")
    return labels.astype("int64") + 1, len(edges) - 1


def _qcut_rank_first(values: Floats, k: int) -> tuple[Ints, int]:
    if len(values) == 1:
        # pandas has no edges for one value; no cut lies below it, so it is in the first bin.
        return np.array([1]), k
    return pd.qcut(
        pd.Series(values).rank(method="first"), k, labels=False
    ).to_numpy() + 1, k


def _ntile(values: Floats, k: int) -> tuple[Ints, int]:
    """SQL NTILE: the first n mod k tiles hold one row more."""
    n = len(values)
    sizes = [n // k + (tile < n % k) for tile in range(k)]
    labels = np.empty(n, "int64")
    labels[np.argsort(values, kind="stable")] = np.repeat(np.arange(1, k + 1), sizes)
    return labels, k


def _row_number(values: Floats, k: int) -> tuple[Ints, int]:
    labels = np.empty(len(values), "int64")
    labels[np.argsort(values, kind="stable")] = (
        np.arange(len(values)) * k // len(values) + 1
    )
    return labels, k


RULES: dict[str, Callable[[Floats, int], tuple[Ints, int]]] = {
    "together": _together,
    "left_closed": _left_closed,
    "qcut": _qcut,
    "qcut_drop": _qcut_drop,
    "qcut_rank_first": _qcut_rank_first,
    "ntile": _ntile,
    "row_number": _row_number,
}


def score(values: Sequence[float], convention: str, k: int) -> list[int]:
    """Scores where much is good (frequency, monetary); rows are in ascending order of customer."""
    return [int(s) for s in RULES[convention](np.asarray(values, float), k)[0]]


def score_recency(days: Sequence[float], convention: str, k: int) -> list[int]:
    """Scores of recency_days: few days are good.

    The SQL rules order by days descending; the others score ascending and turn the scale round.
    """
    values = np.asarray(days, float)
    if convention in ("ntile", "row_number"):
        return score([-v for v in values], convention, k)
    labels, n_labels = RULES[convention](values, k)
    return [int(n_labels + 1 - s) for s in labels]


def scores(
    base: pd.DataFrame,
    convention: str,
    n_bins: tuple[int, int, int],
    nesting: str = "independent",
) -> pd.DataFrame:
    """`base` (ascending customer) with r_score, f_score, m_score.

    Nested: the same rule over again, for F within each R score, for M within each (R, F) cell.
    """
    out = base.assign(
        r_score=score_recency(base["recency_days"], convention, n_bins[0])
    )

    def rule(k: int) -> Callable[[pd.Series[Any]], list[int]]:
        return lambda values: score(values, convention, k)

    if nesting == "independent":
        out["f_score"] = rule(n_bins[1])(out["frequency"])
        out["m_score"] = rule(n_bins[2])(out["monetary"])
    else:
        out["f_score"] = out.groupby("r_score")["frequency"].transform(rule(n_bins[1]))
        out["m_score"] = out.groupby(["r_score", "f_score"])["monetary"].transform(
            rule(n_bins[2])
        )
    return out


def together_exact(values: Sequence[int], k: int) -> list[int]:
    """The type-7 rule in whole numbers, without a rounding anywhere."""
    ordered = sorted(values)
    cuts = []
    for i in range(1, k):
        low, rest = divmod((len(ordered) - 1) * i, k)
        above = ordered[min(low + 1, len(ordered) - 1)]
        cuts.append(ordered[low] * k + (above - ordered[low]) * rest)
    return [1 + sum(cut < value * k for cut in cuts) for value in values]


# --- netting ------------------------------------------------------------------------------------------


def net(
    table: pa.Table, clock: dt.datetime | None = None
) -> tuple[pa.Table, dict[str, int]]:
    """Lines left after netting as of `clock`, and counts of what fell out; times must be distinct per key.

    Returns are taken in order of time; each takes units from the nearest earlier purchase of the same
    customer, item and price, then from the one before it. `return_lines` counts matched and unmatched
    return lines together.
    """
    counts = {
        "no_customer": 0,
        "after_clock": 0,
        "return_lines": 0,
        "cancelled_by_return": 0,
    }
    left: list[dict[str, Any]] = []
    open_lines: dict[Any, list[dict[str, Any]]] = {}
    for line in sorted(table.to_pylist(), key=lambda row: row["time"]):
        key = (line["customer"], line["item"], line["price"])
        if clock is not None and line["time"] > clock:
            counts["after_clock"] += 1
        elif line["customer"] is None:
            counts["no_customer"] += 1
        elif line["quantity"] > 0:
            left.append(line)
            open_lines.setdefault(key, []).append(line)
        else:
            counts["return_lines"] += 1
            units = -line["quantity"]
            stack = open_lines.get(key, [])
            while units and stack:
                taken = min(units, stack[-1]["quantity"])
                stack[-1]["quantity"] -= taken
                units -= taken
                if not stack[-1]["quantity"]:
                    stack.pop()
    kept = [line for line in left if line["quantity"]]
    counts["cancelled_by_return"] = len(left) - len(kept)
    return pa.Table.from_pylist(kept, schema=table.schema), counts
