"""How time and memory of our own miners grow with the lines, on drawn and real shops, and what a few giant baskets cost.

Each miner has a process of its own at each size, so that its memory is its own. All find the same number of sets, or there is
no table. With `--plot FILE` the growth is drawn, too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _harness import (
    MEGA,
    THREADS,
    ResultsDiffer,
    arguments,
    forget_peak,
    print_table,
    release_free_memory,
    resident_bytes,
    write_report,
)

ALGORITHMS = ["lcm", "fp_growth", "eclat", "apriori"]
SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
# Of the drawn shop: as many items as a real one.
ITEMS = 3_000
# Nearly all time is mining here, and no algorithm takes minutes.
SUPPORTS = {"drawn": 0.001, "retail": 0.001, "online_retail": 0.005}
GIANTS = 30


def drawn(n_lines: int) -> Any:
    import patronomy as pt

    return pt.simulate.shop(n_lines=n_lines, n_items=ITEMS, seed=1).baskets()


def with_giants(n_lines: int, n_giants: int) -> Any:
    """The lines of the same shop as lists, and so many giant baskets after them."""
    import numpy as np
    import patronomy as pt

    lists = baskets_as_lists(n_lines)
    rng = np.random.default_rng(1)
    items = sorted({item for row in lists for item in row})
    # Nine in ten of all items.
    giants = [
        list(rng.permutation(items)[: len(items) * 9 // 10]) for _ in range(n_giants)
    ]
    return pt.Baskets.from_lists(lists + giants)


def baskets_as_lists(n_lines: int) -> list[list[Any]]:
    import patronomy as pt
    import pyarrow as pa

    table = pa.table(pt.simulate.Shop(n_lines=n_lines, n_items=ITEMS, seed=1))
    lines = table.select(["invoice", "item"]).to_pandas()
    return list(lines.groupby(lines.columns[0])[lines.columns[1]].apply(list))


def real(name: str) -> Any:
    import patronomy as pt

    folder = Path(os.environ["PATRONOMY_DATA"]) / "market_basket" / "fimi"
    path = folder / f"{name}.dat"
    return pt.Baskets.read(path if path.exists() else path.with_suffix(".dat.zst"))


def measured(case: dict[str, Any], runs: int) -> dict[str, Any]:
    """Seconds and megabytes of one miner on one shop, in this process."""
    name = case["shop"]
    if "n_giants" in case:
        baskets = with_giants(case["n_lines"], case["n_giants"])
    elif name == "drawn":
        baskets = drawn(case["n_lines"])
    else:
        baskets = real(name)
    n_lines = sum(baskets.support_counts)
    release_free_memory()
    forget_peak()
    before = resident_bytes("VmRSS")
    seconds, n = [], 0
    for _ in range(runs):
        begin = time.perf_counter()
        sets = baskets.itemsets(
            min_support=SUPPORTS[name],
            algorithm=case["algorithm"],
            n_jobs=case["n_jobs"],
        )
        seconds.append(time.perf_counter() - begin)
        n = sets.n_itemsets
    extra = resident_bytes("VmHWM") - before
    return {
        **case,
        "n_entries": n_lines,
        "n_baskets": baskets.n_baskets,
        "n_itemsets": n,
        "seconds": statistics.median(seconds),
        "megabytes": extra / MEGA,
    }


def in_fresh_process(case: dict[str, Any], runs: int) -> dict[str, Any]:
    """Times of one process, and the memory of another, whose allocator keeps nothing that was given back."""
    timed = answer_of(case, runs, {})
    frugal = answer_of(case, 1, {"MIMALLOC_PURGE_DELAY": "0"})
    return {**timed, "megabytes": frugal["megabytes"]}


def answer_of(
    case: dict[str, Any], runs: int, settings: dict[str, str]
) -> dict[str, Any]:
    command = [
        sys.executable,
        __file__,
        "--case",
        json.dumps(case),
        "--runs",
        str(runs),
    ]
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **settings},
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def growth(shops: list[dict[str, Any]], runs: int) -> list[dict[str, Any]]:
    rows = []
    for shop in shops:
        found = [
            in_fresh_process({**shop, "algorithm": algorithm, "n_jobs": 1}, runs)
            for algorithm in ALGORITHMS
        ]
        if len({row["n_itemsets"] for row in found}) > 1:
            raise ResultsDiffer(f"{shop}: {[row['n_itemsets'] for row in found]} sets")
        rows += found
    return rows


def giants(n_lines: int, runs: int) -> list[dict[str, Any]]:
    """The same shop without and with giant baskets."""
    shop = {"shop": "drawn", "n_lines": n_lines, "n_jobs": THREADS}
    return [
        in_fresh_process({**shop, "algorithm": a, "n_giants": n}, runs)
        for a in ("lcm", "fp_growth", "eclat")
        for n in (0, GIANTS)
    ]


def show(rows: list[dict[str, Any]], pairs: list[dict[str, Any]]) -> None:
    print_table(
        "our miners, one thread: seconds, and megabytes beside the baskets",
        [
            "shop",
            "entries",
            "sets",
            *(f"{a} {u}" for a in ALGORITHMS for u in ("s", "MB")),
        ],
        [
            [
                row["shop"],
                f"{row['n_entries']:,}",
                f"{row['n_itemsets']:,}",
                *(
                    text
                    for found in rows[at : at + len(ALGORITHMS)]
                    for text in (f"{found['seconds']:.3f}", f"{found['megabytes']:.0f}")
                ),
            ]
            for at, row in enumerate(rows)
            if at % len(ALGORITHMS) == 0
        ],
    )
    print_table(
        f"{GIANTS} baskets with nine in ten of all {ITEMS:,} items, {THREADS} threads",
        ["miner", "baskets", "sets", "without s", "with s", "ratio"],
        [
            [
                without["algorithm"],
                f"{without['n_baskets']:,}",
                f"{having['n_itemsets']:,}",
                f"{without['seconds']:.3f}",
                f"{having['seconds']:.3f}",
                f"{having['seconds'] / without['seconds']:.2f}",
            ]
            for without, having in zip(pairs[::2], pairs[1::2], strict=True)
        ],
    )


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    # The same file from the same figures.
    mpl.rcParams["svg.hashsalt"] = "patronomy"
    mpl.rcParams["svg.fonttype"] = "none"
    import matplotlib.pyplot as plt

    figure, panes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for pane, key, label in zip(
        panes,
        ("seconds", "megabytes"),
        ("seconds", "megabytes beside the baskets"),
        strict=True,
    ):
        for algorithm in ALGORITHMS:
            own = [row for row in rows if row["algorithm"] == algorithm]
            line = [row for row in own if row["shop"] == "drawn"]
            (drawn_line,) = pane.plot(
                [row["n_entries"] for row in line],
                [max(row[key], 1e-3) for row in line],
                marker="o",
                label=algorithm,
            )
            for row in own:
                if row["shop"] != "drawn":
                    pane.plot(
                        row["n_entries"],
                        max(row[key], 1e-3),
                        marker="x" if row["shop"] == "retail" else "+",
                        color=drawn_line.get_color(),
                    )
        pane.set(
            xscale="log", yscale="log", xlabel="items in all baskets", ylabel=label
        )
    panes[0].legend(frameon=False)
    figure.suptitle("Frequent item sets, one thread; crosses: real shops")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], runs=3)
    parser.add_argument("--case", help="one measurement, as JSON, in this process")
    parser.add_argument("--plot", type=Path, help="where to draw the growth")
    options = parser.parse_args()
    if options.case is not None:
        print(json.dumps(measured(json.loads(options.case), options.runs)))
        return
    runs = 1 if options.quick else options.runs
    sizes = SIZES[:1] if options.quick else SIZES
    shops = [{"shop": "drawn", "n_lines": n} for n in sizes]
    if "PATRONOMY_DATA" in os.environ:
        names = ["retail"] if options.quick else ["retail", "online_retail"]
        shops += [{"shop": name} for name in names]
    rows = growth(shops, runs)
    pairs = giants(300_000 if options.quick else 4_500_000, runs)
    show(rows, pairs)
    if options.plot is not None:
        plot(rows, options.plot)
    write_report(options.out, "itemset_growth", {"growth": rows, "giants": pairs})


if __name__ == "__main__":
    main()
