"""What `import patronomy` costs: fresh processes, less what starting Python costs alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from _harness import arguments, print_table, versions, write_report

AIM_MS = 100.0
HEAVY = ("pandas", "polars", "pyarrow", "numpy", "sklearn", "matplotlib", "tqdm")


def milliseconds(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begin) * 1e3


def imported_with() -> list[str]:
    """Which of the heavy packages `import patronomy` brings along: none should be."""
    code = f"import sys, patronomy; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.split()


def main() -> None:
    parser = arguments("The time of `import patronomy`", runs=10)
    options = parser.parse_args()
    runs = 3 if options.quick else options.runs
    bare: list[float] = []
    ours: list[float] = []
    # The first round fills the disk cache and writes the byte code; it does not count.
    for turn in range(runs + 1):
        pair = milliseconds("pass"), milliseconds("import patronomy")
        if turn > 0:
            bare.append(pair[0])
            ours.append(pair[1])
    start, whole = statistics.median(bare), statistics.median(ours)
    record = {
        "case": "import patronomy",
        "milliseconds": whole - start,
        "bare_start_milliseconds": start,
        "aim_milliseconds": AIM_MS,
        "brings_along": imported_with(),
    }
    rows = [
        ["python", f"{start:.1f}"],
        ["python, import patronomy", f"{whole:.1f}"],
        ["the import", f"{whole - start:.1f}"],
    ]
    print_table(f"import: median of {runs}, aim < {AIM_MS:.0f} ms", ["", "ms"], rows)
    body = {"versions": versions(["patronomy"]), "runs": runs, "cases": [record]}
    write_report(options.out, "import_time", body)


if __name__ == "__main__":
    main()
