"""Each role takes every sensible Arrow type: ids, times, money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import patronomy as pt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from frames import (
    FRAME_KINDS,
    ROLES,
    SINGLE_ROLES,
    by_customer,
    column,
    ipc_bytes,
    orders,
    single_orders,
)


def rfm(data: Any, returns: str = "net", **options: Any) -> pt.Rfm:
    return pt.Transactions(data, **ROLES, returns=returns).rfm(**options)


def replaced(table: pa.Table, name: str, array: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, array)


def with_ids(ids: Sequence[Any], id_type: pa.DataType) -> pa.Table:
    """One order a row: amount = row number + 1, so that a row is known by its money."""
    table = single_orders([float(i + 1) for i in range(len(ids))])
    return replaced(table, "customer", pa.array(ids, id_type))


def money_of(table: Any) -> dict[Any, float]:
    return by_customer(
        pt.Transactions(table, **SINGLE_ROLES).rfm(segments=None), "monetary"
    )


def result_of(table: Any) -> pa.Table:
    return pa.table(pt.Transactions(table, **SINGLE_ROLES).rfm(segments=None))


# --- ids -------------------------------------------------------------------------------------------

INTEGERS = [
    pa.int8(),
    pa.int16(),
    pa.int32(),
    pa.int64(),
    pa.uint8(),
    pa.uint16(),
    pa.uint32(),
    pa.uint64(),
]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]


@pytest.mark.parametrize("id_type", INTEGERS, ids=str)
def test_integer_ids_keep_their_type(id_type: pa.DataType) -> None:
    table = result_of(with_ids([7, 3, None, 7, 0, 120], id_type))
    assert table.schema.field("customer").type == id_type
    assert table["customer"].to_pylist() == [0, 3, 7, 120]
    assert table["monetary"].to_pylist() == [5.0, 2.0, 5.0, 6.0]


@pytest.mark.parametrize("id_type", INTEGERS, ids=str)
def test_integer_ids_at_the_ends_of_their_range(id_type: pa.DataType) -> None:
    limits = np.iinfo(id_type.to_pandas_dtype())
    low, high = int(limits.min), int(limits.max)
    got = money_of(with_ids([high, low, high - 1, low + 1, high], id_type))
    assert got == {low: 2.0, low + 1: 4.0, high - 1: 3.0, high: 6.0}
    assert list(got) == sorted(got)


def test_ids_around_two_to_the_sixty_third() -> None:
    edge = 2**63
    ids = [edge, edge - 1, edge + 1, 2**64 - 1, 0, edge - 1]
    assert money_of(with_ids(ids, pa.uint64())) == {
        0: 5.0, edge - 1: 8.0, edge: 1.0, edge + 1: 3.0, 2**64 - 1: 4.0,
    }  # fmt: skip


@pytest.mark.parametrize("id_type", TEXTS, ids=str)
def test_text_ids(id_type: pa.DataType) -> None:
    table = result_of(with_ids(["b", "a", None, "b", "", "  ", "B"], id_type))
    assert table.schema.field("customer").type == pa.string()
    assert table["customer"].to_pylist() == ["B", "a", "b"]
    assert table["monetary"].to_pylist() == [7.0, 2.0, 5.0]


LONG_IDS = [
    "short",
    "exactly-12by",
    "exactly-13byt",
    "exactly-15bytes",
    "exactly-16-bytes",
    "exactly-17-bytes!",
    "6f1c1c1e-9d0b-4d3b-8a49-0a4e2d1b7c00",
    "6f1c1c1e-9d0b-4d3b-8a49-0a4e2d1b7c01",
    "same-prefix-of-more-than-sixteen-bytes-A",
    "same-prefix-of-more-than-sixteen-bytes-B",
    "same-prefix-of-more-than-sixteen-bytes",
    "nul\0inside",
    "nul\0insidE",
    "nul",
    "nul\0",
    "ünï-çødé",
    "客户编号",
    "客户",
    "🛒" * 9,
    "é",
    "e\u0301",
    " padded ",
    "x" * 5_000,
    "x" * 4_999 + "y",
]


@pytest.mark.parametrize(
    "id_type", [*TEXTS, pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_long_and_odd_text_ids(id_type: pa.DataType) -> None:
    rng = np.random.default_rng(5)
    rows = [*range(len(LONG_IDS)), *rng.integers(0, len(LONG_IDS), 300)]
    ids = [LONG_IDS[i] for i in rows]
    expected: dict[str, float] = {}
    for i, name in enumerate(ids):
        expected[name] = expected.get(name, 0.0) + i + 1
    # Through text: pyarrow makes no dictionary of Python strings by itself.
    got = money_of(
        replaced(with_ids(ids, pa.string()), "customer", pa.array(ids).cast(id_type))
    )
    assert got == expected
    assert list(got) == sorted(expected, key=lambda name: name.encode())


@pytest.mark.parametrize(
    "kind", ["polars", "pandas", "pandas_arrow", "duckdb_relation"]
)
def test_long_and_odd_text_ids_in_every_frame(kind: str) -> None:
    ids = [name for name in LONG_IDS if "\0" not in name] * 2
    table = with_ids(ids, pa.string())
    assert money_of(FRAME_KINDS[kind](table)) == money_of(table)


def test_many_distinct_text_ids() -> None:
    ids = [f"customer-{i * 7919 % 20_011:09d}" for i in range(20_011)]
    assert column(result_of(with_ids(ids * 2, pa.string())), "customer") == sorted(ids)


@pytest.mark.parametrize(
    "index", [pa.int8(), pa.uint16(), pa.int32(), pa.int64()], ids=str
)
@pytest.mark.parametrize("text", [pa.string(), pa.large_string()], ids=str)
def test_dictionary_ids(index: pa.DataType, text: pa.DataType) -> None:
    # An unused value, a repeated value, a blank one, a null value and a null index.
    words = pa.array(["b", "unused", "a", "b", " ", None], text)
    codes = pa.array([0, 2, None, 3, 4, 5, 0], index)
    ids = pa.DictionaryArray.from_arrays(codes, words)
    table = replaced(single_orders([1, 2, 3, 4, 5, 6, 7]), "customer", ids)
    got = result_of(table)
    assert got.schema.field("customer").type == pa.string()
    assert by_customer(got, "monetary") == {"a": 2.0, "b": 12.0}
    counts = pt.Transactions(table, **SINGLE_ROLES).rfm(segments=None).counts
    assert counts["left_out"]["no_customer"] == 3


def test_dictionaries_that_differ_by_chunk() -> None:
    one = pa.DictionaryArray.from_arrays(
        pa.array([0, 1], pa.int32()), pa.array(["a", "b"])
    )
    two = pa.DictionaryArray.from_arrays(
        pa.array([0, 1], pa.int32()), pa.array(["b", "c"])
    )
    ids = pa.chunked_array([one, two])
    assert money_of(replaced(single_orders([1, 2, 3, 4]), "customer", ids)) == {
        "a": 1,
        "b": 5,
        "c": 4,
    }


def test_categories_of_pandas_and_polars() -> None:
    import pandas as pd
    import polars as pl

    table = with_ids(["b", "a", None, "b", "c"], pa.string())
    frame = table.to_pandas()
    frame["customer"] = frame["customer"].astype("category")
    polars = pl.from_arrow(table)
    assert isinstance(polars, pl.DataFrame)
    expected = {"a": 2.0, "b": 5.0, "c": 5.0}
    assert isinstance(frame["customer"].dtype, pd.CategoricalDtype)
    assert money_of(frame) == expected
    assert (
        money_of(polars.with_columns(pl.col("customer").cast(pl.Categorical)))
        == expected
    )
    assert (
        money_of(polars.with_columns(pl.col("customer").cast(pl.Enum(["c", "b", "a"]))))
        == expected
    )


@pytest.mark.parametrize("id_type", [pa.float32(), pa.float64()], ids=str)
def test_whole_floats_as_pandas_makes_them(id_type: pa.DataType) -> None:
    # NaN inside Arrow is what a numpy-backed column may carry when it is handed over as it is.
    ids = pa.array([17850.0, np.nan, 12346.0, None, 17850.0, -0.0], id_type)
    got = result_of(replaced(single_orders([1, 2, 3, 4, 5, 6]), "customer", ids))
    assert got.schema.field("customer").type == pa.int64()
    assert by_customer(got, "monetary") == {0: 6.0, 12346: 3.0, 17850: 6.0}


@pytest.mark.parametrize("id_type", [pa.int32(), pa.uint64(), *TEXTS], ids=str)
def test_transaction_and_item_ids_of_every_type(
    id_type: pa.DataType, shop: pa.Table
) -> None:
    keep = shop.filter(pc.is_valid(shop["customer"]))
    expected = rfm(keep, breadth=True)
    numbers = [int(t.lstrip("C")) for t in keep["transaction"].to_pylist()]
    items = ["abcd".index(i) for i in keep["item"].to_pylist()]
    table = replaced(
        keep, "transaction", pa.array(numbers, pa.int64()).cast(pa.string())
    )
    table = replaced(table, "item", pa.array(items, pa.int64()).cast(pa.string()))
    for name in ("transaction", "item"):
        table = replaced(table, name, table[name].cast(id_type))
    assert ipc_bytes(rfm(table, breadth=True)) == ipc_bytes(expected)


def test_one_transaction_number_of_two_customers_counts_for_both() -> None:
    table = orders(
        [("a", "1", "x", "2020-01-01", 1, 1.0), ("b", "1", "x", "2020-01-01", 1, 1.0)]
    )
    assert by_customer(rfm(table), "frequency") == {"a": 1, "b": 1}


# --- times -----------------------------------------------------------------------------------------

MOMENTS = [
    "2011-01-01T10:00:00",
    "2011-01-11T09:30:00",
    "2011-02-28T00:00:00",
    "2011-03-01T23:59:59",
]


def at(times: pa.Array) -> pa.Table:
    """Four customers, one order each at the given times."""
    return replaced(single_orders([1, 2, 3, 4]), "time", times)


def recency(times: pa.Array, **options: Any) -> list[int]:
    tx = pt.Transactions(at(times), **SINGLE_ROLES, **options)
    return [
        int(d)
        for d in column(tx.rfm(reference="2011-03-02", segments=None), "recency_days")
    ]


DAYS = [60, 50, 2, 1]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_units(unit: str) -> None:
    times = pa.array(
        [dt.datetime.fromisoformat(m) for m in MOMENTS], pa.timestamp("us")
    )
    got = pt.Transactions(at(times.cast(pa.timestamp(unit))), **SINGLE_ROLES).rfm(
        segments=None
    )
    assert pa.table(got).schema.field("last_order").type == pa.timestamp("us")
    assert column(got, "last_order") == [dt.datetime.fromisoformat(m) for m in MOMENTS]
    assert recency(times.cast(pa.timestamp(unit))) == DAYS


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_dates(kind: pa.DataType) -> None:
    times = pa.array([dt.date.fromisoformat(m[:10]) for m in MOMENTS], kind)
    assert recency(times) == DAYS
    got = pt.Transactions(at(times), **SINGLE_ROLES).rfm(segments=None)
    assert pa.table(got).schema.field("last_order").type == pa.timestamp("us")
    assert column(got, "last_order")[0] == dt.datetime(2011, 1, 1)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_days_are_those_of_the_zone(unit: str) -> None:
    # 22:30 and 23:30 UTC on New Year's Eve: in Berlin the second is already the new year.
    moments = [dt.datetime(2010, 12, 31, hour, 30, tzinfo=dt.UTC) for hour in (22, 23)]
    times = pa.array([*moments, None, None], pa.timestamp("us", "UTC"))
    for zone, expected in [
        ("UTC", [1, 1]),
        ("Europe/Berlin", [1, 0]),
        ("America/New_York", [1, 1]),
    ]:
        table = at(times.cast(pa.timestamp(unit, zone)))
        got = pt.Transactions(table, **SINGLE_ROLES).rfm(
            reference="2011-01-01", segments=None
        )
        assert column(got, "recency_days") == expected, zone
        assert pa.table(got).schema.field("last_order").type == pa.timestamp("us", zone)
        assert column(got, "last_order") == moments


def test_the_zone_rules_hold_in_summer_too() -> None:
    # Summer time: 22:30 UTC is 00:30 of the next day in Berlin.
    moments = [dt.datetime(2011, 7, 1, hour, 30, tzinfo=dt.UTC) for hour in (21, 22)]
    times = pa.array([*moments, None, None], pa.timestamp("us", "Europe/Berlin"))
    got = pt.Transactions(at(times), **SINGLE_ROLES).rfm(
        reference="2011-07-02", segments=None
    )
    assert column(got, "recency_days") == [1, 0]


def test_a_fixed_offset_as_zone() -> None:
    moments = [dt.datetime(2010, 12, 31, hour, 30, tzinfo=dt.UTC) for hour in (17, 18)]
    times = pa.array([*moments, None, None], pa.timestamp("us", "+05:30"))
    got = pt.Transactions(at(times), **SINGLE_ROLES).rfm(
        reference="2011-01-01", segments=None
    )
    assert column(got, "recency_days") == [1, 0]


@pytest.mark.parametrize("text_type", TEXTS, ids=str)
@pytest.mark.parametrize(
    "shape",
    ["{0}T{1}", "{0} {1}", "{0}T{1}.000", "{0}T{1}.000000", "{0}"],
    ids=lambda s: s.format("d", "t"),
)
def test_iso_text(shape: str, text_type: pa.DataType) -> None:
    texts = [shape.format(*m.split("T")) for m in MOMENTS]
    assert recency(pa.array(texts, text_type)) == DAYS


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+02:00", "-05:30"])
def test_iso_text_with_an_offset_is_an_instant(offset: str) -> None:
    texts = [m + offset for m in MOMENTS]
    instants = [dt.datetime.fromisoformat(text) for text in texts]
    got = pt.Transactions(at(pa.array(texts)), **SINGLE_ROLES).rfm(segments=None)
    # Naive values, if they come back so, are those of UTC.
    back = [
        t if t.tzinfo else t.replace(tzinfo=dt.UTC) for t in column(got, "last_order")
    ]
    assert back == instants


def test_dictionary_text_times() -> None:
    texts = pa.array([m.replace("T", " ") for m in MOMENTS]).dictionary_encode()
    assert recency(texts) == DAYS


def test_time_format() -> None:
    texts = [dt.datetime.fromisoformat(m).strftime("%d.%m.%Y %H:%M") for m in MOMENTS]
    assert recency(pa.array(texts), time_format="%d.%m.%Y %H:%M") == DAYS
    texts = [dt.datetime.fromisoformat(m).strftime("%m/%d/%Y") for m in MOMENTS]
    assert recency(pa.array(texts), time_format="%m/%d/%Y") == DAYS


def test_missing_times_are_counted() -> None:
    times = pa.array(
        [dt.date(2020, 1, 1), None, dt.date(2020, 1, 2), None], pa.date32()
    )
    result = pt.Transactions(at(times), **SINGLE_ROLES).rfm(segments=None)
    assert column(result, "customer") == [1, 3]
    assert result.counts["left_out"]["no_time"] == 2


# --- money -----------------------------------------------------------------------------------------

AMOUNTS = [1.5, 2.25, 0.0, 1000.75]


@pytest.mark.parametrize(
    "money",
    [pa.float32(), pa.float64(), pa.decimal128(10, 2), pa.decimal128(38, 10)],
    ids=str,
)
@pytest.mark.parametrize("way", ["amount", "price"])
def test_money_types(money: pa.DataType, way: str) -> None:
    values = pa.array([Decimal(str(a)) for a in AMOUNTS], pa.decimal128(38, 10)).cast(
        money
    )
    table = single_orders(AMOUNTS)
    roles = dict(SINGLE_ROLES)
    if way == "amount":
        table, expected = replaced(table, "amount", values), AMOUNTS
    else:
        table = table.drop_columns(["amount"]).append_column("price", values)
        table = table.append_column("quantity", pa.array([3, 3, 3, 3], pa.int16()))
        del roles["amount"]
        roles |= {"price": "price", "quantity": "quantity"}
        expected = [3 * a for a in AMOUNTS]
    assert (
        column(pt.Transactions(table, **roles).rfm(segments=None), "monetary")
        == expected
    )


@pytest.mark.parametrize("money", INTEGERS, ids=str)
def test_integer_money(money: pa.DataType) -> None:
    table = replaced(single_orders([0] * 4), "amount", pa.array([3, 0, 100, 7], money))
    assert column(result_of(table), "monetary") == [3.0, 0.0, 100.0, 7.0]


@pytest.mark.parametrize(
    "quantity",
    [*INTEGERS, pa.float32(), pa.float64(), pa.decimal128(22, 3)],
    ids=str,
)
def test_quantity_types(quantity: pa.DataType, small: pa.Table) -> None:
    positive = small.filter(pc.greater(small["quantity"], 0))
    table = replaced(positive, "quantity", positive["quantity"].cast(quantity))
    assert ipc_bytes(rfm(table)) == ipc_bytes(rfm(positive))


def test_fractions_of_a_unit() -> None:
    table = orders(
        [("a", "1", "x", "2020-01-01", 1, 4.2), ("a", "2", "x", "2020-01-02", 1, 4.0)]
    )
    table = replaced(table, "quantity", pa.array([0.5, 1.25]))
    assert by_customer(rfm(table), "monetary", "frequency") == {"a": (7.1, 2)}


def test_decimal_money_is_exact_to_the_cent() -> None:
    # A thousand times 0.1 is 99.9999999999986 in floats added one by one.
    table = replaced(single_orders([0.1] * 1000), "customer", pa.array([1] * 1000))
    assert column(result_of(table), "monetary") == [100.0]
    table = replaced(single_orders([0.1, 0.2, -0.3]), "customer", pa.array([1, 1, 1]))
    kept = pt.Transactions(table, **SINGLE_ROLES, returns="keep").rfm(segments=None)
    assert column(kept, "monetary") == [0.0]


def test_amount_goes_before_quantity_times_price(small: pa.Table) -> None:
    amounts = pa.array([10.0, 10.0, 10.0, 10.0, -10.0, 10.0, 10.0])
    table = small.append_column("amount", amounts)
    result = pt.Transactions(table, **ROLES, amount="amount", returns="exclude").rfm()
    assert by_customer(result, "monetary") == {"A": 30.0, "B": 10.0, "C": 20.0}


def test_zero_price_is_an_order_and_zero_quantity_is_none() -> None:
    table = orders([("a", "1", "x", "2020-01-01", 1, 0.0), ("b", "2", "x", "2020-01-01", 0, 5.0),
                    ("b", "3", "x", "2020-01-02", 1, 5.0)])  # fmt: skip
    result = rfm(table)
    assert by_customer(result, "frequency", "monetary") == {
        "a": (1, 0.0),
        "b": (1, 5.0),
    }
    assert result.counts["left_out"]["zero_quantity"] == 1


def test_one_column_may_have_two_roles(small: pa.Table) -> None:
    roles = ROLES | {"item_name": "item"}
    assert ipc_bytes(pt.Transactions(small, **roles).rfm()) == ipc_bytes(rfm(small))
