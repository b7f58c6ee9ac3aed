"""Sequences from Python: against every way to find them, Arrow in and out, parameters that are refused by name."""

from __future__ import annotations

import inspect
import itertools
import json
import pickle
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest
from patronomy import _core

E = pt.errors

START = datetime(2024, 1, 1)

#: The customers of Agrawal and Srikant (1995): customer, day, item.
EXAMPLE = [
    (1, 25, 30),
    (1, 30, 90),
    (2, 10, 10),
    (2, 10, 20),
    (2, 15, 30),
    (2, 20, 40),
    (2, 20, 60),
    (2, 20, 70),
    (3, 25, 30),
    (3, 25, 50),
    (3, 25, 70),
    (4, 25, 30),
    (4, 30, 40),
    (4, 30, 70),
    (4, 55, 90),
    (5, 12, 90),
]

Elements = tuple[tuple[Any, ...], ...]


def frame(rows: list[tuple[Any, int, Any]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer": [row[0] for row in rows],
            "day": [START + timedelta(days=row[1]) for row in rows],
            "item": [row[2] for row in rows],
        }
    )


def histories(data: Any) -> pt.Histories:
    return pt.Histories.from_table(data, customer="customer", time="day", item="item")


@pytest.fixture(scope="module")
def example() -> pt.Histories:
    return histories(frame(EXAMPLE))


@pytest.fixture(scope="module")
def shop() -> pt.Transactions:
    return pt.simulate.shop(n_customers=300, n_days=365, seed=3)


def found(sequences: pt.Sequences) -> dict[Elements, int]:
    table = sequences.to_dict()
    read = [tuple(tuple(element) for element in row) for row in table["sequence"]]
    assert table["length"] == [len(row) for row in read]
    assert table["n_items"] == [sum(map(len, row)) for row in read]
    return dict(zip(read, table["support_count"], strict=True))


def is_found(
    days: dict[int, set[Any]],
    rest: Elements,
    window: float,
    gaps: tuple[float, float],
    first: int | None = None,
    last: int | None = None,
) -> bool:
    """Whether the rest is in a history, after the days of what was matched before."""
    if not rest:
        return True
    for day, items in days.items():
        if last is not None and first is not None:
            gap = day - last
            if gap <= 0 or not gaps[0] <= gap <= gaps[1] or day - first > window:
                continue
        start = day if first is None else first
        if set(rest[0]) <= items and is_found(days, rest[1:], window, gaps, start, day):
            return True
    return False


def plainly(
    rows: list[tuple[Any, int, Any]],
    minimum: int,
    window: float,
    gaps: tuple[float, float],
) -> dict[Elements, int]:
    """All sequences of up to three elements of up to two items, tried one by one."""
    customers: dict[Any, dict[int, set[Any]]] = {}
    for customer, day, item in rows:
        customers.setdefault(customer, {}).setdefault(day, set()).add(item)
    items = sorted({row[2] for row in rows})
    elements = [(i,) for i in items] + list(itertools.combinations(items, 2))
    counted = {}
    for n in (1, 2, 3):
        for sequence in itertools.product(elements, repeat=n):
            has = [
                is_found(days, sequence, window, gaps) for days in customers.values()
            ]
            if sum(has) >= minimum:
                counted[sequence] = sum(has)
    return counted


@pytest.mark.parametrize("limits", [(None, None, None), (9, None, 2), (None, 4, None)])
def test_a_small_table_as_every_way_to_find_it(limits: tuple[Any, Any, Any]) -> None:
    window, longest, shortest = limits
    random = np.random.default_rng(11)
    rows = [
        (
            f"c{random.integers(12)}",
            int(random.integers(20)),
            "abcd"[random.integers(4)],
        )
        for _ in range(140)
    ]
    sequences = histories(frame(rows)).sequences(
        min_support_count=4,
        window_days=window,
        max_gap_days=longest,
        min_gap_days=shortest,
        max_len=3,
        max_element_items=2,
    )
    gaps = (shortest or 0, np.inf if longest is None else longest)
    expected = plainly(rows, 4, np.inf if window is None else window, gaps)
    assert len(expected) > 30
    assert found(sequences) == expected


def test_the_published_example(example: pt.Histories) -> None:
    sequences = found(example.sequences(min_support=0.25))
    longest = {s: n for s, n in sequences.items() if sum(map(len, s)) == 3}
    assert longest == {((30,), (40, 70)): 2}
    assert sequences[((30,), (90,))] == 2
    assert ((90,), (30,)) not in sequences
    within = found(example.sequences(min_support_count=1, window_days=10))
    assert within[((30,), (90,))] == 1


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", "duckdb"])
def test_any_frame_in_and_out(example: pt.Histories, library: str) -> None:
    lines = frame(EXAMPLE)
    data: Any = {
        "polars": lines,
        "pyarrow": lines.to_arrow(),
        "pandas": lines.to_pandas(),
        "duckdb": duckdb.sql("from lines"),
    }[library]
    sequences = histories(data).sequences(min_support=0.25)
    expected = example.sequences(min_support=0.25).to_dict()
    assert sequences.to_dict() == expected
    assert pl.DataFrame(sequences)["sequence"].to_list() == expected["sequence"]
    assert pa.table(sequences)["n_items"].to_pylist() == expected["n_items"]
    assert sequences.to_pandas()["support"].tolist() == expected["support"]
    rows = duckdb.sql("select sum(support_count)::int from sequences").fetchall()
    assert rows == [(sum(expected["support_count"]),)]


def test_text_is_a_dictionary_in_lists_of_lists() -> None:
    rows = [(1, 0, "a"), (1, 1, "b")]
    schema = pa.table(histories(frame(rows)).sequences(min_support=1.0)).schema
    inner = schema.field("sequence").type.value_type.value_type
    assert pa.types.is_dictionary(inner)


def test_rows_are_accounted_for(tmp_path: Path) -> None:
    data = pl.DataFrame(
        {
            "customer": ["a", None, "b", "a"],
            "day": ["01/02/2024", "01/02/2024", None, "01/02/2024"],
            "item": [1, 1, 2, 3],
        }
    )
    made = pt.Histories.from_table(
        data, customer="customer", time="day", item="item", time_format="%d/%m/%Y"
    )
    left_out = {"no_time": 1, "no_customer": 1}
    assert made.counts == {"rows_in": 4, "rows_used": 2, "left_out": left_out}
    assert (made.n_customers, made.n_elements, made.n_merged) == (1, 1, 1)
    assert repr(made) == "Histories: 1 customer, 1 element, 3 items, 2 of 4 rows used"
    path = tmp_path / "rows.csv"
    data.write_csv(path)
    read = pt.Histories.from_table(
        path, customer="customer", time="day", item="item", time_format="%d/%m/%Y"
    )
    assert repr(read) == repr(made)


def test_transactions_and_their_histories_give_the_same(shop: pt.Transactions) -> None:
    sequences = shop.sequences(min_support=0.1, max_items=3)
    again = shop.histories().sequences(min_support=0.1, max_items=3)
    assert pa.table(sequences) == pa.table(again)
    assert len(sequences) > 20
    counted = shop.sequences(min_support=0.1, max_items=3, count_only=True)
    assert counted.n_sequences == len(sequences)
    assert sequences.histories.n_customers == len(shop.rfm())


def test_returned_goods_are_in_no_sequence() -> None:
    lines = pl.DataFrame(
        {
            "who": [1, 1, 1],
            "order": [1, 2, 3],
            "what": ["a", "b", "a"],
            "when": ["2024-01-01", "2024-01-02", "2024-01-03"],
            "n": [1, 1, -1],
            "price": [1.0, 1.0, 1.0],
        }
    )
    roles = {"customer": "who", "transaction": "order", "item": "what", "time": "when"}
    tx = pt.Transactions(lines, **roles, quantity="n", price="price")
    assert found(tx.sequences(min_support=1.0)) == {(("b",),): 1}


def test_required_and_forbidden_are_labels(example: pt.Histories) -> None:
    sequences = found(example.sequences(min_support_count=2, required=[70]))
    assert ((40, 70),) in sequences
    assert all(any(70 in element for element in s) for s in sequences)
    without = found(example.sequences(min_support_count=2, forbidden=[70]))
    assert ((30,), (40,)) in without
    assert not any(70 in element for s in without for element in s)


def test_it_shows_itself(shop: pt.Transactions) -> None:
    sequences = shop.sequences(min_support=0.02, min_len=2, max_items=2)
    text = repr(sequences)
    assert " → " in text
    assert f"Sequences: {len(sequences):,} sequences, in " in text.splitlines()[-1]
    assert "<table" in sequences._repr_html_()
    counted = shop.sequences(min_support=0.1, max_items=2, count_only=True)
    assert repr(counted).endswith("sequences, counted only")
    assert counted.is_counted_only
    with pytest.raises(E.ParameterError, match="call `sequences` with"):
        counted.to_dict()
    axes = sequences.plot(5)
    assert len(axes.patches) == 5
    assert axes.get_xlabel() == "share of the customers"


def test_the_strongest_and_batches(example: pt.Histories) -> None:
    sequences = example.sequences(min_support=0.25)
    strongest = sequences.strongest(2, min_len=2).to_dict()
    assert strongest["sequence"] == [[[30], [40, 70]], [[30], [40]]]
    sizes = [len(table) for table in sequences.batches(4)]
    assert sizes == [4, 4, 1]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"min_support": 30}, E.ParameterError, "for a percentage divide by 100"),
        ({"min_support": 0}, E.ParameterError, "`min_support`"),
        ({"min_support": float("nan")}, E.ParameterError, "must be finite"),
        ({"min_support": "a"}, TypeError, "`min_support` of `sequences`"),
        ({"min_support_count": 0}, E.ParameterError, "`min_support_count`"),
        ({"min_support": 0.1, "min_support_count": 2}, E.ParameterError, "together"),
        ({"window_days": 0}, E.ParameterError, "above 0; leave it away for no limit"),
        ({"max_gap_days": -1}, E.ParameterError, "`max_gap_days` of"),
        ({"min_gap_days": float("inf")}, E.ParameterError, "`min_gap_days` of"),
        ({"min_gap_days": 5, "window_days": 4}, E.ParameterError, "`window_days`, 4"),
        ({"max_len": 1, "min_len": 2}, E.ParameterError, "at least `min_len`, 2"),
        ({"max_items": 1.5}, TypeError, "`max_items` of `sequences`"),
        ({"required": "30"}, TypeError, "a list of items"),
        ({"required": [31]}, E.ParameterError, "must be labels of the 8 items"),
        ({"count_only": 1}, TypeError, "must be True or False"),
        ({"n_jobs": 0}, E.ParameterError, "`n_jobs`"),
    ],
)
def test_bad_parameters(
    example: pt.Histories, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        example.sequences(**given)


def test_bad_tables() -> None:
    data = frame(EXAMPLE)
    with pytest.raises(E.ColumnNotFoundError, match="`customer`"):
        pt.Histories.from_table(data, customer="custmer", time="day", item="item")
    with pytest.raises(E.ColumnTypeError, match="`customer` for role `time`"):
        pt.Histories.from_table(data, customer="item", time="customer", item="item")
    with pytest.raises(TypeError, match="speaks Arrow"):
        histories([1, 2])
    with pytest.raises(TypeError, match="no public constructor"):
        pt.Histories()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(histories(data))


def test_an_explosion_is_refused_with_a_support_that_fits(
    shop: pt.Transactions,
) -> None:
    with pytest.raises(E.BudgetError, match=r"a minimum support of \d+ customers"):
        shop.sequences(min_support_count=2, max_sequences=100)


def test_empty_tables_give_empty_results() -> None:
    none = histories(frame(EXAMPLE).clear())
    sequences = none.sequences()
    assert (len(none), len(sequences), sequences.to_dict()["sequence"]) == (0, 0, [])


def test_threads_do_not_matter(shop: pt.Transactions) -> None:
    made = shop.histories()
    one = pa.table(made.sequences(min_support=0.05, max_items=3, n_jobs=1))
    assert one == pa.table(made.sequences(min_support=0.05, max_items=3, n_jobs=3))


def test_progress_is_told(shop: pt.Transactions) -> None:
    told: list[tuple[float, str]] = []
    shop.histories().sequences(
        min_support=0.1,
        max_items=2,
        progress=lambda part, stage: told.append((part, stage)),
    )
    assert told[-1][0] == 1.0
    assert told[-1][1] == "sequences"


def test_the_signatures_show_the_defaults_of_the_core() -> None:
    core = json.loads(_core.sequence_defaults())
    for method in (pt.Histories.sequences, pt.Transactions.sequences):
        parameters = inspect.signature(method).parameters
        face = {k: p.default for k, p in parameters.items() if k in core}
        # Lists are given by labels, and none of them is no list.
        face |= {k: [] for k in ("required", "forbidden") if face[k] is None}
        assert core and face == core


def test_a_data_frame_of_pandas_with_categories() -> None:
    data = pd.DataFrame(
        {
            "customer": ["x", "x"],
            "day": pd.to_datetime(["2024-01-02", "2024-01-01"]),
            "item": pd.Categorical(["b", "a"]),
        }
    )
    sequences = found(histories(data).sequences(min_support=1.0))
    assert (("a",), ("b",)) in sequences
