"""How a running job answers: the time from Ctrl-C to `KeyboardInterrupt`, and what watching its progress costs."""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from typing import Any

from _harness import THREADS, arguments, print_table, versions, write_report
from _shop import order_lines

AIM_INTERRUPT_S = 0.2
AIM_PROGRESS = 0.01


def job(table: Any, progress: Any) -> Any:
    import patronomy as pt

    transactions = pt.Transactions(
        table,
        customer="customer",
        transaction="transaction",
        time="time",
        amount="amount",
        returns="keep",
    )
    return transactions.rfm(segments=None, n_jobs=THREADS, progress=progress)


def seconds(table: Any, progress: Any) -> float:
    begin = time.perf_counter()
    job(table, progress)
    return time.perf_counter() - begin


def interrupt(table: Any, after: float) -> float | None:
    """Seconds from the signal to the exception; None where the job was done before the signal came."""
    sent: list[float] = []

    def send() -> None:
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    try:
        timer.start()
        job(table, False)
        timer.cancel()
        timer.join()
    except KeyboardInterrupt:
        # A job that let the signal wait ends up here too, with the whole wait counted.
        return time.perf_counter() - sent[0]
    return None


def main() -> None:
    parser = arguments("Ctrl-C and progress on a large job", runs=5)
    options = parser.parse_args()
    n_rows = 1_000_000 if options.quick else 50_000_000
    table = order_lines(n_rows, n_rows // 10, "int", "ordered")
    whole = statistics.median(seconds(table, False) for _ in range(3))

    latencies = []
    for turn in range(options.runs):
        # Spread over the job, so that every stage is hit once.
        found = interrupt(table, whole * (turn + 0.5) / options.runs)
        if found is not None:
            latencies.append(found)

    quiet: list[float] = []
    watched: list[float] = []
    for _ in range(options.runs):
        quiet.append(seconds(table, False))
        watched.append(seconds(table, lambda fraction, stage: None))
    cost = statistics.median(watched) / statistics.median(quiet) - 1

    worst = max(latencies) if latencies else None
    shown = "-" if worst is None else f"{worst:.3f} s of {len(latencies)}"
    rows = [
        ["slowest answer to Ctrl-C", shown, f"< {AIM_INTERRUPT_S} s"],
        ["progress, share of run time", f"{cost:+.1%}", f"< {AIM_PROGRESS:.0%}"],
    ]
    title = f"gate: {n_rows:,} rows, {whole:.2f} s"
    print_table(title, ["", "measured", "aim"], rows)
    record = {
        "case": f"{n_rows // 1_000_000}m-int",
        "seconds": whole,
        "interrupt_seconds": latencies,
        "progress_share": cost,
    }
    body = {"versions": versions(["patronomy", "pyarrow"]), "cases": [record]}
    write_report(options.out, "gate", body)


if __name__ == "__main__":
    main()
