"""RFM against the two references, row by row, and against fixtures worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import patronomy as pt
import pyarrow as pa
import pytest

from frames import (
    ROLES,
    column,
    random_shop,
    single,
)
from reference import (
    CONVENTIONS,
    ORDER_RULES,
    customers,
    net,
    score,
    score_recency,
    scores,
    together_exact,
)
from reference_sql import SQL_CONVENTIONS, rfm_sql

RETAIL = {
    "customer": "CustomerID",
    "transaction": "InvoiceNo",
    "item": "StockCode",
    "time": "InvoiceDate",
    "quantity": "Quantity",
    "price": "UnitPrice",
}
SCORES = ["r_score", "f_score", "m_score"]
#: What is compared bit by bit; the rest within a relative 1e-9.
EXACT = ["customer", "recency_days", "frequency", "monetary", *SCORES]

#: Name -> options of both the library and the references.
WINDOWS: dict[str, dict[str, Any]] = {
    "whole": {},
    "reference": {"reference": "2011-09-10 12:00:00"},
    "period": {"reference": "2011-09-10 12:00:00", "period_days": 100},
}
# qcut raises on the frequency of Online Retail with five bins: half of the customers ordered once.
BINS = {convention: (5, 5, 5) for convention in CONVENTIONS} | {"qcut": (5, 2, 5)}


def frame(result: pt.Rfm) -> pd.DataFrame:
    return pa.table(result).to_pandas()


def assert_equal_rows(
    ours: pd.DataFrame, expected: pd.DataFrame, names: list[str]
) -> None:
    assert len(expected) > 0
    assert ours["customer"].tolist() == expected["customer"].tolist()
    for name in names:
        differs = np.flatnonzero(ours[name].to_numpy() != expected[name].to_numpy())
        assert not len(differs), (
            f"{name} differs for {len(differs)} of {len(ours)} customers, first at row {differs[0]}:\n"
            f"{ours.iloc[differs[:3]]}\n{expected.iloc[differs[:3]]}"
        )


def rescored(
    ours: pd.DataFrame, convention: str, n_bins: Any, nesting: str
) -> pd.DataFrame:
    """The reference's scores of the values in our own columns."""
    return scores(ours.drop(columns=SCORES), convention, n_bins, nesting)


def expected_or_none(make: Any, *args: Any) -> Any:
    """What pandas gives, or None where it refuses."""
    try:
        return make(*args)
    except ValueError:
        return None


@pytest.fixture(scope="module", params=["exclude", "keep"])
def retail(request: pytest.FixtureRequest, online_retail: pa.Table) -> pt.Transactions:
    return pt.Transactions(online_retail, **RETAIL, returns=request.param)


# --- Online Retail, row by row ---------------------------------------------------------------------


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_online_retail_equals_pandas(
    retail: pt.Transactions, online_retail: pa.Table, convention: str, window: str
) -> None:
    options, bins = WINDOWS[window], BINS[convention]
    base = customers(online_retail, RETAIL, returns=retail.returns, **options)
    expected = expected_or_none(scores, base, convention, bins)
    if expected is None:
        # Of the last hundred days alone, most customers have one order: qcut has no edges.
        assert (convention, window) == ("qcut", "period")
        with pytest.raises(ValueError):
            retail.rfm(convention=convention, n_bins=bins, segments=None, **options)
        return
    ours = frame(
        retail.rfm(convention=convention, n_bins=bins, segments=None, **options)
    )
    assert_equal_rows(ours, expected, EXACT)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("nesting", ["independent", "nested"])
@pytest.mark.parametrize("convention", SQL_CONVENTIONS)
def test_online_retail_equals_duckdb(
    retail: pt.Transactions,
    online_retail: pa.Table,
    convention: str,
    nesting: str,
    window: str,
) -> None:
    options = WINDOWS[window]
    expected = rfm_sql(
        online_retail,
        RETAIL,
        convention,
        (5, 5, 5),
        nesting=nesting,
        returns=retail.returns,
        **options,
    )
    ours = frame(
        retail.rfm(convention=convention, nesting=nesting, segments=None, **options)
    )
    assert_equal_rows(ours, expected, EXACT)


@pytest.mark.parametrize("convention", ["together", "left_closed", *ORDER_RULES])
def test_online_retail_nested_equals_pandas(
    retail: pt.Transactions, online_retail: pa.Table, convention: str
) -> None:
    expected = scores(
        customers(online_retail, RETAIL, returns=retail.returns),
        convention,
        (5, 5, 5),
        "nested",
    )
    ours = frame(retail.rfm(convention=convention, nesting="nested", segments=None))
    assert_equal_rows(ours, expected, EXACT)


@pytest.mark.parametrize("n_bins", [(3, 3, 3), (4, 4, 4), (10, 7, 9), (2, 6, 20)])
@pytest.mark.parametrize(
    "convention", ["together", "left_closed", "qcut_drop", *ORDER_RULES]
)
def test_online_retail_other_bins(
    retail: pt.Transactions,
    online_retail: pa.Table,
    convention: str,
    n_bins: tuple[int, int, int],
) -> None:
    expected = scores(
        customers(online_retail, RETAIL, returns=retail.returns), convention, n_bins
    )
    ours = frame(retail.rfm(convention=convention, n_bins=n_bins, segments=None))
    assert_equal_rows(ours, expected, EXACT)


@pytest.mark.parametrize(
    "convention", ["together", "qcut_drop", "left_closed", *ORDER_RULES]
)
def test_online_retail_mean_monetary(
    retail: pt.Transactions, online_retail: pa.Table, convention: str
) -> None:
    expected = customers(online_retail, RETAIL, returns=retail.returns, monetary="mean")
    ours = frame(retail.rfm(convention=convention, monetary="mean", segments=None))
    np.testing.assert_allclose(ours["monetary"], expected["monetary"], rtol=1e-9)
    # A quotient has more than one last bit: the scores are those of the means as they are reported.
    assert_equal_rows(ours, rescored(ours, convention, (5, 5, 5), "independent"), EXACT)


@pytest.mark.parametrize("window", WINDOWS)
def test_online_retail_descriptive_columns(
    retail: pt.Transactions, online_retail: pa.Table, window: str
) -> None:
    expected = customers(
        online_retail, RETAIL, returns=retail.returns, **WINDOWS[window]
    )
    ours = frame(retail.rfm(breadth=True, segments=None, **WINDOWS[window]))
    names = [
        "customer",
        "recency_days",
        "frequency",
        "first_order",
        "last_order",
        "tenure_days",
        "breadth",
    ]
    assert_equal_rows(ours, expected, names)
    # Plain float sums leave a rest of some 1e-15 where kept returns cancel all that was bought.
    np.testing.assert_allclose(
        ours["monetary"], expected["monetary_plain"], rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(
        ours["mean_gap_days"], expected["mean_gap_days"], rtol=1e-9
    )
    assert ours["mean_gap_days"].isna().tolist() == (ours["frequency"] == 1).tolist()


def test_online_retail_counts(online_retail: pa.Table) -> None:
    result = pt.Transactions(online_retail, **RETAIL, returns="exclude").rfm()
    # 541,909 lines; 135,080 without a customer; of the rest 8,905 are cancellations.
    left_out = {reason: n for reason, n in result.counts["left_out"].items() if n}
    assert result.counts["rows_in"] == 541_909
    assert result.counts["rows_used"] == 397_924
    assert sum(left_out.values()) == 541_909 - 397_924
    assert left_out["return_excluded"] >= 8_905
    assert len(result) == 4_339


def test_online_retail_qcut_raises_where_pandas_does(online_retail: pa.Table) -> None:
    tx = pt.Transactions(online_retail, **RETAIL, returns="exclude")
    with pytest.raises(ValueError, match="(?i)frequency") as caught:
        tx.rfm(convention="qcut")
    assert isinstance(caught.value, pt.errors.PatronomyError)


# --- random tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_random_tables(convention: str) -> None:
    compared = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n, bins = (
            int(rng.integers(10, 60)),
            tuple(int(k) for k in rng.integers(2, 10, 3)),
        )
        table = random_shop(seed, n, return_rate=0.1)
        returns = "exclude" if seed % 2 else "keep"
        tx = pt.Transactions(table, **ROLES, returns=returns)
        base = customers(table, ROLES, returns=returns)
        expected = expected_or_none(scores, base, convention, bins)
        if expected is None:
            if convention == "qcut":
                with pytest.raises(ValueError):
                    tx.rfm(convention=convention, n_bins=bins, segments=None)
            continue
        ours = frame(tx.rfm(convention=convention, n_bins=bins, segments=None))
        assert_equal_rows(ours, expected, EXACT)
        compared += 1
    assert compared >= (3 if convention == "qcut" else 50), (
        "too few tables were compared"
    )


@pytest.mark.parametrize("convention", ["together", "left_closed", *ORDER_RULES])
def test_random_tables_nested(convention: str) -> None:
    for seed in range(20):
        table = random_shop(seed, 30 + seed)
        bins = (2 + seed % 3, 2, 3)
        ours = frame(
            pt.Transactions(table, **ROLES, returns="exclude").rfm(
                convention=convention, n_bins=bins, nesting="nested", segments=None
            )
        )
        expected = scores(customers(table, ROLES), convention, bins, "nested")
        assert_equal_rows(ours, expected, EXACT)


@pytest.mark.parametrize("convention", ["together", "left_closed", *ORDER_RULES])
@pytest.mark.parametrize("k", [2, 3, 4, 5, 6, 7, 8, 9])
def test_many_sizes(convention: str, k: int) -> None:
    # Sizes with n - 1 a multiple of k put a cut on a value, where pandas' own rounding shows.
    for n in [k, k + 1, 2 * k + 1, 3 * k + 1, 19, 5 * k, 37, 6 * k + 1]:
        rng = np.random.default_rng(1000 * k + n)
        amounts = [float(a) for a in rng.permutation(n)]
        days = [int(d) for d in rng.integers(0, max(n // 2, 2), n)]
        result = single(amounts, convention, (k, k, k), days, reference="2020-12-31")
        assert column(result, "m_score") == score(amounts, convention, k), (
            f"monetary, n = {n}"
        )
        assert column(result, "r_score") == score_recency(days, convention, k), (
            f"recency, n = {n}"
        )


@pytest.mark.parametrize(
    ("n", "k"), [(91, 10), (171, 10), (56, 11), (19, 6), (43, 14), (76, 15)]
)
def test_together_has_no_rounding_on_a_cut(n: int, k: int) -> None:
    # (n - 1) i / k is whole, so the cut is a value of the table, and that value is not above it.
    amounts = list(range(1, n + 1))
    assert column(single(amounts, "together", k), "m_score") == together_exact(
        amounts, k
    )


@pytest.mark.parametrize("seed", range(25))
def test_netting_equals_the_plain_algorithm(seed: int) -> None:
    table = random_shop(seed, 25, n_days=30, return_rate=0.35)
    left, counts = net(table)
    tx = pt.Transactions(table, **ROLES, returns="net")
    ours = frame(tx.rfm(reference="2011-03-31", segments=None, breadth=True))
    expected = scores(
        customers(left, ROLES, reference="2011-03-31"), "together", (5, 5, 5)
    )
    assert_equal_rows(ours, expected, [*EXACT, "breadth", "first_order", "last_order"])
    got: Mapping[str, int] = tx.rfm(reference="2011-03-31").counts["left_out"]
    assert got.get("cancelled_by_return", 0) == counts["cancelled_by_return"] > 0
    assert (
        got.get("return_netted", 0) + got.get("return_unmatched", 0)
        == counts["return_lines"]
    )
    assert got.get("no_customer", 0) == counts["no_customer"]
