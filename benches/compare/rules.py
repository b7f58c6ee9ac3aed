"""Association rules beside mlxtend, PyFIM and efficient-apriori, and rules put to use.

From item sets: mlxtend's frame of item sets becomes the same frame of rules, by `patronomy.compat.mlxtend`. End to end: from
baskets in each tool's own form to all rules of one consequent with their measures, as an Arrow table here and as tuples there.
Ten million: rules made, filtered, sorted and written as columns, in memory at once; the peak is what they add to the baskets.
In use: rules applied to as many baskets as a large shop has; no peer has a function for it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _harness import (
    MEGA,
    ResultsDiffer,
    arguments,
    forget_peak,
    print_table,
    release_free_memory,
    resident_bytes,
    versions,
    write_report,
)
from itemsets import in_turns, split, unpacked

# File, minimum support, minimum confidence.
CASES = [
    ("retail", 20, 0.5),
    ("T10I4D100K", 100, 0.5),
    ("online_retail", 66, 0.3),
    ("mushroom", 1625, 0.5),
    ("chess", 2557, 0.8),
]
# Of these the peers take seconds, not minutes. Quotients of supports miss a round threshold in the last digit, quotients of counts do not.
FRAMES = [
    ("retail", 88, 0.3003),
    ("T10I4D100K", 100, 0.5003),
    ("online_retail", 150, 0.2003),
]


def end_to_end(case: tuple[str, int, float], runs: int, folder: Path) -> list[Any]:
    """Seconds of us and of PyFIM from baskets to rules, one thread each."""
    import fim
    import patronomy as pt
    import pyarrow as pa

    name, support, confidence = case
    path = unpacked(name, folder)
    own, rows = pt.Baskets.read(path), split(path)

    def ours() -> int:
        rules = own.rules(
            min_support_count=support, min_confidence=confidence, test="none", n_jobs=1
        )
        return int(pa.table(rules).num_rows)

    def tested() -> int:
        rules = own.rules(
            min_support_count=support, min_confidence=confidence, n_jobs=1
        )
        return int(pa.table(rules).num_rows)

    def theirs() -> int:
        # Support of both sides, confidence, lift: a tuple for each rule.
        found = fim.fpgrowth(
            rows,
            target="r",
            supp=-support,
            conf=100 * confidence,
            zmin=2,
            report="acl",
            mode="o",
        )
        return len(found)

    engines: dict[str, Callable[[], int]] = {
        "ours": ours,
        "ours, tested": tested,
        "PyFIM": theirs,
    }
    n = ours()
    times = list(in_turns(runs, engines, n).values())
    return [name, support, confidence, n, *times, times[2] / times[0]]


def from_sets(case: tuple[str, int, float], runs: int, folder: Path) -> list[Any]:
    """Seconds of `association_rules`, ours and mlxtend's, on one frame of item sets."""
    import pandas as pd
    import patronomy as pt
    from mlxtend.frequent_patterns import association_rules as theirs
    from patronomy.compat.mlxtend import association_rules as ours

    name, support, confidence = case
    sets = pt.Baskets.read(unpacked(name, folder)).itemsets(min_support_count=support)
    columns = sets.to_dict()
    frame = pd.DataFrame(
        {
            "support": columns["support"],
            "itemsets": [frozenset(items) for items in columns["itemset"]],
        }
    )
    options: dict[str, Any] = {"min_threshold": confidence}

    def own() -> Any:
        rules = sets.rules(
            min_confidence=confidence, max_consequent_len=None, test="none"
        )
        return rules.to_pandas()

    engines: dict[str, Callable[[], Any]] = {
        "ours": own,
        "ours, as mlxtend": lambda: ours(frame, **options),
        "mlxtend": lambda: theirs(frame, **options),
    }
    seconds: dict[str, list[float]] = {engine: [] for engine in engines}
    # The first round is not timed.
    for turn in range(runs + 1):
        results = {}
        for engine, function in engines.items():
            begin = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results[engine] = function()
            if turn:
                seconds[engine].append(time.perf_counter() - begin)
        pd.testing.assert_frame_equal(
            results["ours, as mlxtend"], results["mlxtend"], check_exact=True
        )
        if len(results["ours"]) != len(results["mlxtend"]):
            raise ResultsDiffer(f"{case}: {len(results['ours'])} rules")
    times = [statistics.median(s) for s in seconds.values()]
    n = len(results["ours"])
    return [name, support, confidence, n, *times, times[2] / times[0]]


# File, minimum support and confidence, rules of any consequent, and those that the filter keeps.
MANY = ("mushroom", 1625, 0.9, 11_523_965, 11_261_829)
MANY_QUICK = ("mushroom", 2000, 0.3, 347_146, 122_070)
FILTER = "lift > 1.2 and confidence >= 0.8"


def many(case: tuple[str, int, float, int, int], folder: Path) -> list[Any]:
    """Seconds to make, filter, sort and write so many rules, and the peak in MB; the counts must be those known."""
    import patronomy as pt

    name, support, confidence, n_rules, n_kept = case
    baskets = pt.Baskets.read(unpacked(name, folder))
    release_free_memory()
    forget_peak()
    before = resident_bytes("VmRSS")
    seconds = []

    def timed(job: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        result = job()
        seconds.append(time.perf_counter() - begin)
        return result

    rules = timed(
        lambda: baskets.rules(
            min_support_count=support,
            min_confidence=confidence,
            max_consequent_len=None,
            test="none",
        )
    )
    kept = timed(lambda: rules.filter(FILTER))
    ordered = timed(lambda: rules.sort_by("lift"))
    written = timed(lambda: sum(len(batch) for batch in ordered.batches()))
    counts = (len(rules), len(kept), written)
    if counts != (n_rules, n_kept, n_rules):
        raise ResultsDiffer(f"{case}: {counts}")
    return [
        name,
        support,
        confidence,
        n_rules,
        *seconds,
        (resident_bytes("VmHWM") - before) / MEGA,
    ]


def applied(n_lines: int, n_rules: int) -> list[Any]:
    """Seconds to apply so many rules to the baskets of a drawn shop."""
    import patronomy as pt

    baskets = pt.simulate.shop(n_lines=n_lines, n_items=3_000, seed=1).baskets()
    rules = baskets.rules(
        min_support_count=20, min_confidence=0.0, max_len=3, test="none"
    ).sort_by("confidence")
    rules = pt.Rules._wrap(rules._inner.take(list(range(min(n_rules, len(rules))))))
    begin = time.perf_counter()
    found = rules.recommend(baskets, k=5)
    took = time.perf_counter() - begin
    return [len(rules), len(baskets), len(found), took]


def shown(row: list[Any]) -> list[str]:
    return [
        f"{v:,}" if isinstance(v, int) else f"{v:.3f}" if isinstance(v, float) else v
        for v in row
    ]


def main() -> None:
    args = arguments(__doc__ or "", runs=3).parse_args()
    if "PATRONOMY_DATA" not in os.environ:
        sys.exit("set PATRONOMY_DATA to the folder of the data sets")
    cases = CASES[1:2] if args.quick else CASES
    frames = FRAMES[2:] if args.quick else FRAMES
    runs = 1 if args.quick else args.runs
    with tempfile.TemporaryDirectory() as folder:
        # First: what other engines take and give back would be used again.
        ten = many(MANY_QUICK if args.quick else MANY, Path(folder))
        ends = [end_to_end(case, runs, Path(folder)) for case in cases]
        head = [
            "data",
            "support",
            "confidence",
            "rules",
            "ours",
            "tested",
            "PyFIM",
            "ratio",
        ]
        print_table(
            "from baskets to rules, one thread, s", head, [shown(r) for r in ends]
        )
        sets = [from_sets(case, runs, Path(folder)) for case in frames]
        head_sets = [
            "data",
            "support",
            "confidence",
            "rules",
            "ours",
            "as mlxtend",
            "mlxtend",
            "ratio",
        ]
        print_table("from item sets to rules, s", head_sets, [shown(r) for r in sets])
        head_many = ["data", "support", "confidence", "rules"]
        head_many += ["made", "filtered", "sorted", "written", "peak MB"]
        print_table("ten million rules, s", head_many, [shown(ten)])
    use = applied(100_000, 1_000) if args.quick else applied(10_000_000, 100_000)
    head_use = ["rules", "baskets", "recommended", "s"]
    print_table("rules put to use, two threads", head_use, [shown(use)])
    body = {
        "end_to_end": [dict(zip(head, row, strict=True)) for row in ends],
        "from_sets": [dict(zip(head_sets, row, strict=True)) for row in sets],
        "many": dict(zip(head_many, ten, strict=True)),
        "applied": dict(zip(head_use, use, strict=True)),
        "versions": versions(("pyfim", "mlxtend", "pandas")),
    }
    print(f"wrote {write_report(args.out, 'rules', body)}")


if __name__ == "__main__":
    main()
