"""All default checks on order lines, and the counts that peers can make too, beside polars, duckdb and pandas making them.

The peers count six things in one go: rows without customer, cancellations, further negative quantities, prices of zero,
missing prices, exact duplicates over all columns. Ours makes these six alone (equal work), and all default checks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from _harness import (
    MEGA,
    THREADS,
    Engine,
    ResultsDiffer,
    alternate,
    arguments,
    load,
    peak_in_fresh_process,
    peak_of,
    print_table,
    stored,
    versions,
    write_report,
)

COUNTS = (
    "customer_missing",
    "cancellation",
    "negative_quantity",
    "amount_zero",
    "amount_missing",
    "duplicate",
)
SIZES = (1_000_000, 10_000_000)
PANDAS_MAX_ROWS = 1_000_000
ROLES: dict[str, Any] = {
    "customer": "customer",
    "transaction": "invoice",
    "item": "item",
    "item_name": "name",
    "time": "time",
    "quantity": "quantity",
    "price": "price",
}


def lines(n_rows: int) -> Any:
    """Order lines with text ids and names, and the usual dirt in them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rng = np.random.default_rng(0)
    order = np.cumsum(rng.random(n_rows) < 0.1)
    who = rng.integers(0, n_rows // 10, order[-1] + 1)[order]
    item = np.minimum(*rng.integers(0, 5_000, (2, n_rows)))
    back = (rng.random(order[-1] + 1) < 0.02)[order]
    quantity = rng.integers(1, 6, n_rows) * np.where(back, -1, 1)
    quantity[rng.random(n_rows) < 0.002] *= -1
    price = (item % 97 + 1) * 0.35 + 0.99
    price = np.round(price * (1 + 0.1 * rng.integers(0, 3, n_rows)), 2)
    price[rng.random(n_rows) < 0.003] = 0.0
    second = 1_600_000_000 + np.cumsum(rng.random(order[-1] + 1) * 60).astype(int)
    numbers = pc.cast(pa.array(order + 500_000), pa.string())
    prefix = pa.array(np.where(back, "C", ""))
    table = pa.table(
        {
            "customer": pa.array(
                who + 10_000, mask=(rng.random(order[-1] + 1) < 0.2)[order]
            ),
            "invoice": pc.binary_join_element_wise(prefix, numbers, ""),
            "item": pc.binary_join_element_wise(
                pc.cast(pa.array(item + 20_000), pa.string()), "A", ""
            ),
            "name": pc.binary_join_element_wise(
                "NAME OF THE ITEM", pc.cast(pa.array(item), pa.string()), " "
            ),
            "time": pa.array(second[order] * 1_000_000).cast(pa.timestamp("us")),
            "quantity": quantity,
            "price": pa.array(price, mask=rng.random(n_rows) < 0.001),
        }
    )
    again = pa.array(np.sort(rng.choice(n_rows, n_rows // 100, replace=False)))
    return pa.concat_tables(
        [table.slice(0, n_rows - len(again)), table.take(again)]
    ).combine_chunks()


# ---- engines: each gives the six counts -------------------------------------------------------------------------


class Counts(tuple[int, ...]):
    nbytes = 0


def ours(skip: tuple[str, ...]) -> Any:
    def run(tx: Any) -> Any:
        quality = tx.check(skip=skip, now="2030-01-01", n_jobs=THREADS)
        return Counts(quality[name] for name in COUNTS)

    return run


def bound(table: Any) -> Any:
    import patronomy as pt

    return pt.Transactions(table, **ROLES)


def in_polars(streaming: bool) -> Any:
    def run(frame: Any) -> Any:
        import polars as pl

        cancels = pl.col("invoice").str.starts_with("C")
        counts = frame.lazy().select(
            pl.col("customer").is_null().sum(),
            cancels.sum().alias("cancellation"),
            ((pl.col("quantity") < 0) & ~cancels).sum().alias("negative"),
            (pl.col("price") == 0).sum().alias("zero"),
            pl.col("price").is_null().sum().alias("missing"),
        )
        engine = "streaming" if streaming else "in-memory"
        distinct = frame.lazy().unique().select(pl.len())
        row = counts.collect(engine=engine).row(0)
        return Counts((*row, frame.height - distinct.collect(engine=engine).item()))

    return run


def to_polars(table: Any) -> Any:
    import polars as pl

    return pl.from_arrow(table)


def in_duckdb(table: Any) -> Any:
    import duckdb

    con = duckdb.connect(config={"threads": THREADS})
    con.register("lines", table)
    row = con.execute(
        """select count(*) - count(customer), count(*) filter (invoice like 'C%'),
        count(*) filter (quantity < 0 and invoice not like 'C%'), count(*) filter (price = 0),
        count(*) - count(price), count(*) - (select count(*) from (select distinct * from lines)) from lines"""
    ).fetchone()
    assert row is not None
    return Counts(row)


def in_pandas(frame: Any) -> Any:
    cancels = frame["invoice"].str.startswith("C")
    return Counts(
        int(n)
        for n in (
            frame["customer"].isna().sum(),
            cancels.sum(),
            ((frame["quantity"] < 0) & ~cancels).sum(),
            (frame["price"] == 0).sum(),
            frame["price"].isna().sum(),
            frame.duplicated().sum(),
        )
    )


def all_but_the_six() -> tuple[str, ...]:
    import patronomy as pt

    return tuple(sorted(set(pt.quality.checks()) - set(COUNTS)))


def engines() -> list[Engine]:
    def same(value: Any) -> Any:
        return value

    return [
        Engine(
            "patronomy, the six", bound, ours(all_but_the_six()), same, ("patronomy",)
        ),
        Engine("patronomy, all checks", bound, ours(()), same, ("patronomy",)),
        Engine("polars-in-memory", to_polars, in_polars(False), same, ("polars",)),
        Engine("polars-streaming", to_polars, in_polars(True), same, ("polars",)),
        Engine("duckdb", same, in_duckdb, same, ("duckdb",)),
        Engine("pandas", lambda t: t.to_pandas(), in_pandas, same, ("pandas",)),
    ]


def run_case(n_rows: int, runs: int, out: Path) -> dict[str, Any]:
    table = lines(n_rows)
    part = [e for e in engines() if e.name != "pandas" or n_rows <= PANDAS_MAX_ROWS]
    with stored(table, out) as path:
        memory = {
            e.name: peak_in_fresh_process(Path(__file__), e.name, path) for e in part
        }
    expected: dict[str, Any] = {}

    def check(who: str, result: Any, turn: int) -> None:
        first = expected.setdefault("counts", result)
        if result != first or min(result) == 0:
            raise ResultsDiffer(f"{who}, run {turn}: {result}, not {first}")

    times = alternate(part, {e.name: e.prepare(table) for e in part}, runs, check)
    figures = {
        e.name: {**times[e.name].summary(), **(memory[e.name] or {})} for e in part
    }
    base = figures[part[0].name]["seconds"]
    for figure in figures.values():
        figure["ratio"] = figure["seconds"] / base
    return {
        "case": f"{n_rows // 1_000_000}m",
        "rows": n_rows,
        "input_mb": table.nbytes / MEGA,
        "counts": dict(zip(COUNTS, expected["counts"], strict=True)),
        "engines": figures,
        "equal": True,
    }


def show(record: dict[str, Any]) -> None:
    rows = []
    for name, figure in record["engines"].items():
        extra = figure.get("peak_extra_mb")
        share = "-" if extra is None else f"{extra / record['input_mb']:.0%}"
        mega = "-" if extra is None else f"{extra:.0f}"
        rows.append(
            [name, f"{figure['seconds']:.3f}", f"{figure['ratio']:.2f}x", mega, share]
        )
    title = f"{record['case']}: {record['rows']:,} rows, {record['input_mb']:.0f} MB, {THREADS} threads"
    print_table(
        title, ["engine", "seconds", "ratio", "MB beside", "of the table"], rows
    )


def main() -> None:
    parser = arguments("checks beside polars, duckdb and pandas", runs=5)
    parser.add_argument("--memory-of", nargs=2, metavar=("ENGINE", "TABLE"))
    options = parser.parse_args()
    if options.memory_of:
        name, path = options.memory_of
        engine = next((e for e in engines() if e.name == name), None)
        if engine is None:
            sys.exit(f"unknown: {name}")
        print(json.dumps(peak_of(engine, load(Path(path)))))
        return
    sizes = (100_000,) if options.quick else SIZES
    runs = min(options.runs, 2) if options.quick else options.runs
    records = []
    for n_rows in sizes:
        records.append(run_case(n_rows, runs, options.out))
        show(records[-1])
    packages = versions(p for engine in engines() for p in engine.packages)
    write_report(options.out, "quality", {"versions": packages, "cases": records})


if __name__ == "__main__":
    main()
