"""Bad tables: each is a typed error that names what is wrong, or a counted finding; never a panic."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import patronomy as pt
import pyarrow as pa
import pytest

from frames import (
    FRAME_KINDS,
    ROLES,
    SINGLE_ROLES,
    by_customer,
    column,
    orders,
    single_orders,
)

E = pt.errors


def job(
    data: Any, roles: dict[str, str] | None = None, returns: str = "net", **options: Any
) -> pt.Rfm:
    """The whole way: errors may come when the table is bound or when the job reads it."""
    return pt.Transactions(data, **(roles or ROLES), returns=returns).rfm(**options)


def outcome(make: Callable[[], pt.Rfm]) -> pt.Rfm | None:
    """The result, or None for a typed error; anything else (a panic above all) fails the test.

    pyo3's PanicException is a BaseException: it passes here unhandled.
    """
    try:
        return make()
    except E.PatronomyError as error:
        assert str(error).strip(), "an error must say something"
        return None


def left_out(result: pt.Rfm) -> dict[str, int]:
    """The reasons that occurred; rows in are rows used and rows left out."""
    counts = result.counts
    assert counts["rows_in"] == counts["rows_used"] + sum(counts["left_out"].values())
    return {reason: n for reason, n in counts["left_out"].items() if n}


def replaced(table: pa.Table, name: str, array: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, array)


# --- missing columns and roles ---------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_a_missing_column_is_named_with_the_nearest_one(
    role: str, small: pa.Table
) -> None:
    wrong = ROLES[role][:-1] + "X"
    with pytest.raises(E.ColumnNotFoundError) as caught:
        job(small, ROLES | {role: wrong})
    assert isinstance(caught.value, KeyError)
    assert f"`{wrong}`" in str(caught.value)
    assert f"`{ROLES[role]}`" in str(caught.value), "the nearest name is missing"


def test_a_misspelt_column_of_a_real_table(small: pa.Table) -> None:
    table = small.rename_columns(["CustomerID", *small.column_names[1:]])
    with pytest.raises(E.ColumnNotFoundError, match="`CustomerID`"):
        job(table, ROLES | {"customer": "CustomreID"})


@pytest.mark.parametrize("role", ["customer", "time"])
def test_a_required_role_left_out_is_a_type_error(role: str, small: pa.Table) -> None:
    with pytest.raises(TypeError, match=role):
        pt.Transactions(small, **{r: c for r, c in ROLES.items() if r != role})


@pytest.mark.parametrize("missing", [("quantity",), ("price",), ("quantity", "price")])
def test_money_without_its_roles(missing: tuple[str, ...], small: pa.Table) -> None:
    roles = {r: c for r, c in ROLES.items() if r not in missing}
    with pytest.raises(E.ColumnNotFoundError) as caught:
        job(small, roles)
    assert "amount" in str(caught.value), "the remedy is missing"


@pytest.mark.parametrize("name", [3, None, ["customer"], b"customer", ""])
def test_a_role_that_is_no_column_name(name: Any, small: pa.Table) -> None:
    with pytest.raises((E.PatronomyError, TypeError)):
        pt.Transactions(small, **(ROLES | {"customer": name}))


def test_an_unknown_role_is_a_type_error(small: pa.Table) -> None:
    with pytest.raises(TypeError, match="shop_name"):
        pt.Transactions(small, **ROLES, shop_name="customer")


def test_duplicate_column_names(small: pa.Table) -> None:
    names = ["customer", "customer", *small.column_names[2:]]
    roles = {r: c for r, c in ROLES.items() if r != "transaction"}
    with pytest.raises(E.PatronomyError, match="`customer`"):
        job(small.rename_columns(names), roles)


def test_duplicate_names_of_columns_without_a_role(small: pa.Table) -> None:
    extra = pa.array(range(small.num_rows))
    table = small.append_column("extra", extra).append_column("extra", extra)
    result = outcome(lambda: job(table))
    assert result is None or pa.table(result).equals(pa.table(job(small)))


# --- wrong types -----------------------------------------------------------------------------------

N = 7
WRONG_TYPES = [
    ("customer", pa.array([[1]] * N)),
    ("customer", pa.array([{"a": 1}] * N)),
    ("customer", pa.array([dt.date(2020, 1, 1)] * N)),
    ("customer", pa.array([dt.timedelta(1)] * N)),
    ("transaction", pa.array([[1]] * N)),
    ("item", pa.array([[1]] * N)),
    ("time", pa.array([True] * N)),
    ("time", pa.array([1.5] * N)),
    ("time", pa.array([b"2020-01-01"] * N)),
    ("time", pa.array([dt.time(1)] * N)),
    ("time", pa.array([["2020-01-01"]] * N)),
    ("quantity", pa.array(["one"] * N)),
    ("quantity", pa.array([True] * N)),
    ("quantity", pa.array([dt.date(2020, 1, 1)] * N)),
    ("price", pa.array(["cheap"] * N)),
    ("price", pa.array([True] * N)),
    ("price", pa.array([[1.0]] * N)),
    ("price", pa.array([dt.datetime(2020, 1, 1)] * N)),
]


@pytest.mark.parametrize(
    ("role", "array"),
    WRONG_TYPES,
    ids=lambda v: v if isinstance(v, str) else str(v.type),
)
def test_a_wrong_type_names_column_and_type(
    role: str, array: pa.Array, small: pa.Table
) -> None:
    table = replaced(small, role, array)
    with pytest.raises(E.ColumnTypeError) as caught:
        job(table)
    assert isinstance(caught.value, TypeError)
    assert f"`{ROLES[role]}`" in str(caught.value)


def test_ids_that_are_no_whole_numbers(small: pa.Table) -> None:
    table = replaced(small, "customer", pa.array([1.0, 1.0, 1.0, 2.5, 2.5, 3.0, 3.0]))
    with pytest.raises(E.PatronomyError, match="`customer`") as caught:
        job(table)
    assert isinstance(caught.value, (ValueError, TypeError))


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e300, 2.0**63])
def test_float_ids_beyond_any_integer(value: float, small: pa.Table) -> None:
    table = replaced(
        small, "customer", pa.array([1.0, 1.0, 1.0, value, value, 3.0, 3.0])
    )
    result = outcome(lambda: job(table))
    if result is not None:
        left_out(result)
        assert not {2**63 - 1, -(2**63)} & set(column(result, "customer")), (
            "an id was made up"
        )


@pytest.mark.parametrize("kind", ["polars", "pandas", "duckdb_relation"])
def test_wrong_types_are_the_same_error_in_every_frame(
    kind: str, small: pa.Table
) -> None:
    table = replaced(small, "price", pa.array(["cheap"] * N))
    with pytest.raises(E.ColumnTypeError, match="`price`"):
        job(FRAME_KINDS[kind](table))


# --- empty, one, all nulls -------------------------------------------------------------------------


@pytest.mark.parametrize("returns", ["net", "exclude", "keep"])
@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_an_empty_table(chunks: int, returns: str, small: pa.Table) -> None:
    batch = pa.RecordBatch.from_pylist([], schema=small.schema)
    table = pa.Table.from_batches([batch] * chunks, schema=small.schema)
    assert len(pt.Transactions(table, **ROLES)) == 0
    result = outcome(lambda: job(table, returns=returns, breadth=True))
    if result is not None:
        assert len(result) == 0
        assert left_out(result) == {}


def test_a_table_without_columns() -> None:
    with pytest.raises(E.ColumnNotFoundError, match="`customer`"):
        job(pa.table({}))


def test_a_struct_array_is_wanted_not_a_plain_one() -> None:
    with pytest.raises((E.PatronomyError, TypeError)):
        job(pa.array([1, 2, 3]))


@pytest.mark.parametrize("nesting", ["independent", "nested"])
@pytest.mark.parametrize(
    "convention",
    [
        "together",
        "ntile",
        "row_number",
        "qcut_rank_first",
        "qcut",
        "qcut_drop",
        "left_closed",
    ],
)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_customers_than_bins(n: int, convention: str, nesting: str) -> None:
    table = single_orders([10.0] * n)
    result = outcome(
        lambda: job(table, SINGLE_ROLES, convention=convention, nesting=nesting)
    )
    if result is not None:
        assert len(result) == n
        for name in ("r_score", "f_score", "m_score"):
            assert all(1 <= s <= 5 for s in column(result, name))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "null_type"])
def test_a_role_of_nulls_only(role: str, typed: bool, small: pa.Table) -> None:
    kind = small.schema.field(ROLES[role]).type if typed else pa.null()
    table = replaced(small, ROLES[role], pa.nulls(small.num_rows, kind))
    result = outcome(lambda: job(table))
    if result is not None and role != "item":
        assert len(result) == 0
        assert sum(left_out(result).values()) == small.num_rows


def test_all_columns_null(small: pa.Table) -> None:
    table = pa.table(
        {
            name: pa.nulls(5, small.schema.field(name).type)
            for name in small.column_names
        }
    )
    result = outcome(lambda: job(table))
    assert result is None or (len(result) == 0 and sum(left_out(result).values()) == 5)


def test_only_returns_is_no_customer(small: pa.Table) -> None:
    table = replaced(small, "quantity", pa.array([-1] * N))
    for returns in ("net", "exclude", "keep"):
        result = outcome(lambda mode=returns: job(table, returns=mode))
        assert result is None or (
            len(result) == 0 and sum(left_out(result).values()) == N
        )


# --- counted findings ------------------------------------------------------------------------------

LINES = [
    ("a", "1", "x", "2020-01-01", 1, 10.0),
    ("a", "2", "x", "2020-01-02", 1, 10.0),
    ("b", "3", "x", "2020-01-03", 1, 10.0),
    ("b", "4", "x", "2020-01-04", 1, 10.0),
]


def with_values(
    name: str, values: list[Any], kind: pa.DataType | None = None
) -> pa.Table:
    return replaced(orders(LINES), name, pa.array(values, kind))


@pytest.mark.parametrize("role", ["price", "quantity", "amount"])
def test_money_that_is_no_number_is_counted(role: str) -> None:
    values = pa.array([1.0, math.nan, math.inf, -math.inf], pa.float64())
    roles = ROLES | {role: role}
    if role == "amount":
        table = orders(LINES).append_column("amount", values)
    else:
        table = replaced(orders(LINES), role, values)
    result = job(table, roles, segments=None)
    assert column(result, "customer") == ["a"]
    assert left_out(result)["amount_not_finite"] == 3
    assert all(math.isfinite(m) for m in column(result, "monetary"))


@pytest.mark.parametrize(
    ("name", "reason", "values"),
    [
        ("customer", "no_customer", ["a", None, "", "  "]),
        ("transaction", "no_transaction", ["1", None, None, "4"]),
        ("price", "no_amount", [1.0, None, 1.0, None]),
        ("quantity", "no_amount", [1, None, 1, None]),
        (
            "time",
            "no_time",
            [dt.datetime(2020, 1, 1), None, dt.datetime(2020, 1, 1), None],
        ),
        ("quantity", "zero_quantity", [1, 0, 1, 0]),
    ],
)
def test_gaps_are_counted_with_their_reason(
    name: str, reason: str, values: list[Any]
) -> None:
    result = job(
        with_values(name, values, orders(LINES).schema.field(name).type), segments=None
    )
    n_gaps = 3 if name == "customer" else 2
    assert left_out(result) == {reason: n_gaps}
    assert result.counts["rows_used"] == 4 - n_gaps


IN_RANGE = ["1900-01-01", "2199-12-31"]
OUT_OF_RANGE = ["1899-12-31", "2200-01-01"]


@pytest.mark.parametrize("unit", ["date32", "date64", "s", "ms", "us", "text"])
def test_times_before_1900_and_from_2200_on_are_counted(unit: str) -> None:
    days = [dt.datetime.fromisoformat(day) for day in IN_RANGE + OUT_OF_RANGE]
    if unit == "text":
        times = pa.array(IN_RANGE + OUT_OF_RANGE)
    elif unit.startswith("date"):
        times = pa.array([d.date() for d in days], getattr(pa, unit)())
    else:
        times = pa.array(days, pa.timestamp(unit))
    result = job(replaced(orders(LINES), "time", times), segments=None)
    assert left_out(result) == {"time_out_of_range": 2}
    assert by_customer(result, "frequency") == {"a": 2}


@pytest.mark.parametrize("unit", ["date32", "date64", "s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_the_largest_and_smallest_times_there_are(unit: str, zone: str | None) -> None:
    width = np.int32 if unit == "date32" else np.int64
    limits = np.iinfo(width)
    raw = pa.array(
        [limits.max, limits.min, limits.max - 1, limits.min + 1],
        pa.from_numpy_dtype(width),
    )
    if unit.startswith("date"):
        # date64 wants whole days in some readers: the raw bits are kept all the same.
        times = raw.view(getattr(pa, unit)())
    else:
        times = raw.view(pa.timestamp(unit, zone))
    result = outcome(lambda: job(replaced(orders(LINES), "time", times), segments=None))
    if result is not None:
        assert left_out(result) == {"time_out_of_range": 4}


def test_text_that_is_no_time() -> None:
    table = with_values(
        "time", ["2020-01-01", "2020-01-02", "the other day", "2020-13-45"]
    )
    try:
        result = job(table, segments=None)
    except E.BadValuesError as error:
        assert isinstance(error, ValueError)
        assert "`time`" in str(error)
        assert "2" in str(error), "how many is missing"
    else:
        assert sum(left_out(result).values()) == 2


def test_text_with_and_without_offsets_in_one_column() -> None:
    table = with_values(
        "time",
        [
            "2020-01-01T00:00:00Z",
            "2020-01-02T00:00:00",
            "2020-01-03T00:00:00+02:00",
            "2020-01-04",
        ],
    )
    result = outcome(lambda: job(table, segments=None))
    if result is not None:
        left_out(result)
        assert result.notices or sum(left_out(result).values()), (
            "mixed zones pass in silence"
        )


def test_text_of_several_offsets_means_instants() -> None:
    # 2020-01-02 23:30 at +02:00 is 21:30 UTC, before 2020-01-02 22:00 UTC.
    texts = ["2020-01-02T23:30:00+02:00", "2020-01-02T22:00:00+00:00"]
    table = with_values("time", texts * 2)
    result = outcome(lambda: job(table, segments=None))
    if result is not None and len(result):
        first, last = column(result, "first_order")[0], column(result, "last_order")[0]
        assert last - first == dt.timedelta(minutes=30)


def test_an_unknown_zone() -> None:
    times = orders(LINES)["time"].cast(pa.int64()).combine_chunks()
    table = replaced(
        orders(LINES), "time", times.view(pa.timestamp("us", "Mars/Olympus_Mons"))
    )
    with pytest.raises(E.PatronomyError, match="Mars/Olympus_Mons"):
        job(table)


# --- large and negative numbers --------------------------------------------------------------------


def test_negative_sums_are_scored() -> None:
    amounts = [5.0, -50.0, 7.0, -1.0]
    table = replaced(single_orders(amounts), "customer", pa.array([1, 1, 2, 2]))
    result = job(table, SINGLE_ROLES, returns="keep")
    assert by_customer(result, "monetary") == {1: -45.0, 2: 6.0}
    scores = by_customer(result, "m_score")
    assert scores[1] < scores[2]
    assert all(
        math.isfinite(v)
        for v in pa.table(result.segments())["monetary_sum"].to_pylist()
    )


def test_sums_beyond_64_bits() -> None:
    # 2^62 units at 8: past int64 in one product; twice that in the sum.
    table = replaced(orders(LINES), "quantity", pa.array([2**62] * 4))
    table = replaced(table, "price", pa.array([8] * 4, pa.int64()))
    result = outcome(lambda: job(table, segments=None))
    if result is not None and len(result):
        assert column(result, "monetary") == pytest.approx([2.0**66] * 2, rel=1e-9)


def test_decimals_of_38_digits() -> None:
    big = Decimal("9" * 36 + ".99")
    table = replaced(orders(LINES), "price", pa.array([big] * 4, pa.decimal128(38, 2)))
    result = outcome(lambda: job(table, segments=None))
    if result is not None and len(result):
        assert column(result, "monetary") == pytest.approx([2e36] * 2, rel=1e-9)


def test_sums_beyond_the_largest_float() -> None:
    table = replaced(orders(LINES), "price", pa.array([1.7e308] * 4))
    result = outcome(lambda: job(table, segments=None))
    if result is not None:
        assert all(math.isfinite(m) for m in column(result, "monetary")), (
            "an infinite sum is no finding"
        )


def test_tiny_and_subnormal_prices() -> None:
    result = job(with_values("price", [5e-324, 1e-320, 1e-10, 0.0]), segments=None)
    assert all(m >= 0.0 for m in column(result, "monetary"))
    assert left_out(result) == {}


@pytest.mark.parametrize("quantity", [-(2**63), 2**63 - 1])
def test_the_extreme_quantities(quantity: int) -> None:
    table = with_values("quantity", [quantity, 1, 1, quantity], pa.int64())
    for returns in ("net", "exclude", "keep"):
        result = outcome(lambda mode=returns: job(table, returns=mode, segments=None))
        if result is not None:
            left_out(result)


def test_errors_hold_no_personal_data() -> None:
    # The customer's own id must not travel into a log by way of a message.
    table = replaced(orders(LINES), "price", pa.array(["jane.doe@example.org"] * 4))
    with pytest.raises(E.PatronomyError) as caught:
        job(table)
    assert "jane.doe" not in str(caught.value)
