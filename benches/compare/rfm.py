"""RFM beside polars, duckdb and pandas: order lines in memory to customers with three quintile scores.

The job, the same for all: per customer the last order, the distinct transactions and the sum of money, then scores 1-5
from the type-7 quantiles at 1/5 .. 4/5 (score = 1 + number of cut points below the value, so ties stay together);
recency counts calendar days to the latest day and is flipped, so that 5 is always the good end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
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
    read_bandwidth,
    stored,
    versions,
    write_report,
)
from _rfm_engines import ENGINES, LEVELS, Answer

# Sums of cents in binary fractions depend on the order of adding: equal to this relative difference.
MONEY_TOLERANCE = 1e-9
PANDAS_MAX_ROWS = 10_000_000


@dataclass(frozen=True)
class Case:
    """One size, kind of id and order of rows."""

    name: str
    n_rows: int
    n_customers: int
    ids: Any
    rows: Any = "ordered"


CASES = [
    Case("1m-int", 1_000_000, 100_000, "int"),
    Case("1m-str", 1_000_000, 100_000, "str"),
    Case("10m-int", 10_000_000, 1_000_000, "int"),
    Case("10m-int-shuffled", 10_000_000, 1_000_000, "int", "shuffled"),
    Case("10m-sparse", 10_000_000, 1_000_000, "sparse"),
    Case("10m-str", 10_000_000, 1_000_000, "str"),
    Case("10m-str-shuffled", 10_000_000, 1_000_000, "str", "shuffled"),
    Case("50m-int", 50_000_000, 5_000_000, "int"),
    Case("50m-int-shuffled", 50_000_000, 5_000_000, "int", "shuffled"),
    Case("50m-str", 50_000_000, 5_000_000, "str"),
    Case("50m-str-shuffled", 50_000_000, 5_000_000, "str", "shuffled"),
]


# ---- equal results ---------------------------------------------------------------------------------------------


def sorted_columns(answer: Answer) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    customer = answer.customer
    if pa.types.is_integer(customer.type):
        customer = customer.cast(pa.int64())
    else:
        customer = customer.cast(pa.large_string())
    order = pc.sort_indices(customer)
    rows = order.to_numpy()
    by_customer = {name: column[rows] for name, column in answer.columns.items()}
    return customer.take(order), by_customer


def compare(base: Answer, other: Answer, who: str) -> int:
    """Fail unless `other` says what `base` says; the number of money scores that differ at a cut point is returned."""
    import numpy as np

    ids, ours = sorted_columns(base)
    their_ids, theirs = sorted_columns(other)
    if not ids.equals(their_ids):
        raise ResultsDiffer(f"{who}: other customers ({len(ids)}, {len(their_ids)})")
    for name in ("last_order", "frequency", "r_score", "f_score"):
        wrong = int(np.count_nonzero(ours[name] != theirs[name]))
        if wrong:
            raise ResultsDiffer(f"{who}: `{name}` differs for {wrong} customers")
    money = ours["monetary"]
    if not money_equal(money, theirs["monetary"]).all():
        raise ResultsDiffer(f"{who}: `monetary` differs by more than {MONEY_TOLERANCE}")
    differs = ours["m_score"] != theirs["m_score"]
    at_cut = np.zeros(len(money), dtype=bool)
    for cut in np.quantile(money, LEVELS):
        at_cut |= money_equal(money, cut)
    if (differs & ~at_cut).any():
        wrong = int(np.count_nonzero(differs & ~at_cut))
        raise ResultsDiffer(
            f"{who}: `m_score` differs for {wrong} customers off the cuts"
        )
    return int(np.count_nonzero(differs))


def money_equal(one: Any, other: Any) -> Any:
    import numpy as np

    scale = np.maximum(np.maximum(np.abs(one), np.abs(other)), 1.0)
    return np.abs(one - other) <= MONEY_TOLERANCE * scale


def totals(answer: Answer) -> tuple[tuple[Any, ...], float]:
    """Sums that tell whether a later run of an engine answered as its first one did."""
    import numpy as np

    columns = answer.columns
    counts = (
        len(answer.customer),
        int(columns["last_order"].sum()),
        int(columns["frequency"].sum()),
        np.bincount(columns["r_score"], minlength=6).tolist(),
        np.bincount(columns["f_score"], minlength=6).tolist(),
    )
    return counts, float(columns["monetary"].sum())


class Referee:
    """Sees every result: the first of each engine in full, the others by their totals."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.answer_of = {engine.name: engine.answer for engine in engines}
        self.base = engines[0].name
        self.first: dict[str, Answer] = {}
        self.totals: dict[str, tuple[tuple[Any, ...], float]] = {}
        self.at_cut: dict[str, int] = {}

    def check(self, who: str, result: Any, turn: int) -> None:
        answer = self.answer_of[who](result)
        found = totals(answer)
        if turn == 0:
            self.first[who] = answer
            self.totals[who] = found
            if len(self.first) == len(self.answer_of):
                self.compare_all()
            return
        counts, money = self.totals[who]
        if found[0] != counts or not money_equal(found[1], money):
            raise ResultsDiffer(
                f"{who}: run {turn} answers differently from its first run"
            )

    def compare_all(self) -> None:
        base = self.first.pop(self.base)
        for who, answer in self.first.items():
            self.at_cut[who] = compare(base, answer, f"{who} against {self.base}")
        self.first.clear()


# ---- one case --------------------------------------------------------------------------------------------------


def run_case(
    case: Case, engines: Sequence[Engine], runs: int, out: Path, bandwidth: float
) -> dict[str, Any]:
    from _shop import order_lines

    table = order_lines(case.n_rows, case.n_customers, case.ids, case.rows)
    taking_part = [
        engine
        for engine in engines
        if engine.name != "pandas" or case.n_rows <= PANDAS_MAX_ROWS
    ]
    with stored(table, out) as path:
        memory = {
            engine.name: peak_in_fresh_process(Path(__file__), engine.name, path)
            for engine in taking_part
        }
    inputs = {engine.name: engine.prepare(table) for engine in taking_part}
    referee = Referee(taking_part)
    times = alternate(taking_part, inputs, runs, referee.check)
    figures = {
        engine.name: {**times[engine.name].summary(), **(memory[engine.name] or {})}
        for engine in taking_part
    }
    base = taking_part[0].name
    seconds = {name: figure["seconds"] for name, figure in figures.items()}
    peers = {
        name: {
            **figure,
            "ratio": seconds[name] / seconds[base],
            "equal": True,
            "money_scores_differing_at_a_cut": referee.at_cut[name],
        }
        for name, figure in figures.items()
        if name != base
    }
    polars = [name for name in peers if name.startswith("polars")]
    return {
        "case": case.name,
        "rows": case.n_rows,
        "customers": case.n_customers,
        "base": base,
        "ours": figures[base],
        "peers": peers,
        "polars": min(polars, key=lambda name: seconds[name]) if polars else None,
        "equal": True,
        "input_mb": table.nbytes / MEGA,
        "bandwidth_fraction": table.nbytes / bandwidth / seconds[base],
    }


def show(record: dict[str, Any]) -> None:
    def cell(figure: dict[str, Any], key: str) -> str:
        return f"{figure[key]:.0f}" if key in figure else "-"

    rows = []
    for name, figure in {record["base"]: record["ours"], **record["peers"]}.items():
        ratio = f"{figure['ratio']:.2f}x" if "ratio" in figure else ""
        mark = " *" if name == record["polars"] else ""
        at_cut = str(figure.get("money_scores_differing_at_a_cut", ""))
        memory = [cell(figure, key) for key in ("beside_result_mb", "result_mb")]
        rows.append([name + mark, f"{figure['seconds']:.3f}", ratio, *memory, at_cut])
    title = (
        f"{record['case']}: {record['rows']:,} rows, {record['customers']:,} customers, "
        f"{THREADS} threads; {record['base']} at {record['bandwidth_fraction']:.1%} of the memory bandwidth"
    )
    head = ["engine", "seconds", "ratio", "MB beside", "MB result", "at cut"]
    print_table(title, head, rows)


def pick(names: str | None, all_of: Sequence[Any]) -> list[Any]:
    if names is None:
        return list(all_of)
    wanted = names.split(",")
    known = {entry.name: entry for entry in all_of}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in wanted]


def main() -> None:
    parser = arguments("RFM beside polars, duckdb and pandas", runs=5)
    parser.add_argument(
        "--cases", help="comma list of " + ", ".join(c.name for c in CASES)
    )
    parser.add_argument(
        "--engines",
        help="comma list, the first is the one compared with; "
        + ", ".join(e.name for e in ENGINES),
    )
    parser.add_argument("--memory-of", nargs=2, metavar=("ENGINE", "TABLE"))
    options = parser.parse_args()
    if options.memory_of:
        name, path = options.memory_of
        print(json.dumps(peak_of(pick(name, ENGINES)[0], load(Path(path)))))
        return
    cases = CASES[:2] if options.quick else pick(options.cases, CASES)
    engines = pick(options.engines, ENGINES)
    runs = min(options.runs, 2) if options.quick else options.runs
    bandwidth = read_bandwidth(128 if options.quick else 1024)
    print(f"memory bandwidth, {THREADS} threads reading: {bandwidth / 1e9:.1f} GB/s")
    records = []
    for case in cases:
        records.append(run_case(case, engines, runs, options.out, bandwidth))
        show(records[-1])
    body = {
        "versions": versions(p for engine in engines for p in engine.packages),
        "bandwidth_gb_per_s": bandwidth / 1e9,
        "cases": records,
    }
    write_report(options.out, "rfm", body)


if __name__ == "__main__":
    main()
