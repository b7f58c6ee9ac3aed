"""Tables for the tests, and the same table as every kind of frame the library accepts."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import patronomy as pt
import pyarrow as pa

#: The roles of every table made here.
ROLES = {
    "customer": "customer",
    "transaction": "transaction",
    "item": "item",
    "time": "time",
    "quantity": "quantity",
    "price": "price",
}

Line = tuple[Any, Any, Any, Any, Any, Any]


def orders(lines: Sequence[Line], time_type: pa.DataType | None = None) -> pa.Table:
    """A table of (customer, transaction, item, time, quantity, price) lines; times may be ISO text."""
    columns = list(zip(*lines, strict=True)) if lines else [()] * 6
    times = [datetime.fromisoformat(t) if isinstance(t, str) else t for t in columns[3]]
    customer_type = (
        pa.int64() if columns[0] and isinstance(columns[0][0], int) else pa.string()
    )
    return pa.table(
        {
            "customer": pa.array(columns[0], customer_type),
            "transaction": pa.array(columns[1], pa.string()),
            "item": pa.array(columns[2], pa.string()),
            "time": pa.array(times, time_type or pa.timestamp("us")),
            "quantity": pa.array(columns[4], pa.int64()),
            "price": pa.array(columns[5], pa.float64()),
        }
    )


def single_orders(
    amounts: Sequence[float], days: Sequence[int] | None = None
) -> pa.Table:
    """Customers 1..n with one order each: the given amount, the given days before 2020-12-31."""
    n = len(amounts)
    ago = np.zeros(n, int) if days is None else np.asarray(days)
    return pa.table(
        {
            "customer": pa.array(range(1, n + 1), pa.int64()),
            "transaction": pa.array([f"t{i}" for i in range(n)]),
            "time": pa.array(np.datetime64("2020-12-31", "D") - ago, pa.date32()),
            "amount": pa.array([float(a) for a in amounts], pa.float64()),
        }
    )


SINGLE_ROLES = {
    "customer": "customer",
    "transaction": "transaction",
    "time": "time",
    "amount": "amount",
}


def random_shop(
    seed: int,
    n_customers: int = 40,
    n_days: int = 60,
    *,
    return_rate: float = 0.15,
    missing_rate: float = 0.05,
    max_orders: int = 9,
) -> pa.Table:
    """A table full of ties: few prices, few items, lines of one order at one time; rows in random order.

    Times differ between transactions, so that netting has one answer. Returns repeat an item and a
    price that occur elsewhere, whether the customer bought them before or not.
    """
    rng = np.random.default_rng(seed)
    customer, transaction, item, time, quantity, price = ([] for _ in range(6))
    minutes = rng.permutation(n_days * 24 * 60)
    start = np.datetime64("2011-01-01T00:00", "m")
    n_transactions = 0
    for c in range(n_customers):
        for _ in range(int(rng.integers(1, max_orders + 1))):
            is_return = rng.random() < return_rate
            when = start + np.timedelta64(int(minutes[n_transactions]), "m")
            # One item once a transaction: two equal lines at one time would leave netting a choice.
            for i in rng.permutation(4)[: int(rng.integers(1, 4))]:
                customer.append(None if rng.random() < missing_rate else 100 + c)
                transaction.append(f"{'C' if is_return else ''}{n_transactions:05d}")
                item.append("abcd"[i])
                time.append(when)
                units = int(rng.integers(1, 6))
                quantity.append(-units if is_return else units)
                price.append(
                    [0.85, 1.25, 2.1, 0.0][int(rng.integers(0, 4)) if i == 0 else i - 1]
                )
            n_transactions += 1
    order = rng.permutation(len(customer))
    return pa.table(
        {
            "customer": pa.array(customer, pa.int64()),
            "transaction": pa.array(transaction, pa.string()),
            "item": pa.array(item, pa.string()),
            "time": pa.array(np.array(time, "datetime64[us]")),
            "quantity": pa.array(quantity, pa.int32()),
            "price": pa.array(price, pa.float64()),
        }
    ).take(pa.array(order))


def wide_shop(n_rows: int, seed: int = 0, *, text_ids: bool = False) -> pa.Table:
    """A large table, made column by column; about a tenth of the lines are returns."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, max(n_rows // 12, 1), n_rows)
    minutes = rng.integers(0, 700 * 24 * 60, n_rows)
    customers = pa.array(codes.astype("int64") * 7 + 3)
    if text_ids:
        customers = customers.cast(pa.string())
    return pa.table(
        {
            "customer": customers,
            "transaction": pa.array(codes.astype("int64") * 1_000 + minutes // 40_000),
            "item": pa.array(rng.integers(0, 50, n_rows).astype("int32")),
            "time": pa.array(
                np.datetime64("2010-01-01", "us")
                + minutes.astype("timedelta64[m]").astype("timedelta64[us]")
            ),
            "quantity": pa.array(
                np.where(rng.random(n_rows) < 0.1, -1, 1) * rng.integers(1, 9, n_rows)
            ),
            # Thirds are no decimals: their sums round, so a changed order of adding would show.
            "price": pa.array(rng.integers(1, 900, n_rows) / 3.0),
        }
    )


def _pandas_numpy(table: pa.Table) -> Any:
    frame = table.to_pandas()
    for name in frame.columns:
        if pa.types.is_string(table.schema.field(name).type):
            frame[name] = frame[name].astype(object)
    return frame


def _pandas_arrow(table: pa.Table) -> Any:
    import pandas as pd

    return table.to_pandas(types_mapper=pd.ArrowDtype)


def _polars(table: pa.Table) -> Any:
    import polars as pl

    return pl.from_arrow(table)


def _duckdb(table: pa.Table) -> Any:
    import duckdb

    # The relation keeps its connection alive; the default connection is left alone.
    return duckdb.connect().from_arrow(table)


def _struct_array(table: pa.Table) -> Any:
    return table.combine_chunks().to_struct_array().combine_chunks()


#: Kind of frame -> the function that makes it from a pyarrow table.
FRAME_KINDS: dict[str, Callable[[pa.Table], Any]] = {
    "pyarrow_table": lambda table: table,
    "pyarrow_reader": lambda table: table.to_reader(),
    "pyarrow_batch": lambda table: table.combine_chunks().to_batches()[0],
    "pyarrow_struct_array": _struct_array,
    "polars": _polars,
    "pandas": lambda table: table.to_pandas(),
    "pandas_numpy_object": _pandas_numpy,
    "pandas_arrow": _pandas_arrow,
    "duckdb_relation": _duckdb,
}


def ipc_bytes(result: Any) -> bytes:
    """Every bit of a result, floats included, as one Arrow stream."""
    table = pa.table(result).combine_chunks()
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def column(result: Any, name: str) -> list[Any]:
    """One column of an Arrow-speaking result as a Python list."""
    return pa.table(result).column(name).to_pylist()


def by_customer(result: Any, *names: str) -> dict[Any, Any]:
    """Customer -> the value of one column, or the tuple of several."""
    table = pa.table(result)
    values = [table.column(name).to_pylist() for name in names]
    rows = values[0] if len(names) == 1 else list(zip(*values, strict=True))
    return dict(zip(table.column("customer").to_pylist(), rows, strict=True))


def single(
    amounts: list[float],
    convention: str,
    n_bins: Any,
    days: list[int] | None = None,
    **options: Any,
) -> pt.Rfm:
    """RFM of customers 1..n with one order each, of the given amount, the given days ago."""
    tx = pt.Transactions(single_orders(amounts, days), **SINGLE_ROLES, returns="keep")
    return tx.rfm(convention=convention, n_bins=n_bins, segments=None, **options)


def accounted(tx: pt.Transactions, **options: Any) -> dict[str, int]:
    """The reasons that occurred, after the sum of the counts is checked on both doors."""
    for counts in (tx.counts, tx.rfm(segments=None, **options).counts):
        assert counts["rows_in"] == counts["rows_used"] + sum(
            counts["left_out"].values()
        )
        assert all(n >= 0 for n in counts["left_out"].values())
    return {reason: n for reason, n in counts["left_out"].items() if n}
