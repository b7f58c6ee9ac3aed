"""RFM in DuckDB's SQL: the second reference, which shares no code with the first."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd
import pyarrow as pa

#: Conventions that SQL can say.
SQL_CONVENTIONS = ("ntile", "row_number", "qcut_rank_first", "together")

_LINES = """
create or replace temp view lines as
select {customer} as customer, {transaction} as "transaction", {time} as time,
       cast(round({price} * 10000) as bigint) * {quantity} as units,
       {quantity} < 0 or {price} * {quantity} < 0 as is_return
from source
where {customer} is not null and {quantity} <> 0
"""

_BASE = """
create or replace temp table base as
with used as (select * from lines where {returns} and time <= coalesce({reference}, time)),
edge as (select coalesce({reference}, max(time)) as reference from used)
select customer,
       cast(date_diff('day', cast(max(time) filter (not is_return) as date), cast(any_value(reference) as date))
            as integer) as recency_days,
       count(distinct "transaction") filter (not is_return) as frequency,
       cast(sum(units) as bigint) as units,
       cast(sum(units) as double) / 10000 {per_order} as monetary
from used, edge
where {period}
group by customer
having count(*) filter (not is_return) > 0
"""


def _labels(
    convention: str, k: int, order: str, within: str, *, turned: bool = False
) -> str:
    """SQL of the labels 1..k of one score: `order` is the ordering with its tie-break."""
    over = f"over ({within} order by {order})"
    if convention == "ntile":
        label = f"ntile({k}) {over}"
    elif convention == "row_number":
        label = f"((row_number() {over} - 1) * {k}) // (count(*) over ({within})) + 1"
    else:
        # Rank r falls below cut i exactly when (r - 1) k <= (n - 1) i: whole numbers, no rounding.
        label = (
            f"greatest(1, ((row_number() {over} - 1) * {k} + count(*) over ({within}) - 2)"
            f" // nullif(count(*) over ({within}) - 1, 0))"
        )
    return (
        f"cast({k} + 1 - ({label}) as integer)"
        if turned
        else f"cast({label} as integer)"
    )


def _together(column: str, k: int, within: list[str], *, turned: bool = False) -> str:
    positions = ", ".join(f"{i / k!r}::double" for i in range(1, k))
    same = " and ".join(f"b.{name} = s.{name}" for name in within) or "true"
    cuts = f"(select quantile_cont(b.{column}, [{positions}]) from scored as b where {same})"
    label = f"1 + len(list_filter({cuts}, lambda cut: cut < s.{column}))"
    return (
        f"cast({k} + 1 - ({label}) as integer)"
        if turned
        else f"cast({label} as integer)"
    )


def rfm_sql(
    table: pa.Table,
    roles: Mapping[str, str],
    convention: str,
    n_bins: tuple[int, int, int],
    *,
    nesting: str = "independent",
    returns: str = "exclude",
    monetary: str = "sum",
    reference: str | None = None,
    period_days: int | None = None,
) -> pd.DataFrame:
    """customer, recency_days, frequency, units, monetary, r_score, f_score, m_score; ascending customer."""
    with duckdb.connect() as con:
        con.register("source", table)
        con.execute(
            _LINES.format(**{role: f'"{name}"' for role, name in roles.items()})
        )
        con.execute(
            _BASE.format(
                returns="true" if returns == "keep" else "not is_return",
                reference=f"timestamp '{reference}'"
                if reference
                else "null::timestamp",
                period="true"
                if period_days is None
                else f"cast(time as date) > cast(reference as date) - {period_days}",
                per_order=""
                if monetary == "sum"
                else '/ count(distinct "transaction") filter (not is_return)',
            )
        )
        nested = nesting == "nested"
        steps = [
            ("r_score", "recency_days", n_bins[0], []),
            ("f_score", "frequency", n_bins[1], ["r_score"] if nested else []),
            (
                "m_score",
                "monetary",
                n_bins[2],
                ["r_score", "f_score"] if nested else [],
            ),
        ]
        con.execute("create or replace temp table scored as select * from base")
        for name, column, k, within in steps:
            label = _label_sql(convention, column, k, within)
            con.execute(
                f"create or replace temp table next as select s.*, {label} as {name} from scored as s"
            )
            con.execute("create or replace temp table scored as select * from next")
        return con.execute("select * from scored order by customer").df()


def _label_sql(convention: str, column: str, k: int, within: list[str]) -> str:
    recency = column == "recency_days"
    if convention == "together":
        return _together(column, k, within, turned=recency)
    # The SQL rules run from the longest absence to the shortest; the pandas rule turns its labels round.
    turned = recency and convention == "qcut_rank_first"
    direction = "desc" if recency and not turned else ""
    partition = f"partition by {', '.join(within)}" if within else ""
    return _labels(
        convention, k, f"{column} {direction}, customer", partition, turned=turned
    )
