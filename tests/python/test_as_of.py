"""The clock: nothing computed as of t depends on a row after t; every row left out is counted."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import patronomy as pt
import pyarrow as pa
import pytest

from frames import (
    ROLES,
    SINGLE_ROLES,
    accounted,
    by_customer,
    column,
    ipc_bytes,
    random_shop,
    single_orders,
)
from reference import net

CUT = dt.datetime(2011, 1, 25)
MODES = ["net", "exclude", "keep"]


def bound(table: pa.Table, returns: str = "net") -> pt.Transactions:
    return pt.Transactions(table, **ROLES, returns=returns)


# --- the as-of property ----------------------------------------------------------------------------


def computed(tx: pt.Transactions) -> dict[str, Any]:
    """Everything the past gives: each bit of each table, the cut points, the model, the counts."""
    got: dict[str, Any] = {}
    for name, options in {
        "default": {"n_bins": 3, "breadth": True},
        "five": {"segments": "rf_grid"},
        "ntile": {"convention": "ntile", "nesting": "nested", "monetary": "mean"},
        "period": {"period_days": 10, "convention": "left_closed"},
    }.items():
        result = tx.rfm(**options)
        got[name] = ipc_bytes(result)
        got[f"{name} breaks"] = result.breaks.to_dict()
        got[f"{name} reference"] = result.reference
        if name == "five":
            got["segments"], got["cells"] = (
                ipc_bytes(result.segments()),
                ipc_bytes(result.cells()),
            )
        got[f"{name} counts"] = known(result.counts)
    got["counts"] = known(tx.counts)
    got["clock"] = tx.clock
    return got


def known(counts: dict[str, Any]) -> dict[str, Any]:
    """The counts of what is known at the clock; rows after it may be counted, as such."""
    later = ("after_clock", "time_out_of_range")
    return {
        "rows_used": counts["rows_used"],
        "left_out": {
            reason: n
            for reason, n in counts["left_out"].items()
            if n and reason not in later
        },
    }


def parts(table: pa.Table) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows = table.to_pylist()
    return [r for r in rows if r["time"] < CUT], [r for r in rows if r["time"] >= CUT]


def corrupted(
    rows: list[dict[str, Any]], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rows after the cut with anything at all in their columns; their times stay after the cut."""
    out = []
    for row in rows:
        minutes = int(rng.integers(0, 10**6))
        out.append(
            row
            | {
                "customer": [None, 100, 101, -5, 2**62][int(rng.integers(0, 5))],
                "transaction": [None, "", "00003", row["transaction"]][
                    int(rng.integers(0, 4))
                ],
                "item": [None, "a", "zzz"][int(rng.integers(0, 3))],
                "time": [
                    CUT,
                    CUT + dt.timedelta(minutes=minutes),
                    dt.datetime(2300, 1, 1),
                ][int(rng.integers(0, 3))],
                "quantity": [None, 0, -100, 2**31 - 1, -1][int(rng.integers(0, 5))],
                # A third has no end in decimals: exact sums before the cut must stay as they were.
                "price": [None, math.nan, math.inf, -1.0, 1 / 3, 1e300, 2.1, 0.85][
                    int(rng.integers(0, 8))
                ],
            }
        )
    return out


def woven(
    past: list[dict[str, Any]], later: list[dict[str, Any]], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Both lists in one, each in its own order."""
    slots = np.zeros(len(past) + len(later), bool)
    slots[rng.permutation(len(slots))[: len(later)]] = True
    first, second = iter(past), iter(later)
    return [next(second) if taken else next(first) for taken in slots]


def changes(
    table: pa.Table, rng: np.random.Generator
) -> dict[str, list[dict[str, Any]]]:
    past, later = parts(table)
    shuffled = [later[i] for i in rng.permutation(len(later))]
    turned = [row | {"quantity": -row["quantity"]} for row in later]
    # A return of each purchase of the past, one second after the cut.
    back = [
        row | {"time": CUT + dt.timedelta(seconds=1), "quantity": -row["quantity"]}
        for row in past
        if row["quantity"] > 0
    ]
    return {
        "dropped": past,
        "shuffled": woven(past, shuffled, rng),
        "in front": later + past,
        "sign turned": woven(past, turned, rng),
        "all returned after": woven(past, back, rng),
        "doubled": woven(past, later * 2, rng),
        "corrupted": woven(past, corrupted(later, rng), rng),
        "corrupted in front": corrupted(later, rng) + past,
    }


@pytest.mark.parametrize("returns", MODES)
@pytest.mark.parametrize("seed", range(8))
def test_nothing_of_the_past_depends_on_what_comes_later(
    seed: int, returns: str
) -> None:
    table = random_shop(seed, 40, n_days=60, return_rate=0.3)
    past, later = parts(table)
    assert len(past) > 20
    assert len(later) > 20
    expected = computed(bound(table, returns).split(CUT)[0])
    for name, rows in changes(table, np.random.default_rng(seed)).items():
        changed = pa.Table.from_pylist(rows, schema=table.schema)
        got = computed(bound(changed, returns).split(CUT)[0])
        for part, value in expected.items():
            assert got[part] == value, (
                f"{part} changed where the rows after the cut were {name}"
            )


@pytest.mark.parametrize("returns", MODES)
def test_as_of_hides_what_comes_later_too(returns: str) -> None:
    table = random_shop(99, 40, return_rate=0.3)
    just_before = CUT - dt.timedelta(microseconds=1)
    expected = computed(bound(table, returns).as_of(just_before))
    for name, rows in changes(table, np.random.default_rng(99)).items():
        changed = pa.Table.from_pylist(rows, schema=table.schema)
        assert computed(bound(changed, returns).as_of(just_before)) == expected, name


def test_the_property_can_fail() -> None:
    # The guard guarded: a row before the cut does change the past.
    table = random_shop(5, 40, return_rate=0.3)
    rows = table.to_pylist()
    first = next(
        i
        for i, r in enumerate(rows)
        if r["time"] < CUT and r["quantity"] > 0 and r["price"]
    )
    rows[first]["quantity"] += 1
    rows[first]["customer"] = 100
    changed = pa.Table.from_pylist(rows, schema=table.schema)
    assert computed(bound(changed).split(CUT)[0]) != computed(
        bound(table).split(CUT)[0]
    )


@pytest.mark.parametrize("returns", MODES)
def test_the_past_equals_a_table_that_ends_there(returns: str) -> None:
    table = random_shop(17, 40, return_rate=0.3)
    past, _ = parts(table)
    alone = bound(pa.Table.from_pylist(past, schema=table.schema), returns)
    split = bound(table, returns).split(CUT)[0].rfm(reference="2011-01-24")
    assert ipc_bytes(split) == ipc_bytes(alone.rfm(reference="2011-01-24"))


def test_a_return_after_the_clock_is_unknown() -> None:
    table = random_shop(23, 40, return_rate=0.4)
    as_of, _ = net(table, clock=CUT)
    result = bound(table).as_of(CUT).rfm(segments=None)
    customers = sorted(set(as_of["customer"].to_pylist()))
    assert column(result, "customer") == customers


def test_the_clock_of_online_retail(online_retail: pa.Table) -> None:
    # Cut in September; then every later quantity turned into a return of a hundred times as much.
    tx = pt.Transactions(online_retail, **pt.datasets.ONLINE_RETAIL_ROLES)
    past, later = tx.split("2011-09-10")
    frame = online_retail.to_pandas()
    after = frame["InvoiceDate"] >= "2011-09-10"
    frame.loc[after, "Quantity"] *= -100
    frame.loc[after, "CustomerID"] = 17850
    changed = pt.Transactions(
        pa.Table.from_pandas(frame, schema=online_retail.schema, preserve_index=False),
        **pt.datasets.ONLINE_RETAIL_ROLES,
    )
    assert ipc_bytes(changed.split("2011-09-10")[0].rfm()) == ipc_bytes(past.rfm())
    assert len(later.rfm()) > 1_000
    for half in (past, later):
        accounted(half)


# --- boundaries ------------------------------------------------------------------------------------

STAMPS = [
    "2011-01-04T23:59:59.999999",
    "2011-01-05T00:00:00",
    "2011-01-05T12:00:00",
    "2011-01-05T23:59:59.999999",
    "2011-01-06T00:00:00",
]


def stamped(kind: pa.DataType | None = None) -> pt.Transactions:
    """Customers 1..5 at the stamps."""
    times = pa.array([dt.datetime.fromisoformat(s) for s in STAMPS], pa.timestamp("us"))
    if kind is not None:
        times = times.cast(kind, safe=False)
    table = single_orders([1.0] * 5)
    return pt.Transactions(table.set_column(2, "time", times), **SINGLE_ROLES)


def ids(tx: pt.Transactions) -> list[int]:
    return [int(c) for c in column(tx.rfm(segments=None), "customer")]


MIDNIGHT = dt.datetime(2011, 1, 5)
AS_OF: list[tuple[Any, list[int]]] = [
    # A date alone is the whole day.
    ("2011-01-05", [1, 2, 3, 4]),
    (dt.date(2011, 1, 5), [1, 2, 3, 4]),
    (np.datetime64("2011-01-05"), [1, 2, 3, 4]),
    # A time is that instant, midnight included; rows at the instant stay.
    (MIDNIGHT, [1, 2]),
    ("2011-01-05T00:00:00", [1, 2]),
    ("2011-01-05 00:00:00", [1, 2]),
    ("2011-01-05T12:00:00", [1, 2, 3]),
    ("2011-01-05T11:59:59.999999", [1, 2]),
    (pd.Timestamp("2011-01-05T12:00:00"), [1, 2, 3]),
    (np.datetime64("2011-01-05T12:00:00", "s"), [1, 2, 3]),
    (np.datetime64("2011-01-05T12:00:00", "ns"), [1, 2, 3]),
    ("2011-01-06T00:00:00", [1, 2, 3, 4, 5]),
    ("2100-01-01", [1, 2, 3, 4, 5]),
]


@pytest.mark.parametrize(
    ("t", "expected"), AS_OF, ids=lambda v: repr(v) if not isinstance(v, list) else ""
)
def test_as_of_keeps_rows_up_to_the_time(t: Any, expected: list[int]) -> None:
    tx = stamped().as_of(t)
    assert ids(tx) == expected
    assert accounted(tx).get("after_clock", 0) == 5 - len(expected)


SPLIT: list[tuple[Any, list[int]]] = [
    # A date alone is the start of the day.
    ("2011-01-05", [1]),
    (dt.date(2011, 1, 5), [1]),
    (np.datetime64("2011-01-05"), [1]),
    (MIDNIGHT, [1]),
    ("2011-01-05T12:00:00", [1, 2]),
    (pd.Timestamp("2011-01-05T12:00:00"), [1, 2]),
    ("2011-01-06", [1, 2, 3, 4]),
    ("2011-01-05T23:59:59.999999", [1, 2, 3]),
]


@pytest.mark.parametrize(
    ("t", "expected"), SPLIT, ids=lambda v: repr(v) if not isinstance(v, list) else ""
)
def test_split_puts_rows_at_the_time_into_the_later_half(
    t: Any, expected: list[int]
) -> None:
    past, later = stamped().split(t)
    assert ids(past) == expected
    assert ids(later) == [c for c in range(1, 6) if c not in expected]
    accounted(past)
    accounted(later)


def test_nanoseconds_of_the_last_moment_belong_to_the_day() -> None:
    last = int(np.datetime64("2011-01-05T23:59:59.999999999", "ns").astype("int64"))
    times = pa.array([last, last + 1, last, last + 1, last]).view(pa.timestamp("ns"))
    tx = pt.Transactions(
        single_orders([1.0] * 5).set_column(2, "time", times), **SINGLE_ROLES
    )
    assert ids(tx.as_of("2011-01-05")) == [1, 3, 5]
    assert ids(tx.split("2011-01-06")[0]) == [1, 3, 5]
    assert ids(tx.split("2011-01-06")[1]) == [2, 4]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_boundaries_of_date_columns(kind: pa.DataType) -> None:
    tx = stamped(kind)
    assert ids(tx.as_of("2011-01-05")) == [1, 2, 3, 4]
    assert ids(tx.as_of(MIDNIGHT)) == [1, 2, 3, 4]
    assert ids(tx.as_of("2011-01-04")) == [1]
    past, later = tx.split("2011-01-05")
    assert (ids(past), ids(later)) == ([1], [2, 3, 4, 5])


def test_a_date_alone_is_a_day_of_the_zone() -> None:
    # 22:30, 23:00 and 23:30 UTC of the 5th: 23:30 of the 5th, then the 6th in Berlin.
    moments = [
        dt.datetime(2011, 1, 5, *hm, tzinfo=dt.UTC)
        for hm in [(22, 30), (23, 0), (23, 30)]
    ]
    times = pa.array(moments, pa.timestamp("us", "Europe/Berlin"))
    tx = pt.Transactions(
        single_orders([1.0] * 3).set_column(2, "time", times), **SINGLE_ROLES
    )
    assert ids(tx.as_of("2011-01-05")) == [1]
    past, later = tx.split("2011-01-06")
    assert (ids(past), ids(later)) == ([1], [2, 3])
    assert ids(tx.as_of(moments[1])) == [1, 2]
    assert ids(tx.as_of(pd.Timestamp(moments[1]).tz_convert("Asia/Tokyo"))) == [1, 2]


def test_the_clock_is_the_default_reference() -> None:
    tx = stamped()
    assert tx.clock is None
    assert tx.rfm().reference.date() == dt.date(2011, 1, 6)
    seen = tx.as_of("2011-02-01")
    assert seen.clock is not None
    assert seen.clock.date() == dt.date(2011, 2, 1)
    assert column(seen.rfm(), "recency_days") == [28, 27, 27, 27, 26]


def test_recency_counts_from_the_reference_of_the_result() -> None:
    past, later = bound(random_shop(2)).split("2011-01-25")
    for half in (past, later):
        result = half.rfm(segments=None)
        day = result.reference.date()
        for last, days in by_customer(result, "last_order", "recency_days").values():
            assert days == (day - last.date()).days >= 0


def test_clocks_only_go_back() -> None:
    # A clock behind another shows no row that the first has hidden.
    tx = stamped()
    assert ids(tx.as_of("2011-01-04").as_of("2011-01-06")) == [1]
    assert ids(tx.as_of("2011-01-06").as_of("2011-01-04")) == [1]
    past, _ = tx.as_of("2011-01-05").split("2011-01-05T12:00:00")
    assert ids(past) == [1, 2]
    # The table that was asked is as it was.
    assert ids(tx) == [1, 2, 3, 4, 5]


def test_reference_hides_later_rows_and_period_days_earlier_ones() -> None:
    tx = stamped()
    assert column(tx.rfm(reference="2011-01-05"), "customer") == [1, 2, 3, 4]
    assert column(tx.rfm(reference="2011-01-05T12:00:00"), "customer") == [1, 2, 3]
    # One day: the calendar day of the reference alone.
    result = tx.rfm(reference="2011-01-05", period_days=1)
    assert column(result, "customer") == [2, 3, 4]
    left = {reason: n for reason, n in result.counts["left_out"].items() if n}
    assert left == {"after_clock": 1, "before_window": 1}
    assert column(tx.rfm(reference="2011-01-05", period_days=2), "customer") == [
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize("returns", MODES)
@pytest.mark.parametrize("seed", range(5))
def test_every_row_is_accounted_for(seed: int, returns: str) -> None:
    table = random_shop(seed, 40, return_rate=0.3)
    tx = bound(table, returns)
    n = table.num_rows
    for one in (tx, tx.as_of(CUT), *tx.split(CUT)):
        accounted(one)
        accounted(one, period_days=7)
    for one in (tx, tx.split(CUT)[0]):
        accounted(one, reference="2011-01-20", period_days=10)
    assert tx.rfm().counts["rows_in"] == n
    assert len(tx) == tx.n_rows == n


def test_a_split_loses_no_row() -> None:
    tx = bound(random_shop(8, 40), "exclude")
    past, later = tx.split(CUT)
    whole = accounted(tx)
    halves = [one.counts["rows_used"] for one in (past, later)]
    assert sum(halves) == tx.counts["rows_used"]
    assert whole["return_excluded"] > 0
    assert accounted(past)["after_clock"] > 0
