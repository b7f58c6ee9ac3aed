"""RFM against fixtures worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import patronomy as pt
import pyarrow as pa
import pytest

from frames import (
    ROLES,
    SINGLE_ROLES,
    by_customer,
    column,
    orders,
    single,
    single_orders,
)

# --- fixtures worked out by hand -------------------------------------------------------------------

#: n = 7, k = 5: the rules that are taken for one another.
SEVEN_FIVE = {
    "ntile": "1122345",
    "qcut_rank_first": "1123455",
    "row_number": "1123345",
    "qcut": "1123455",
    "together": "1123455",
}


def digits(values: list[int]) -> str:
    return "".join(str(v) for v in values)


@pytest.mark.parametrize("convention", [c for c in SEVEN_FIVE if c != "qcut"])
def test_seven_customers_five_bins(convention: str) -> None:
    expected = SEVEN_FIVE[convention]
    result = single(
        [10, 20, 30, 40, 50, 60, 70], convention, 5, days=[7, 6, 5, 4, 3, 2, 1]
    )
    assert digits(column(result, "m_score")) == expected
    if convention in ("ntile", "row_number"):
        # Ordered by recency_days descending: the longest absent comes first.
        assert digits(column(result, "r_score")) == expected
    else:
        # Scored ascending, then turned round: the long bins lie at the other end.
        turned = "".join(str(6 - int(s)) for s in reversed(expected))
        assert digits(column(result, "r_score")) == turned


def test_seven_customers_five_bins_qcut() -> None:
    # qcut wants distinct edges in all three: customer i has i orders, of 10 each, the last i days ago.
    lines = [
        (i, f"{i}-{n}", "x", f"2020-12-{31 - i - n:02d}T12:00:00", 1, 10.0)
        for i in range(1, 8)
        for n in range(i)
    ]
    tx = pt.Transactions(orders(lines), **ROLES, returns="exclude")
    result = tx.rfm(convention="qcut", segments=None, reference="2020-12-31")
    assert digits(column(result, "f_score")) == SEVEN_FIVE["qcut"]
    assert digits(column(result, "m_score")) == SEVEN_FIVE["qcut"]
    assert digits(column(result, "r_score")) == "5543211"


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("ntile", "1122"),
        ("row_number", "1122"),
        ("qcut_rank_first", "1122"),
        ("together", "1111"),
    ],
)
def test_ties_are_split_by_customer_or_kept_together(
    convention: str, expected: str
) -> None:
    result = single([5, 5, 5, 5], convention, 2)
    assert digits(column(result, "m_score")) == expected
    assert digits(column(result, "f_score")) == expected
    # Recency: SQL rules give the later customers more, the turned rule less, ties kept together the top.
    recency = {
        "ntile": "1122",
        "row_number": "1122",
        "qcut_rank_first": "2211",
        "together": "2222",
    }
    assert digits(column(result, "r_score")) == recency[convention]


def test_ties_follow_the_customer_not_the_row() -> None:
    table = single_orders([5, 5, 5, 5]).take(pa.array([3, 0, 2, 1]))
    result = pt.Transactions(table, **SINGLE_ROLES).rfm(
        convention="ntile", n_bins=2, segments=None
    )
    assert by_customer(result, "m_score") == {1: 1, 2: 1, 3: 2, 4: 2}


def test_together_keeps_the_scale_where_cuts_coincide() -> None:
    # Quartile cuts of 1 1 1 1 1 1 1 9: 1, 1, 1. Ones lie below all three; 9 above all three.
    result = single([1, 1, 1, 1, 1, 1, 1, 9], "together", 4)
    assert digits(column(result, "m_score")) == "11111114"


def test_qcut_drop_gives_fewer_labels() -> None:
    # The same values as above have the edges 1 and 9 only: one label. With 1 1 1 1 5 9: 1, 4 (= 1 + 3/4 * 4), 9.
    amounts = [1.0, 1.0, 1.0, 1.0, 5.0, 9.0]
    expected = (pd.qcut(amounts, 4, labels=False, duplicates="drop") + 1).tolist()
    assert max(expected) == 2
    lines = [
        (i, f"t{i}", "x", f"2020-12-{31 - i:02d}T00:00:00", 1, a)
        for i, a in enumerate(amounts)
    ]
    # Two orders for half of the customers: frequency must have two edges as well.
    lines += [(i, f"u{i}", "x", "2020-11-01T00:00:00", 1, 0.0) for i in range(3)]
    tx = pt.Transactions(orders(lines), **ROLES, returns="exclude")
    result = tx.rfm(convention="qcut_drop", n_bins=(4, 2, 4), segments=None)
    assert column(result, "m_score") == expected


def test_left_closed_by_hand() -> None:
    # Amounts 10 20 30 40 50: quartiles 20 30 40, edges 21 31 41; lower <= x < upper.
    result = single([10, 20, 30, 40, 50], "left_closed", 4, days=[1, 11, 21, 31, 41])
    assert digits(column(result, "m_score")) == "11234"
    # Days 1 11 21 31 41: edges 12 22 32, so 1 1 2 3 4, turned round.
    assert digits(column(result, "r_score")) == "44321"
    # One order each: quartiles 1, edges 2: every customer in the first bin.
    assert digits(column(result, "f_score")) == "11111"


def test_left_closed_value_on_the_edge_belongs_above() -> None:
    # Median of 1 2 3 is 2, the edge 3; 3 is not below it.
    assert digits(column(single([1, 2, 3], "left_closed", 2), "m_score")) == "112"


#: Eight customers: recency days, orders, money. Within the recent half F splits 4 against 1; all of the
#: absent half have more orders than any of the recent half.
SPSS = {
    1: (1, 1, 10),
    2: (2, 2, 20),
    3: (3, 3, 80),
    4: (4, 4, 90),
    5: (11, 5, 30),
    6: (12, 6, 40),
    7: (13, 7, 50),
    8: (14, 8, 60),
}


def spss_table() -> pa.Table:
    lines = []
    for customer, (days, n_orders, money) in SPSS.items():
        for n in range(n_orders):
            # The first order of the list is the last in time and carries the money.
            day = np.datetime64("2020-12-31T00:00:00") - np.timedelta64(days + n, "D")
            lines.append(
                (
                    customer,
                    f"{customer}-{n}",
                    "x",
                    str(day),
                    1,
                    float(money) if n == 0 else 0.0,
                )
            )
    return orders(lines)


@pytest.mark.parametrize(
    "convention", ["together", "ntile", "row_number", "qcut_rank_first"]
)
def test_spss_independent(convention: str) -> None:
    tx = pt.Transactions(spss_table(), **ROLES, returns="exclude")
    result = tx.rfm(
        convention=convention, n_bins=2, reference="2020-12-31", segments=None
    )
    assert digits(column(result, "r_score")) == "22221111"
    assert digits(column(result, "f_score")) == "11112222"
    assert digits(column(result, "m_score")) == "11221122"


@pytest.mark.parametrize(
    "convention", ["together", "ntile", "row_number", "qcut_rank_first"]
)
def test_spss_nested(convention: str) -> None:
    tx = pt.Transactions(spss_table(), **ROLES, returns="exclude")
    result = tx.rfm(
        convention=convention,
        n_bins=2,
        nesting="nested",
        reference="2020-12-31",
        segments=None,
    )
    assert digits(column(result, "r_score")) == "22221111"
    # F anew within {1..4} and within {5..8}; M anew within {1,2}, {3,4}, {5,6}, {7,8}.
    assert digits(column(result, "f_score")) == "11221122"
    assert digits(column(result, "m_score")) == "12121212"


def test_own_breaks_are_right_closed() -> None:
    result = single([9.99, 10, 10.01, 20, 20.01], "together", 3, days=[0, 7, 8, 30, 31],
                    breaks={"recency": [7, 30], "frequency": [1, 2], "monetary": [10, 20]})  # fmt: skip
    assert digits(column(result, "m_score")) == "11223"
    assert digits(column(result, "r_score")) == "33221"
    assert digits(column(result, "f_score")) == "11111"


def test_weighted_score() -> None:
    result = single([1, 2, 3, 4, 5], "together", 5, days=[4, 3, 2, 1, 0])
    assert column(result, "rfm_score") == [111.0, 212.0, 313.0, 414.0, 515.0]
    result = single(
        [1, 2, 3, 4, 5], "together", 5, days=[4, 3, 2, 1, 0], weights=(1, 0.5, 2)
    )
    assert column(result, "rfm_score") == [3.5, 6.5, 9.5, 12.5, 15.5]


def test_descriptive_columns_by_hand(small: pa.Table) -> None:
    tx = pt.Transactions(small, **ROLES, returns="exclude")
    result = tx.rfm(reference="2011-01-31", breadth=True, segments=None)
    got = by_customer(
        result,
        "recency_days",
        "frequency",
        "monetary",
        "tenure_days",
        "mean_gap_days",
        "breadth",
    )
    gap_a = 10 - 0.5 / 24  # from 1 January 10:00 to 11 January 09:30
    gap_c = 9 + 1 / 86_400  # from 10 January 23:59:59 to midnight of the 20th
    assert got["A"] == (20, 2, 8.5, 30, pytest.approx(gap_a, rel=1e-12), 2)
    assert got["B"] == (28, 1, 6.0, 28, None, 1)
    assert got["C"] == (11, 2, 6.75, 21, pytest.approx(gap_c, rel=1e-12), 1)


def test_kept_returns_are_money_but_never_orders(small: pa.Table) -> None:
    result = pt.Transactions(small, **ROLES, returns="keep").rfm(
        reference="2011-01-31", segments=None
    )
    got = by_customer(result, "recency_days", "frequency", "monetary")
    assert got["B"] == (28, 1, 4.5)


def test_frequency_counts_transactions_not_lines(small: pa.Table) -> None:
    with_role = pt.Transactions(small, **ROLES, returns="exclude").rfm(segments=None)
    roles = {role: name for role, name in ROLES.items() if role != "transaction"}
    without = pt.Transactions(small, **roles, returns="exclude").rfm(segments=None)
    assert by_customer(with_role, "frequency") == {"A": 2, "B": 1, "C": 2}
    assert by_customer(without, "frequency") == {"A": 3, "B": 1, "C": 2}
