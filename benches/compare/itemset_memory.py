"""Peak memory of counting item sets beside PyFIM: ours with one and two threads, its fpgrowth, its eclat.

Each runs alone in a fresh process. What it holds before the run (its input in its own form) is not counted; counting keeps no
set, so all of the peak is work. The counts must be equal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import itemsets
from _harness import (
    MEGA,
    THREADS,
    ResultsDiffer,
    arguments,
    forget_peak,
    print_table,
    release_free_memory,
    resident_bytes,
    versions,
    write_report,
)

OURS = ("ours", f"ours, {THREADS} threads")
PEERS = ("fpgrowth", "eclat")
# The expensive ones say nothing that these do not.
CASES = [case for case in itemsets.CASES if case[0] not in ("connect_noclass",)]


def job(engine: str, path: Path, target: str, support: int) -> Any:
    """What counts, with its input at hand."""
    if engine in OURS:
        import patronomy as pt

        n_jobs = THREADS if engine == OURS[1] else 1
        baskets = pt.Baskets.read(path)
        count = partial(itemsets.ours_counted, target=target, support=support)
        return partial(count, baskets, n_jobs)
    import fim

    lists = itemsets.split(path)
    n_everywhere = itemsets.everywhere(lists)
    missed = n_everywhere if n_everywhere == 1 and target != "maximal" else 0
    letter = itemsets.TARGETS[target]
    tool = getattr(fim, engine)
    return partial(itemsets.spectrum, tool, lists, letter, support, missed)


def measure(engine: str, path: Path, target: str, support: int) -> dict[str, float]:
    run = job(engine, path, target, support)
    # Threads, lazy imports and the like are set up by a run without work.
    small = path.with_suffix(".small")
    small.write_text("1 2\n1 2\n")
    job(engine, small, target, 1)()
    release_free_memory()
    forget_peak()
    before = resident_bytes("VmRSS")
    n = run()
    return {"n": n, "peak_mb": (resident_bytes("VmHWM") - before) / MEGA}


def in_fresh_process(engine: str, path: Path, target: str, support: int) -> Any:
    command = [sys.executable, __file__, "--memory-of", engine, str(path), target]
    command.append(str(support))
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def row_of(case: tuple[Any, ...], target: str, n: int, folder: Path) -> dict[str, Any]:
    name, support = case[:2]
    path = itemsets.unpacked(name, folder)
    copy = folder / path.name
    if not copy.exists():
        copy.write_bytes(path.read_bytes())
    row: dict[str, Any] = {"case": f"{name}@{support}", "target": target, "n": n}
    for engine in (*OURS, *PEERS):
        found = in_fresh_process(engine, copy, target, support)
        if found["n"] != n:
            raise ResultsDiffer(f"{engine} finds {found['n']:,} sets, not {n:,}")
        row[engine] = found["peak_mb"]
    return row


def main() -> None:
    if sys.argv[1:2] == ["--memory-of"]:
        engine, path, target, support = sys.argv[2:]
        print(json.dumps(measure(engine, Path(path), target, int(support))))
        return
    options = arguments(__doc__.splitlines()[0], runs=1).parse_args()
    if "PATRONOMY_DATA" not in os.environ:
        sys.exit("set PATRONOMY_DATA to the folder of the data sets")
    if not Path("/proc/self/clear_refs").exists():
        sys.exit("this system does not tell the peak of a process")
    cases = CASES[:1] if options.quick else CASES
    with tempfile.TemporaryDirectory() as scratch:
        rows = [
            row_of(case, target, n, Path(scratch))
            for case in cases
            for target, n in zip(itemsets.TARGETS, case[2:], strict=True)
        ]
    head = ["case", "target", *OURS, *PEERS, "of the least"]
    shown = [
        [
            row["case"],
            row["target"],
            *(f"{row[engine]:.1f}" for engine in (*OURS, *PEERS)),
            f"{row['ours'] / min(row[peer] for peer in PEERS):.2f}",
        ]
        for row in rows
    ]
    print_table("peak memory while counting, MB beside the input", head, shown)
    write_report(
        options.out, "itemset_memory", {"rows": rows, "versions": versions(["pyfim"])}
    )


if __name__ == "__main__":
    main()
