"""Readers beside pandas, polars, pyarrow and duckdb: the same file to a table in memory, all columns, types found out.

Every engine must come to the same rows: ids and text exactly, sums of money and quantity exactly in cents. Times in CSV are
left as the engine reads them (text or timestamps), and compared by their text. Where the job names roles, only their columns
are read by the engines that can.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _harness import (
    THREADS,
    Engine,
    ResultsDiffer,
    alternate,
    arguments,
    print_table,
    versions,
    write_report,
)

COLUMNS = ("customer", "transaction", "item", "time", "quantity", "price")
SOME = ("customer", "time", "price")


@dataclass(frozen=True)
class Case:
    """One file: its ending, its rows, and the columns that are read."""

    name: str
    n_rows: int
    ending: str
    columns: tuple[str, ...] = COLUMNS


CASES = [
    Case("csv-1m", 1_000_000, "csv"),
    Case("csv-gz-1m", 1_000_000, "csv.gz"),
    Case("csv-some-1m", 1_000_000, "csv", SOME),
    Case("parquet-1m", 1_000_000, "parquet"),
    Case("csv-5m", 5_000_000, "csv"),
    Case("csv-some-5m", 5_000_000, "csv", SOME),
    Case("parquet-5m", 5_000_000, "parquet"),
    Case("parquet-some-5m", 5_000_000, "parquet", SOME),
]


def sales(n_rows: int, seed: int = 0) -> Any:
    """Order lines as a shop exports them."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    items = np.array([f"{20_000 + i}{'ABC'[i % 3]}" for i in range(4_000)])
    order = np.sort(rng.integers(0, n_rows // 5 + 1, n_rows))
    second = 1_600_000_000 + order * 37
    return pa.table(
        {
            "customer": pa.array(100_000 + order * 7_919 % (n_rows // 20 + 1)),
            "transaction": pa.array(500_000 + order),
            "item": pa.array(items[rng.integers(0, len(items), n_rows)]),
            "time": pa.array(second).cast(pa.timestamp("s")),
            "quantity": pa.array(rng.integers(1, 13, n_rows)),
            "price": pa.array(np.round(rng.lognormal(1.0, 0.8, n_rows), 2)),
        }
    )


def write(table: Any, case: Case, folder: Path) -> Path:
    import pyarrow.csv
    import pyarrow.parquet

    path = folder / f"sales.{case.ending}"
    if case.ending == "parquet":
        pyarrow.parquet.write_table(table, path)
        return path
    plain = folder / "sales.csv"
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(table, plain, options)
    if case.ending == "csv.gz":
        with plain.open("rb") as source, gzip.open(path, "wb", 6) as sink:
            shutil.copyfileobj(source, sink)
    return path


# ---- engines ---------------------------------------------------------------------------------------------------


def engines(case: Case) -> list[Engine]:
    is_csv = case.ending != "parquet"
    columns = list(case.columns)
    roles = {name: name for name in columns}

    def ours(path: Path) -> Any:
        import patronomy as pt

        return pt.read_table(path, roles=roles, columns="roles", n_jobs=THREADS)

    def polars(path: Path) -> Any:
        import polars as pl

        if is_csv:
            return pl.read_csv(path, columns=columns)
        return pl.read_parquet(path, columns=columns)

    def pyarrow(path: Path) -> Any:
        import pyarrow.csv
        import pyarrow.parquet

        if is_csv:
            some = pyarrow.csv.ConvertOptions(include_columns=columns)
            return pyarrow.csv.read_csv(path, convert_options=some)
        return pyarrow.parquet.read_table(path, columns=columns)

    def duckdb(path: Path) -> Any:
        import duckdb

        connection = duckdb.connect(config={"threads": THREADS})
        read = "read_csv" if is_csv else "read_parquet"
        rows = connection.sql(f"select {', '.join(columns)} from {read}('{path}')")
        return rows.to_arrow_table()

    def pandas(path: Path) -> Any:
        import pandas as pd

        if is_csv:
            return pd.read_csv(path, usecols=columns)
        return pd.read_parquet(path, columns=columns)

    runs: list[tuple[str, Callable[[Path], Any]]] = [
        ("patronomy", ours),
        ("polars", polars),
        ("pyarrow", pyarrow),
        ("duckdb", duckdb),
        ("pandas", pandas),
    ]
    return [
        Engine(name, lambda path: path, run, lambda r: digest(r, columns), (name,))
        for name, run in runs
    ]


def digest(result: Any, columns: Sequence[str]) -> dict[str, Any]:
    """What must be equal: rows, sums in whole units, distinct texts, the first and the last time."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(result, pd.DataFrame):
        table = pa.Table.from_pandas(result, preserve_index=False)
    else:
        table = pa.table(result)
    found: dict[str, Any] = {"rows": table.num_rows}
    for name in columns:
        column = table[name]
        if name == "price":
            cents = np.rint(column.to_numpy() * 100).astype("int64")
            found[name] = (int(cents.sum()), int((cents * np.arange(len(cents))).sum()))
        elif name == "time":
            # Zones and units are each engine's own; the wall clock is not.
            ends = [column[0].as_py(), column[-1].as_py()]
            found[name] = [str(end).replace("T", " ").rstrip("Z")[:19] for end in ends]
        elif name == "item":
            counts = pc.value_counts(column.cast(pa.large_string()))
            pairs = zip(
                counts.field("values").to_pylist(),
                counts.field("counts").to_pylist(),
                strict=True,
            )
            found[name] = hash(tuple(sorted(pairs)))
        else:
            values = column.cast(pa.int64()).to_numpy()
            found[name] = (
                int(values.sum()),
                int(values[:: max(len(values) // 97, 1)].sum()),
            )
    return found


class Referee:
    """All engines, in all rounds, say the same."""

    def __init__(self, all_of: Sequence[Engine]) -> None:
        self.answers = {engine.name: engine.answer for engine in all_of}
        self.expected: dict[str, Any] | None = None

    def check(self, who: str, result: Any, turn: int) -> None:
        found = self.answers[who](result)
        if self.expected is None:
            self.expected = found
        for name, value in self.expected.items():
            if found[name] != value:
                raise ResultsDiffer(
                    f"{who}, run {turn}: `{name}` is {found[name]}, not {value}"
                )


def run_case(case: Case, runs: int, scratch: Path) -> dict[str, Any]:
    path = write(sales(case.n_rows), case, scratch)
    all_of = engines(case)
    referee = Referee(all_of)
    times = alternate(all_of, {e.name: path for e in all_of}, runs, referee.check)
    megabytes = path.stat().st_size / 1e6
    path.unlink()
    seconds = {name: time.summary() for name, time in times.items()}
    base = seconds["patronomy"]["seconds"]
    return {
        "case": case.name,
        "rows": case.n_rows,
        "columns": list(case.columns),
        "file_mb": megabytes,
        "ours": seconds.pop("patronomy"),
        "peers": {
            name: {**figure, "ratio": figure["seconds"] / base, "equal": True}
            for name, figure in seconds.items()
        },
        "equal": True,
    }


def show(record: dict[str, Any]) -> None:
    rows = [["patronomy", f"{record['ours']['seconds']:.3f}", ""]]
    rows += [
        [name, f"{figure['seconds']:.3f}", f"{figure['ratio']:.2f}x"]
        for name, figure in record["peers"].items()
    ]
    title = f"{record['case']}: {record['rows']:,} rows, {record['file_mb']:.0f} MB, {THREADS} threads"
    print_table(title, ["engine", "seconds", "ratio"], rows)


def main() -> None:
    parser = arguments("Readers beside pandas, polars, pyarrow and duckdb", runs=5)
    names = ", ".join(case.name for case in CASES)
    parser.add_argument("--cases", help=f"comma list of {names}")
    options = parser.parse_args()
    import pyarrow as pa

    pa.set_cpu_count(THREADS)
    wanted = options.cases.split(",") if options.cases else names.split(", ")
    cases = [case for case in CASES if case.name in wanted]
    if options.quick:
        cases = [case for case in CASES if case.n_rows == 1_000_000]
    runs = min(options.runs, 2) if options.quick else options.runs
    records = []
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out) as scratch:
        for case in cases:
            records.append(run_case(case, runs, Path(scratch)))
            show(records[-1])
    packages = ("patronomy", "polars", "pyarrow", "duckdb", "pandas")
    body = {"versions": versions(packages), "cases": records}
    write_report(options.out, "readers", body)


if __name__ == "__main__":
    main()
