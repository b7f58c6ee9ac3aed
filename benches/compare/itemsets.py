"""Item sets beside PyFIM (Borgelt's C), mlxtend and efficient-apriori: counted, listed, and from a data frame to a data frame.

Counting: all engines get baskets in their own form; PyFIM counts by its pattern spectrum, which lists no set. It drops single
items that every basket has, and these are added back before the counts are compared. With the file: from a file's bytes to
the count; PyFIM has no reader, so the usual loop of Python splits the lines for it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import exp, log
from pathlib import Path
from typing import Any

from _harness import (
    THREADS,
    ResultsDiffer,
    arguments,
    print_table,
    versions,
    write_report,
)

# File, minimum support, and the numbers of frequent, closed and maximal sets.
CASES = [
    ("retail", 9, 240_852, 189_077, 75_200),
    ("retail", 3, 20_647_331, 1_172_354, 534_399),
    ("T10I4D100K", 10, 411_365, 283_397, 127_264),
    ("T10I4D100K", 2, 19_561_714, 2_270_195, 884_032),
    ("BMS-WebView-1", 32, 1_531_980_297, 110_800, 15_252),
    ("online_retail", 66, 132_037, 121_429, 60_136),
    ("online_retail", 50, 952_177, 658_162, 265_270),
    ("T40I10D100K_gen", 500, 621_032, 446_420, 53_177),
    ("mushroom", 81, 91_273_269, 51_672, 6_733),
    ("chess", 1438, 2_846_040, 707_964, 20_620),
    ("chess", 1118, 15_192_779, 2_677_468, 71_382),
    ("connect_noclass", 13511, 5_614_414_255, 1_226_214, 25_956),
    ("accidents_head", 1500, 8_767_936, 3_804_661, 87_059),
]
TARGETS = {"frequent": "s", "closed": "c", "maximal": "m"}
# Sets that become a data frame; peers that take longer are left away where marked.
FRAMES = [
    ("retail", 88, 7_712, True),
    ("T10I4D100K", 100, 27_532, True),
    ("online_retail", 221, 1_567, True),
    ("mushroom", 1625, 53_583, True),
    ("T10I4D100K", 10, 411_365, False),
    ("chess", 1438, 2_846_040, False),
]


def unpacked(name: str, folder: Path) -> Path:
    """The file of a data set, as plain text."""
    data = Path(os.environ["PATRONOMY_DATA"]) / "market_basket" / "fimi"
    plain = data / f"{name}.dat"
    if plain.exists():
        return plain
    target = folder / plain.name
    if not target.exists():
        import pyarrow as pa

        with pa.input_stream(str(data / f"{name}.dat.zst"), compression="zstd") as text:
            target.write_bytes(text.read())
    return target


def split(path: Path) -> list[list[int]]:
    with path.open() as lines:
        return [[int(item) for item in line.split()] for line in lines]


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    into.append(time.perf_counter() - begin)


def in_turns(
    runs: int, engines: dict[str, Callable[[], int]], expected: int
) -> dict[str, float]:
    """Median seconds of each engine; a result that differs is an error."""
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    names = list(engines)
    for turn in range(runs):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            with timed(seconds[name]):
                n = engines[name]()
            if n != expected:
                raise ResultsDiffer(f"{name} finds {n:,} sets, not {expected:,}")
    return {name: statistics.median(times) for name, times in seconds.items()}


def spectrum(tool: Any, baskets: Any, letter: str, support: int, missed: int) -> int:
    rows = tool(baskets, target=letter, supp=-support, report="=")
    return int(sum(row[2] for row in rows)) + missed


def ours_counted(baskets: Any, n_jobs: int, target: str, support: int) -> int:
    sets = baskets.itemsets(
        min_support_count=support, target=target, count_only=True, n_jobs=n_jobs
    )
    return int(sets.n_itemsets)


def from_file(count: Callable[[Any, int], int], path: Path) -> int:
    import patronomy as pt

    return count(pt.Baskets.read(path), 1)


def split_and_count(count: Callable[[Any, Any], int], path: Path) -> int:
    import fim

    return count(fim.eclat, split(path))


def everywhere(baskets: list[list[int]]) -> int:
    """Items that every basket has; PyFIM drops their single-item sets."""
    return len(set(baskets[0]).intersection(*baskets[1:]))


def counting(case: tuple[Any, ...], runs: int, folder: Path) -> list[dict[str, Any]]:
    import fim
    import patronomy as pt

    name, support, *expected = case
    path = unpacked(name, folder)
    ours = pt.Baskets.read(path)
    theirs = split(path)
    n_everywhere = everywhere(theirs)
    found = []
    for (target, letter), n in zip(TARGETS.items(), expected, strict=True):
        missed = n_everywhere if n_everywhere == 1 and target != "maximal" else 0
        count = partial(ours_counted, target=target, support=support)
        theirs_counted = partial(
            spectrum, letter=letter, support=support, missed=missed
        )
        engines: dict[str, Callable[[], int]] = {
            "ours": partial(count, ours, 1),
            f"ours, {THREADS} threads": partial(count, ours, THREADS),
            "fpgrowth": partial(theirs_counted, fim.fpgrowth, theirs),
            "eclat": partial(theirs_counted, fim.eclat, theirs),
            "ours, file": partial(from_file, count, path),
            "eclat, file": partial(split_and_count, theirs_counted, path),
        }
        times = in_turns(runs, engines, n)
        found.append({"case": f"{name}@{support}", "target": target, "n": n, **times})
        shown = " ".join(f"{engine} {s:.3f}" for engine, s in times.items())
        print(f"  {found[-1]['case']} {target}: {shown}", flush=True)
    return found


def to_frames(case: tuple[Any, ...], runs: int, folder: Path) -> dict[str, Any]:
    import fim
    import pandas as pd
    import patronomy as pt

    name, support, n, with_slow = case
    lists = split(unpacked(name, folder))
    frame = pd.DataFrame(
        {
            "basket": [i for i, row in enumerate(lists) for _ in row],
            "item": [item for row in lists for item in row],
        }
    )

    def ours() -> int:
        baskets = pt.Baskets.from_table(frame, transaction="basket", item="item")
        return len(baskets.itemsets(min_support_count=support).to_pandas())

    missed = everywhere(lists)

    def pyfim() -> int:
        rows = frame.groupby("basket")["item"].apply(list)
        found = fim.fpgrowth(list(rows), target="s", supp=-support, report="a")
        frame_of_sets = pd.DataFrame(found, columns=["itemset", "support_count"])
        return len(frame_of_sets) + missed

    engines = {"ours": ours, "PyFIM": pyfim}
    if with_slow:
        from mlxtend.frequent_patterns import fpgrowth

        one_hot = (
            pd.crosstab(frame["basket"], frame["item"]).astype(bool)
            if len(lists) < 10_000
            else sparse(frame)
        )
        # mlxtend rounds the product of fraction and baskets up.
        fraction = (support - 0.5) / len(lists)
        engines["mlxtend"] = lambda: len(
            fpgrowth(one_hot, min_support=fraction, use_colnames=True)
        )
        if n < 10_000:
            from efficient_apriori import itemsets_from_transactions

            def apriori() -> int:
                found, _ = itemsets_from_transactions(
                    [tuple(row) for row in lists], min_support=fraction
                )
                return sum(len(sets) for sets in found.values())

            engines["efficient-apriori"] = apriori
    return {"case": f"{name}@{support}", "n": n, **in_turns(runs, engines, n)}


def sparse(frame: Any) -> Any:
    """One-hot columns without their zeros."""
    import numpy as np
    import pandas as pd
    from scipy.sparse import csr_matrix

    items, codes = np.unique(frame["item"], return_inverse=True)
    ones = np.ones(len(frame), dtype=bool)
    matrix = csr_matrix((ones, (frame["basket"], codes)), dtype=bool)
    return pd.DataFrame.sparse.from_spmatrix(matrix, columns=items)


def mean_ratio(rows: list[dict[str, Any]], peers: tuple[str, ...], own: str) -> float:
    """Geometric mean of how many times longer the fastest of the peers takes."""
    ratios = [min(row[peer] for peer in peers) / row[own] for row in rows]
    return exp(sum(map(log, ratios)) / len(ratios))


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], runs=3)
    options = parser.parse_args()
    if "PATRONOMY_DATA" not in os.environ:
        sys.exit("set PATRONOMY_DATA to the folder of the data sets")
    runs = 1 if options.quick else options.runs
    cases = [c for c in CASES if c[0] in ("mushroom", "retail")][:1] + CASES[8:9]
    cases = cases if options.quick else CASES
    frames = FRAMES[3:4] if options.quick else FRAMES
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = [row for case in cases for row in counting(case, runs, folder)]
        shown = [row for row in (to_frames(case, runs, folder) for case in frames)]
    two = f"ours, {THREADS} threads"
    for target in TARGETS:
        of_target = [row for row in rows if row["target"] == target]
        print_table(
            f"{target} sets counted, seconds; ratios to the fastest of PyFIM",
            [
                "case",
                "sets",
                "ours",
                two,
                "fpgrowth",
                "eclat",
                "ratio",
                "with the file",
            ],
            [
                [
                    row["case"],
                    f"{row['n']:,}",
                    f"{row['ours']:.3f}",
                    f"{row[two]:.3f}",
                    f"{row['fpgrowth']:.3f}",
                    f"{row['eclat']:.3f}",
                    f"{min(row['fpgrowth'], row['eclat']) / row['ours']:.2f}",
                    f"{row['eclat, file'] / row['ours, file']:.2f}",
                ]
                for row in of_target
            ],
        )
        mean = mean_ratio(of_target, ("fpgrowth", "eclat"), "ours")
        both = mean_ratio(of_target, ("ours",), two)
        print(f"  geometric means: {mean:.2f} times PyFIM; two threads {both:.2f}")
    peers = ["PyFIM", "mlxtend", "efficient-apriori"]
    print_table(
        "from a data frame of lines to a data frame of sets, seconds; ratios to ours",
        ["case", "sets", "ours", *peers],
        [
            [
                row["case"],
                f"{row['n']:,}",
                f"{row['ours']:.3f}",
                *(
                    f"{row[p]:.2f} ({row[p] / row['ours']:.0f}x)" if p in row else "-"
                    for p in peers
                ),
            ]
            for row in shown
        ],
    )
    packages = ("pyfim", "mlxtend", "efficient-apriori", "pandas")
    write_report(
        options.out,
        "itemsets",
        {"counted": rows, "frames": shown, "versions": versions(packages)},
    )


if __name__ == "__main__":
    main()
