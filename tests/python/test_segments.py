"""Segment maps and movement between segments, counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import patronomy as pt
import pyarrow as pa
import pytest

from frames import (
    ROLES,
    SINGLE_ROLES,
    by_customer,
    column,
    ipc_bytes,
    orders,
    random_shop,
    single_orders,
)
from reference import VALUE_RULES

ANY = (1, 5)

#: R and F ranges of the grid; M is any.
RF_GRID = {
    ((1, 2), (1, 2)),
    ((1, 2), (3, 4)),
    ((1, 2), (5, 5)),
    ((3, 3), (1, 2)),
    ((3, 3), (3, 3)),
    ((3, 4), (4, 5)),
    ((4, 4), (1, 1)),
    ((5, 5), (1, 1)),
    ((4, 5), (2, 3)),
    ((5, 5), (4, 5)),
}

#: The ten of the R package, in the order in which the first match wins.
RFM_PACKAGE = [
    ("Champions", (5, 5), (5, 5), (5, 5)),
    ("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
    ("Loyal Customers", (2, 4), (2, 4), (2, 4)),
    ("Promising", (3, 4), (1, 3), (3, 5)),
    ("New Customers", (4, 5), (1, 3), (1, 5)),
    ("Can't Lose Them", (1, 2), (3, 4), (4, 5)),
    ("At Risk", (1, 2), (2, 5), (4, 5)),
    ("Need Attention", (1, 3), (3, 5), (3, 5)),
    ("About To Sleep", (2, 3), (1, 3), (1, 4)),
    ("Lost", (1, 1), (1, 5), (1, 5)),
]


def covers(rule: Any, r: int, f: int, m: int) -> bool:
    _, rs, fs, ms = rule
    return rs[0] <= r <= rs[1] and fs[0] <= f <= fs[1] and ms[0] <= m <= ms[1]


def first_match(rules: Any, r: int, f: int, m: int) -> str | None:
    return next((rule[0] for rule in rules if covers(rule, r, f, m)), None)


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.Transactions(random_shop(31, 300), **ROLES)


# --- maps ------------------------------------------------------------------------------------------


def test_the_rf_grid_covers_every_cell_once() -> None:
    grid = pt.SegmentMap.builtin("rf_grid")
    assert grid.name == "rf_grid"
    assert len(grid) == len(grid.rules) == 10
    assert {(tuple(r), tuple(f)) for _, r, f, _ in grid.rules} == RF_GRID
    for r in range(1, 6):
        for f in range(1, 6):
            for m in (1, 5):
                assert sum(covers(rule, r, f, m) for rule in grid.rules) == 1


def test_the_map_of_the_r_package() -> None:
    rules = pt.SegmentMap.builtin("rfm_package").rules
    assert [(n, tuple(r), tuple(f), tuple(m)) for n, r, f, m in rules] == RFM_PACKAGE


@pytest.mark.parametrize("name", ["rf_grid", "rfm_package"])
def test_each_customer_has_the_first_segment_that_matches(
    tx: pt.Transactions, name: str
) -> None:
    rules = pt.SegmentMap.builtin(name).rules
    for options in ({"segments": name}, {"segments": pt.SegmentMap.builtin(name)}):
        result = tx.rfm(**options)
        rows = by_customer(result, "r_score", "f_score", "m_score", "segment").values()
        for r, f, m, segment in rows:
            assert segment == first_match(rules, r, f, m)


def test_auto_is_the_rf_grid(tx: pt.Transactions) -> None:
    assert ipc_bytes(tx.rfm()) == ipc_bytes(tx.rfm(segments="rf_grid"))


def test_overlapping_rules_follow_their_order(tx: pt.Transactions) -> None:
    narrow, wide = ("top", (5, 5), ANY, ANY), ("all", ANY, ANY, ANY)
    got = by_customer(
        tx.rfm(segments=pt.SegmentMap("a", [narrow, wide])), "r_score", "segment"
    )
    assert {segment for r, segment in got.values() if r == 5} == {"top"}
    assert {segment for r, segment in got.values() if r < 5} == {"all"}
    got = by_customer(
        tx.rfm(segments=pt.SegmentMap("b", [wide, narrow])), "r_score", "segment"
    )
    assert {segment for _, segment in got.values()} == {"all"}


def test_one_segment_may_have_several_rules(tx: pt.Transactions) -> None:
    ends = pt.SegmentMap(
        "ends",
        [
            ("end", (1, 1), ANY, ANY),
            ("middle", (2, 4), ANY, ANY),
            ("end", (5, 5), ANY, ANY),
        ],
    )
    result = tx.rfm(segments=ends)
    got = by_customer(result, "r_score", "segment")
    assert all((segment == "end") is (r in (1, 5)) for r, segment in got.values())
    assert column(result.segments(), "segment") == ["end", "middle"]


def test_unassigned_customers_are_null_and_reported(tx: pt.Transactions) -> None:
    result = tx.rfm(segments=pt.SegmentMap("part", [("top", (4, 5), ANY, ANY)]))
    rows = by_customer(result, "r_score", "f_score", "m_score", "segment")
    missing = [(r, f, m) for r, f, m, segment in rows.values() if segment is None]
    assert all(r < 4 for r, _, _ in missing)
    assert result.n_unassigned == len(missing) > 0
    cells = pa.table(result.unassigned_cells()).to_pylist()
    counted = {
        (c["r_score"], c["f_score"], c["m_score"]): c["n_customers"] for c in cells
    }
    assert counted == {cell: missing.count(cell) for cell in missing}
    assert sum(column(result.segments(), "n_customers")) == len(result)


def test_nothing_unassigned(tx: pt.Transactions) -> None:
    result = tx.rfm()
    assert result.n_unassigned == 0
    assert len(result.unassigned_cells()) == 0
    assert pa.table(result.unassigned_cells()).column_names == [
        "r_score",
        "f_score",
        "m_score",
        "n_customers",
    ]


def test_no_map_no_segments(tx: pt.Transactions) -> None:
    result = tx.rfm(segments=None)
    assert "segment" not in pa.table(result).column_names
    assert sum(column(result.cells(), "n_customers")) == len(result)


def test_names_are_text_of_any_kind(tx: pt.Transactions) -> None:
    names = ["Kund:innen", "客户", "a b", "🛒", "Zoë"]
    rules = [(name, (i, i), ANY, ANY) for i, name in enumerate(names, 1)]
    result = tx.rfm(segments=pt.SegmentMap("names", rules))
    got = by_customer(result, "r_score", "segment")
    assert all(segment == names[r - 1] for r, segment in got.values())


# --- tables ----------------------------------------------------------------------------------------


def test_the_table_of_segments(tx: pt.Transactions) -> None:
    rules = [
        ("top", (5, 5), ANY, ANY),
        ("never", (5, 5), ANY, ANY),
        ("low", (1, 3), ANY, ANY),
    ]
    result = tx.rfm(segments=pt.SegmentMap("mine", rules))
    table = pa.table(result.segments())
    assert table.column_names == [
        "segment", "n_customers", "share", "monetary_sum", "monetary_share",
        "mean_recency_days", "mean_frequency", "mean_monetary",
    ]  # fmt: skip
    rows = table.to_pylist()
    # The map's order, the empty segment with its zero, the unassigned last.
    assert [row["segment"] for row in rows[:3]] == ["top", "never", "low"]
    assert len(rows) == 4
    assert rows[1]["n_customers"] == 0
    frame = pa.table(result).to_pandas()
    total = frame["monetary"].sum()
    for row, members in [
        (rows[0], frame[frame["segment"] == "top"]),
        (rows[2], frame[frame["segment"] == "low"]),
        (rows[3], frame[frame["segment"].isna()]),
    ]:
        assert row["n_customers"] == len(members) > 0
        assert row["share"] == pytest.approx(len(members) / len(frame), rel=1e-12)
        assert row["monetary_sum"] == pytest.approx(
            members["monetary"].sum(), rel=1e-12
        )
        assert row["monetary_share"] == pytest.approx(
            members["monetary"].sum() / total, rel=1e-12
        )
        assert row["mean_recency_days"] == pytest.approx(
            members["recency_days"].mean(), rel=1e-12
        )
        assert row["mean_frequency"] == pytest.approx(
            members["frequency"].mean(), rel=1e-12
        )
        assert row["mean_monetary"] == pytest.approx(
            members["monetary"].mean(), rel=1e-12
        )


def test_the_cells_are_every_cell(tx: pt.Transactions) -> None:
    result = tx.rfm(n_bins=(4, 3, 2))
    rows = pa.table(result.cells()).to_pylist()
    assert list(rows[0]) == ["r_score", "f_score", "n_customers", "monetary_sum"]
    assert {(row["r_score"], row["f_score"]) for row in rows} == {
        (r, f) for r in range(1, 5) for f in range(1, 4)
    }
    assert len(rows) == 12
    frame = pa.table(result).to_pandas()
    for row in rows:
        members = frame[
            (frame["r_score"] == row["r_score"]) & (frame["f_score"] == row["f_score"])
        ]
        assert row["n_customers"] == len(members)
        assert row["monetary_sum"] == pytest.approx(
            members["monetary"].sum(), rel=1e-12
        )


# --- breaks kept for another period ----------------------------------------------------------------


@pytest.mark.parametrize("convention", VALUE_RULES)
def test_its_own_breaks_give_the_same_scores(
    tx: pt.Transactions, convention: str
) -> None:
    bins = (4, 2, 4)
    result = tx.rfm(convention=convention, n_bins=bins, segments=None)
    again = tx.rfm(breaks=result.breaks, segments=None)
    for name in ("r_score", "f_score", "m_score"):
        assert column(again, name) == column(result, name)
    assert again.breaks == result.breaks


def test_its_own_nested_breaks_give_the_same_scores(tx: pt.Transactions) -> None:
    result = tx.rfm(n_bins=3, nesting="nested", segments=None)
    again = tx.rfm(breaks=result.breaks, segments=None)
    for name in ("r_score", "f_score", "m_score"):
        assert column(again, name) == column(result, name)


def test_frozen_breaks_cut_another_period() -> None:
    past, later = pt.Transactions(random_shop(41, 200), **ROLES).split("2011-02-01")
    first = past.rfm()
    second = later.rfm(breaks=first.breaks)
    assert second.breaks == first.breaks
    for cuts, value, score, turned in [
        (first.breaks.recency, "recency_days", "r_score", True),
        (first.breaks.frequency, "frequency", "f_score", False),
        (first.breaks.monetary, "monetary", "m_score", False),
    ]:
        for v, s in by_customer(second, value, score).values():
            label = 1 + sum(cut < v for cut in cuts)
            assert s == (6 - label if turned else label)
    # The later period cut anew has other breaks: the test above is about frozen ones.
    assert later.rfm().breaks != first.breaks


def test_breaks_may_be_a_dict(tx: pt.Transactions) -> None:
    own = {"recency": [10, 20], "frequency": [1, 2], "monetary": [10, 30]}
    one = tx.rfm(breaks=own, segments=None)
    two = tx.rfm(breaks=pt.Breaks([10, 20], [1, 2], [10, 30]), segments=None)
    assert ipc_bytes(one) == ipc_bytes(two)
    assert set(column(one, "f_score")) == {1, 2, 3}


# --- moves -----------------------------------------------------------------------------------------

#: Two bins each: recent within ten days, loyal above one order; money plays no part.
OWN_BREAKS = {"recency": [10], "frequency": [1], "monetary": [1e9]}
OWN_MAP = pt.SegmentMap(
    "four",
    [
        ("core", (2, 2), (2, 2), (1, 2)),
        ("fresh", (2, 2), (1, 1), (1, 2)),
        ("fading", (1, 1), (2, 2), (1, 2)),
    ],
)


def period(month: int, who: dict[str, tuple[int, int]]) -> pt.Rfm:
    """Customer -> (orders, day of the last one) in a month; scored at the 31st."""
    lines = [
        (
            name,
            f"{month}-{name}-{n}",
            "x",
            f"2011-{month:02d}-{day - n:02d}T12:00:00",
            1,
            5.0,
        )
        for name, (n_orders, day) in who.items()
        for n in range(n_orders)
    ]
    tx = pt.Transactions(orders(lines), **ROLES)
    end = dt.date(2011, month, 31).isoformat()
    return tx.rfm(reference=end, n_bins=2, breaks=OWN_BREAKS, segments=OWN_MAP)


#: core: two orders, recent; fresh: one, recent; fading: two, long ago; unassigned: one, long ago.
EARLIER = {
    "a": (2, 30),
    "b": (2, 29),
    "c": (1, 30),
    "d": (2, 10),
    "e": (1, 10),
    "f": (2, 25),
}
LATER = {
    "a": (2, 30),
    "b": (1, 30),
    "c": (2, 30),
    "d": (1, 10),
    "f": (2, 25),
    "g": (1, 30),
    "h": (1, 5),
}

HAND = {
    ("core", "core"): (2, 2 / 3),  # a, f
    ("core", "fresh"): (1, 1 / 3),  # b
    ("fresh", "core"): (1, 1.0),  # c
    ("fading", "(unassigned)"): (1, 1.0),  # d
    ("(unassigned)", "(gone)"): (1, 1.0),  # e
    ("(new)", "fresh"): (1, 1 / 2),  # g
    ("(new)", "(unassigned)"): (1, 1 / 2),  # h
}


def moves_of(moves: pt.Moves) -> dict[tuple[str, str], tuple[int, float]]:
    rows = pa.table(moves).to_pylist()
    return {
        (r["from_segment"], r["to_segment"]): (r["n_customers"], r["share"])
        for r in rows
    }


def test_moves_counted_by_hand() -> None:
    earlier, later = period(1, EARLIER), period(3, LATER)
    moves = later.moves(earlier)
    got = moves_of(moves)
    assert {cell: n for cell, (n, _) in got.items()} == {
        cell: n for cell, (n, _) in HAND.items()
    }
    for cell, (_, share) in HAND.items():
        assert got[cell][1] == pytest.approx(share, rel=1e-12), cell
    assert [(f.name, f.type) for f in pa.table(moves).schema] == [
        ("from_segment", pa.string()),
        ("to_segment", pa.string()),
        ("n_customers", pa.uint64()),
        ("share", pa.float64()),
    ]
    rows, columns, counts = moves.matrix()
    for (source, target), (n, _) in HAND.items():
        assert counts[rows.index(source)][columns.index(target)] == n
    assert sum(map(sum, counts)) == sum(n for n, _ in HAND.values()) == 8


def test_moves_onto_itself_are_none(tx: pt.Transactions) -> None:
    result = tx.rfm()
    assert all(source == target for source, target in moves_of(result.moves(result)))
    assert sum(column(result.moves(result), "n_customers")) == len(result)


def test_moves_account_for_everyone() -> None:
    past, later = pt.Transactions(random_shop(41, 200), **ROLES).split("2011-02-01")
    first = past.rfm()
    second = later.rfm(breaks=first.breaks)
    got = moves_of(second.moves(first))
    n = {
        side: sum(c for (a, b), (c, _) in got.items() if side not in (a, b))
        for side in ("(new)", "(gone)")
    }
    assert n == {"(new)": len(first), "(gone)": len(second)}
    both = set(column(first, "customer")) & set(column(second, "customer"))
    stayed = sum(c for (a, b), (c, _) in got.items() if a != "(new)" and b != "(gone)")
    assert stayed == len(both) > 0


@pytest.mark.parametrize("change", ["breaks", "map", "no map"])
def test_moves_refuse_what_cannot_be_compared(change: str) -> None:
    past, later = pt.Transactions(random_shop(41, 200), **ROLES).split("2011-02-01")
    first = past.rfm()
    second = {
        "breaks": lambda: later.rfm(),
        "map": lambda: later.rfm(breaks=first.breaks, segments="rfm_package"),
        "no map": lambda: later.rfm(breaks=first.breaks, segments=None),
    }[change]()
    with pytest.raises(
        pt.errors.ParameterError,
        match="breaks" if change == "breaks" else "segments|map",
    ):
        second.moves(first)


def test_moves_refuse_two_kinds_of_ids(tx: pt.Transactions) -> None:
    first = tx.rfm()
    table = single_orders([1.0, 2.0]).set_column(0, "customer", pa.array(["a", "b"]))
    second = pt.Transactions(table, **SINGLE_ROLES).rfm(breaks=first.breaks)
    with pytest.raises((pt.errors.PatronomyError, TypeError)):
        second.moves(first)
