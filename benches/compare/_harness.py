"""What every comparison shares: fair timing, memory of one engine alone, equal results or an error, one table, one JSON.

Engines take turns in one process, so that a noisy minute hits all of them. Memory is the growth of the peak resident
set of a fresh process that has run nothing else. All engines get the same number of threads.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

THREADS = 2
# Polars and Arrow read these once, when they are imported: this module comes first everywhere.
os.environ["POLARS_MAX_THREADS"] = str(THREADS)
os.environ["OMP_NUM_THREADS"] = str(THREADS)

MEGA = 1e6


class ResultsDiffer(AssertionError):
    """Two engines answered differently: there is no time to report."""


@dataclass(frozen=True)
class Engine:
    """One contender of one family.

    `prepare` turns the shared Arrow table into the engine's own input, outside the timer; `run` is what is timed and
    returns a finished result; `answer` turns that result into what the family compares, outside the timer.
    """

    name: str
    prepare: Callable[[Any], Any]
    run: Callable[[Any], Any]
    answer: Callable[[Any], Any]
    packages: tuple[str, ...] = ()


@dataclass
class Times:
    """The timed runs of one engine, in seconds."""

    seconds: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        return {
            "seconds": statistics.median(self.seconds),
            "fastest": min(self.seconds),
            "slowest": max(self.seconds),
            "runs": self.seconds,
        }


def alternate(
    engines: Sequence[Engine],
    inputs: dict[str, Any],
    runs: int,
    check: Callable[[str, Any, int], None],
) -> dict[str, Times]:
    """Time the engines in turns; `check(engine, result, round)` sees every result, round 0 being the untimed warm-up."""
    times = {engine.name: Times() for engine in engines}
    for turn in range(runs + 1):
        # Another one begins each round: nobody always runs into the same neighbour's dirt.
        shift = turn % len(engines)
        for engine in [*engines[shift:], *engines[:shift]]:
            gc.collect()
            begin = time.perf_counter()
            result = engine.run(inputs[engine.name])
            took = time.perf_counter() - begin
            check(engine.name, result, turn)
            del result
            if turn > 0:
                times[engine.name].seconds.append(took)
    return times


# ---- memory ----------------------------------------------------------------------------------------------------


def resident_bytes(key: str) -> int:
    """`VmRSS` (now) or `VmHWM` (peak) of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"`{key}` is not in /proc/self/status")


def forget_peak() -> None:
    """Set the peak of this process back to what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")


def release_free_memory() -> None:
    """Give back what allocators keep for later, or a run could hide in it."""
    gc.collect()
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def peak_of(engine: Engine, table: Any) -> dict[str, float]:
    """Peak extra memory of one run of `engine` in this process, and the part of it that is the result, in MB."""
    # What an engine sets up once (threads, arenas, lazy imports) is no part of the job.
    warm = engine.run(engine.prepare(table.slice(0, 10_000)))
    prepared = engine.prepare(table)
    del warm, table
    release_free_memory()
    forget_peak()
    before = resident_bytes("VmRSS")
    result = engine.run(prepared)
    extra = resident_bytes("VmHWM") - before
    held = engine.answer(result).nbytes
    return {
        "peak_extra_mb": extra / MEGA,
        "result_mb": held / MEGA,
        "beside_result_mb": (extra - held) / MEGA,
    }


def peak_in_fresh_process(
    script: Path, engine: str, data: Path
) -> dict[str, float] | None:
    """Run `script --memory-of engine data`; None where the kernel does not tell."""
    if not Path("/proc/self/clear_refs").exists():
        return None
    command = [sys.executable, str(script), "--memory-of", engine, str(data)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def stored(table: Any, folder: Path) -> Iterator[Path]:
    """The table as an Arrow file on disk for the memory processes, gone afterwards."""
    import pyarrow as pa

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "table.arrow"
        with (
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
        yield path


def load(path: Path) -> Any:
    """Read what `stored` wrote into memory of our own: mapped pages would count as growth when touched."""
    import pyarrow as pa

    pa.set_cpu_count(THREADS)
    with pa.OSFile(str(path), "rb") as source:
        return pa.ipc.open_file(source).read_all()


# ---- the machine -----------------------------------------------------------------------------------------------


def read_bandwidth(megabytes: int = 512) -> float:
    """Bytes per second that `THREADS` threads read from memory together: the best of a few sweeps."""
    import numpy as np

    blocks = [
        np.ones(megabytes * 1_000_000 // 8 // THREADS, dtype=np.int64)
        for _ in range(THREADS)
    ]
    total = sum(block.nbytes for block in blocks)
    best = float("inf")
    with ThreadPoolExecutor(THREADS) as pool:
        # numpy leaves the GIL during a reduction; which one is fastest depends on its SIMD loops, so try several.
        for sweep in (np.add.reduce, np.maximum.reduce, np.bitwise_or.reduce):
            for _ in range(4):
                begin = time.perf_counter()
                list(pool.map(sweep, blocks))
                best = min(best, time.perf_counter() - begin)
    return total / best


def machine() -> dict[str, Any]:
    """What a reader must know about where the figures come from."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0].split(":", 1)[1].strip() if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in sorted(set(packages))}


# ---- the report ------------------------------------------------------------------------------------------------


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table: the first column to the left, figures to the right."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    print(f"\n{title}")
    for number, line in enumerate(lines):
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()


def write_report(folder: Path, family: str, body: dict[str, Any]) -> Path:
    """`<folder>/<family>.json`, with the machine and the threads beside the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{family}.json"
    report = {"family": family, "threads": THREADS, "machine": machine(), **body}
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nwrote {path}")
    return path


def arguments(description: str, runs: int) -> argparse.ArgumentParser:
    """The options every comparison has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, default=runs, help="timed runs per engine")
    parser.add_argument(
        "--quick", action="store_true", help="the smallest size only: does it work?"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out/bench"), help="folder of the JSON report"
    )
    return parser
