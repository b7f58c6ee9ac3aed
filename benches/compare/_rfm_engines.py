"""The contenders of `rfm.py`: each the way a good user of it would write the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from _harness import THREADS, Engine

OURS = "patronomy"
LEVELS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Answer:
    """A result in the one form that is compared: numpy columns, in the engine's own order of customers."""

    customer: Any
    columns: dict[str, Any]
    nbytes: int


NAMES = ("last_order", "frequency", "monetary", "r_score", "f_score", "m_score")


def run_ours(table: Any) -> Any:
    import patronomy as pt
    import pyarrow as pa

    transactions = pt.Transactions(
        table,
        customer="customer",
        transaction="transaction",
        time="time",
        amount="amount",
        returns="keep",
    )
    result = transactions.rfm(segments=None, n_jobs=THREADS, progress=False)
    # Taken over as a table inside the timer: nothing may be left to be computed later.
    return pa.table(result)


def polars_frame(table: Any) -> Any:
    import polars as pl

    return pl.from_arrow(table)


def polars_query(frame: Any) -> Any:
    import polars as pl

    def score(name: str) -> pl.Expr:
        value = pl.col(name)
        above = ((value > value.quantile(q, "linear")).cast(pl.UInt8) for q in LEVELS)
        return pl.sum_horizontal(pl.lit(1, pl.UInt8), *above)

    last_day = pl.col("last_order").dt.date()
    return (
        frame.lazy()
        .group_by("customer")
        .agg(
            last_order=pl.col("time").max(),
            frequency=pl.col("transaction").n_unique(),
            monetary=pl.col("amount").sum(),
        )
        .with_columns(recency_days=(last_day.max() - last_day).dt.total_days())
        .with_columns(
            r_score=6 - score("recency_days"),
            f_score=score("frequency"),
            m_score=score("monetary"),
        )
    )


def run_polars_in_memory(frame: Any) -> Any:
    return polars_query(frame).collect(engine="in-memory")


def run_polars_streaming(frame: Any) -> Any:
    return polars_query(frame).collect(engine="streaming")


def duckdb_query() -> str:
    def above(name: str) -> str:
        tests = (f"(scored.{name} > cuts.{name}[{i}])::tinyint" for i in range(1, 5))
        return " + ".join(tests)

    cuts = ", ".join(
        f"quantile_cont({name}, {list(LEVELS)}) as {name}"
        for name in ("recency_days", "frequency", "monetary")
    )
    # Two steps instead of `count(distinct ...)`: faster here, and it saves the memory of the distinct sets.
    return f"""
    with customers as materialized (
      select customer, max(time) as last_order, count(*) as frequency, sum(amount) as monetary
      from (select customer, transaction, max(time) as time, sum(amount) as amount
            from orders group by customer, transaction)
      group by customer),
    latest as (select max(last_order)::date as day from customers),
    scored as materialized (
      select customers.*, date_diff('day', last_order::date, latest.day) as recency_days
      from customers, latest),
    cuts as (select {cuts} from scored)
    select scored.*,
      5 - ({above("recency_days")}) as r_score,
      1 + {above("frequency")} as f_score,
      1 + {above("monetary")} as m_score
    from scored, cuts"""


def duckdb_connection(table: Any) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.sql(f"set threads = {THREADS}")
    connection.register("orders", table)
    return connection


def run_duckdb(connection: Any) -> Any:
    return connection.sql(duckdb_query()).to_arrow_table()


def pandas_frame(table: Any) -> Any:
    return table.to_pandas()


def run_pandas(frame: Any) -> Any:
    import numpy as np

    result = frame.groupby("customer", sort=False).agg(
        last_order=("time", "max"),
        frequency=("transaction", "nunique"),
        monetary=("amount", "sum"),
    )
    day = result["last_order"].dt.normalize()
    result["recency_days"] = (day.max() - day).dt.days

    def score(name: str) -> Any:
        value = result[name].to_numpy()
        return 1 + np.searchsorted(np.quantile(value, LEVELS), value, side="left")

    result["r_score"] = 6 - score("recency_days")
    result["f_score"] = score("frequency")
    result["m_score"] = score("monetary")
    return result.reset_index()


# ---- answers ---------------------------------------------------------------------------------------------------


def answer_of_arrow(table: Any) -> Answer:
    import pyarrow as pa

    columns = {
        "last_order": table["last_order"].cast(pa.timestamp("us")).cast(pa.int64()),
        **{name: table[name] for name in NAMES[1:]},
    }
    arrays = {name: column.to_numpy() for name, column in columns.items()}
    return Answer(table["customer"], arrays, table.nbytes)


def answer_of_polars(frame: Any) -> Answer:
    import polars as pl

    oldest = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    found = answer_of_arrow(oldest)
    return Answer(found.customer, found.columns, frame.estimated_size())


def answer_of_pandas(frame: Any) -> Answer:
    import pyarrow as pa

    return answer_of_arrow(pa.Table.from_pandas(frame, preserve_index=False))


def same(table: Any) -> Any:
    return table


ENGINES = [
    Engine(OURS, same, run_ours, answer_of_arrow, (OURS, "pyarrow")),
    Engine(
        "polars-in-memory",
        polars_frame,
        run_polars_in_memory,
        answer_of_polars,
        ("polars",),
    ),
    Engine(
        "polars-streaming",
        polars_frame,
        run_polars_streaming,
        answer_of_polars,
        ("polars",),
    ),
    Engine("duckdb", duckdb_connection, run_duckdb, answer_of_arrow, ("duckdb",)),
    Engine("pandas", pandas_frame, run_pandas, answer_of_pandas, ("pandas", "numpy")),
]
