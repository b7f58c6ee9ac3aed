"""Netting worked out by hand: which purchase a return takes its units from."""

from __future__ import annotations

from typing import Any

import patronomy as pt
import pyarrow as pa
import pytest

from frames import ROLES, accounted, by_customer, orders

MODES = ["net", "exclude", "keep"]


def bound(table: pa.Table, returns: str = "net") -> pt.Transactions:
    return pt.Transactions(table, **ROLES, returns=returns)


OTHER = ("z", "t9", "other", "2011-01-31T00:00:00", 1, 1.0)


def netted(
    *lines: tuple[Any, ...], clock: str | None = None
) -> tuple[Any, dict[str, int]]:
    """What netting leaves of customer `a`: (frequency, monetary, last day) or None; and the counts."""
    tx = bound(orders([*lines, OTHER]))  # type: ignore[list-item]
    if clock:
        tx = tx.as_of(clock)
    left = accounted(tx)
    row = by_customer(tx.rfm(segments=None), "frequency", "monetary", "last_order").get(
        "a"
    )
    return (None if row is None else (row[0], row[1], row[2].day)), left


def test_a_part_comes_back() -> None:
    got, left = netted(
        ("a", "1", "x", "2011-01-01", 10, 2.0), ("a", "C1", "x", "2011-01-03", -3, 2.0)
    )
    assert got == (1, 14.0, 1)
    assert left == {"return_netted": 1}


def test_all_comes_back() -> None:
    got, left = netted(
        ("a", "1", "x", "2011-01-01", 3, 2.0), ("a", "C1", "x", "2011-01-03", -3, 2.0)
    )
    assert got is None
    assert left == {"return_netted": 1, "cancelled_by_return": 1}


TWO = [("a", "1", "x", "2011-01-01", 5, 2.0), ("a", "2", "x", "2011-01-05", 5, 2.0)]


def test_the_nearest_earlier_purchase_goes_first() -> None:
    got, left = netted(*TWO, ("a", "C1", "x", "2011-01-07", -5, 2.0))
    assert got == (1, 10.0, 1)
    assert left == {"return_netted": 1, "cancelled_by_return": 1}


def test_then_the_one_before_it() -> None:
    got, left = netted(*TWO, ("a", "C1", "x", "2011-01-07", -7, 2.0))
    assert got == (1, 6.0, 1)
    assert left == {"return_netted": 1, "cancelled_by_return": 1}


def test_a_later_purchase_is_never_touched() -> None:
    got, left = netted(*TWO, ("a", "C1", "x", "2011-01-03", -5, 2.0))
    assert got == (1, 10.0, 5)
    assert left == {"return_netted": 1, "cancelled_by_return": 1}


def test_two_returns_of_one_purchase() -> None:
    got, left = netted(
        TWO[0],
        ("a", "C1", "x", "2011-01-02", -1, 2.0),
        ("a", "C2", "x", "2011-01-03", -2, 2.0),
    )
    assert got == (1, 4.0, 1)
    assert left == {"return_netted": 2}


def test_rows_may_stand_in_any_order() -> None:
    lines = [
        *TWO,
        ("a", "C1", "x", "2011-01-07", -7, 2.0),
        ("a", "C2", "x", "2011-01-03", -2, 2.0),
    ]
    # C2 takes 2 of the first; C1 all 5 of the second and 2 of the first.
    expected = ((1, 2.0, 1), {"return_netted": 2, "cancelled_by_return": 1})
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]):
        assert netted(*[lines[i] for i in order]) == expected


@pytest.mark.parametrize(
    "line",
    [
        ("a", "C1", "y", "2011-01-07", -5, 2.0),
        ("a", "C1", "x", "2011-01-07", -5, 2.5),
        ("b", "C1", "x", "2011-01-07", -5, 2.0),
        ("a", "C1", "x", "2010-12-31", -5, 2.0),
    ],
    ids=["another item", "another price", "another customer", "before the purchase"],
)
def test_what_finds_no_purchase_is_left_out_and_counted(line: tuple[Any, ...]) -> None:
    got, left = netted(*TWO, line)
    assert got == (2, 20.0, 5)
    assert left == {"return_unmatched": 1}


def test_more_comes_back_than_was_bought() -> None:
    got, left = netted(
        *TWO,
        ("a", "C1", "x", "2011-01-07", -99, 2.0),
        ("a", "3", "x", "2011-01-09", 1, 2.0),
    )
    # The rest is not kept for purchases to come.
    assert got == (1, 2.0, 9)
    assert left.pop("cancelled_by_return") == 2
    assert sum(left.values()) == 1
    assert set(left) <= {"return_netted", "return_unmatched"}


def test_a_return_after_the_clock_leaves_the_purchase_whole() -> None:
    lines = [*TWO, ("a", "C1", "x", "2011-01-07", -5, 2.0)]
    assert netted(*lines, clock="2011-01-06")[0] == (2, 20.0, 5)
    assert netted(*lines, clock="2011-01-07")[0] == (1, 10.0, 1)
    assert netted(*lines, clock="2011-01-06")[1] == {"after_clock": 2}


def test_an_order_with_another_line_left_is_still_an_order() -> None:
    got, _ = netted(
        ("a", "1", "x", "2011-01-01", 5, 2.0),
        ("a", "1", "y", "2011-01-01", 1, 3.0),
        ("a", "C1", "x", "2011-01-07", -5, 2.0),
    )
    assert got == (1, 3.0, 1)


def test_without_item_and_price_roles_any_purchase_of_the_customer_matches() -> None:
    table = orders([*TWO, ("a", "C1", "y", "2011-01-07", -5, 2.0), OTHER])
    roles = {role: name for role, name in ROLES.items() if role != "item"}
    result = pt.Transactions(table, **roles, returns="net").rfm(segments=None)
    assert by_customer(result, "frequency", "monetary")["a"] == (1, 10.0)


def test_amounts_shrink_with_the_quantity() -> None:
    lines = [
        ("a", "1", "x", "2011-01-01", 10, 0.0),
        ("a", "C1", "x", "2011-01-03", -3, 0.0),
        OTHER,
    ]
    table = orders(lines).append_column("amount", pa.array([20.0, -6.0, 1.0]))
    roles = {role: name for role, name in ROLES.items() if role != "price"} | {
        "amount": "amount"
    }
    result = pt.Transactions(table, **roles, returns="net").rfm(segments=None)
    assert by_customer(result, "monetary")["a"] == pytest.approx(14.0, rel=1e-12)


def test_a_negative_price_is_a_return_and_no_order() -> None:
    table = orders([*TWO, ("a", "3", "x", "2011-01-09", 1, -2.0), OTHER])
    for returns in MODES:
        result = bound(table, returns).rfm(segments=None)
        frequency, money, last = by_customer(
            result, "frequency", "monetary", "last_order"
        )["a"]
        assert (frequency, last.day) == (2, 5)
        assert money == (18.0 if returns == "keep" else 20.0)
