"""k-means beside scikit-learn (Lloyd and Elkan), scikit-learn-intelex and faiss: equal starts, equal iterations, equal inertia.

From an array in memory to labels, validation included. Inertia is recomputed in 64 bits from each engine's centres: peers
that sum 32-bit numbers are off by what is printed, and an engine that is off by more than a thousandth is an error. faiss
takes a number of iterations, and stops at none before; the others leave off where nothing moves, so seconds are per iteration.
Before each fit there is a pause: threads of the engine before go on spinning for a while, and would take the processor from the
next. Elkan's bounds are rows x clusters numbers: it stands out where they are more than a gigabyte.

"Roof" is the share of the time that the machine would take at least: for the products, 2 x rows x columns x clusters at the speed of
a matrix product of 32-bit numbers measured on the spot, or for reading the numbers once, whichever is longer. Memory is the peak above the input, of
one fit in a fresh process. linfa-clustering stands beside ours in the Rust bench (`cargo bench --bench kmeans --features linfa`).
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import patronomy as pt

from _harness import (
    MEGA,
    THREADS,
    ResultsDiffer,
    arguments,
    forget_peak,
    print_table,
    read_bandwidth,
    release_free_memory,
    resident_bytes,
    versions,
    write_report,
)

# Rows, columns, clusters, iterations, whether the columns are log-normal, how many times faster than the fastest peer.
SHAPES = [
    (1_000_000, 3, 8, 20, False, 3),
    (1_000_000, 3, 20, 200, False, 3),
    (1_000_000, 3, 100, 20, False, 3),
    (1_000_000, 8, 8, 20, False, 3),
    (1_000_000, 8, 100, 20, False, 3),
    (1_000_000, 8, 100, 150, False, 3),
    (1_000_000, 20, 8, 20, False, 2),
    (1_000_000, 20, 20, 20, False, 2),
    (1_000_000, 20, 100, 20, False, 2),
    (1_000_000, 50, 20, 20, False, 2),
    (1_000_000, 50, 100, 20, False, 2),
    (5_000_000, 3, 5, 20, True, 3),
    (5_000_000, 20, 20, 20, True, 2),
    (100_000, 8, 8, 20, False, 3),
]
QUICK = [(20_000, 4, 5, 10, False, 3)]
ELKAN = "Elkan"
PAUSE = 0.5
Fit = Callable[[Any, Any, int], tuple[Any, int]]


def drawn(n: int, d: int, k: int, is_heavy: bool) -> Any:
    """Overlapping clouds, or columns with heavy tails."""
    random = np.random.default_rng(n + d * k)
    if is_heavy:
        return np.exp(random.standard_normal((n, d), dtype=np.float32))
    middles = random.random((k, d), dtype=np.float32) * 4
    data = middles[random.integers(0, k, n)]
    data += random.standard_normal((n, d), dtype=np.float32)
    return data


def ours(X: Any, start: Any, n_iter: int) -> tuple[Any, int]:
    fitted = pt.KMeans(len(start), init=start, max_iter=n_iter, tol=0.0).fit(X)
    return fitted.cluster_centers_, fitted.n_iter_


def of_class(found: Any, **more: Any) -> Fit:
    def fit(X: Any, start: Any, n_iter: int) -> tuple[Any, int]:
        k_means = found(
            len(start), init=start, n_init=1, max_iter=n_iter, tol=0.0, **more
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = k_means.fit(X)
        assert len(fitted.labels_) == len(X)
        return fitted.cluster_centers_, fitted.n_iter_

    return fit


def faiss_fit(X: Any, start: Any, n_iter: int) -> tuple[Any, int]:
    import faiss

    k_means = faiss.Kmeans(
        X.shape[1],
        len(start),
        niter=n_iter,
        min_points_per_centroid=1,
        max_points_per_centroid=len(X),
    )
    k_means.train(X, init_centroids=start)
    # Labels are one more pass.
    k_means.index.search(X, 1)
    return k_means.centroids, n_iter


def engines() -> dict[str, Fit]:
    import faiss
    import sklearnex.cluster
    from sklearn.cluster import KMeans

    faiss.omp_set_num_threads(THREADS)
    return {
        "ours": ours,
        "scikit-learn": of_class(KMeans, algorithm="lloyd"),
        ELKAN: of_class(KMeans, algorithm="elkan"),
        "sklearnex": of_class(sklearnex.cluster.KMeans),
        "faiss": faiss_fit,
    }


def inertia(X: Any, centers: Any) -> float:
    """Of the nearest centres, in 64 bits."""
    total = 0.0
    centers = np.asarray(centers, dtype=np.float64)
    middle = centers.mean(axis=0)
    centers = centers - middle
    for rows in np.array_split(X, max(1, len(X) // 20_000)):
        rows = rows.astype(np.float64) - middle
        squares = (rows**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1)
        total += float((squares - 2 * rows @ centers.T).min(axis=1).sum())
    return total


def measure(shape: tuple[Any, ...], runs: int, fits: dict[str, Fit]) -> dict[str, Any]:
    n, d, k, n_iter, is_heavy, _ = shape
    X = drawn(n, d, k, is_heavy)
    start = X[np.linspace(0, n - 1, k).astype(int)].copy()
    seconds: dict[str, list[float]] = {}
    sums: dict[str, float] = {}
    names = [name for name in fits if name != ELKAN or 4 * n * k <= 1 << 30]
    for turn in range(runs):
        at = turn % len(names)
        for name in names[at:] + names[:at]:
            gc.collect()
            time.sleep(PAUSE)
            begin = time.perf_counter()
            centers, done = fits[name](X, start, n_iter)
            took = (time.perf_counter() - begin) / done
            seconds.setdefault(name, []).append(took)
            if name not in sums:
                sums[name] = inertia(X, centers)
    for name, found in sums.items():
        if abs(found / sums["ours"] - 1) > 1e-3:
            raise ResultsDiffer(f"{name}: inertia {found}, ours {sums['ours']}")
    times = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "shape": shape,
        "seconds_per_iteration": times,
        "inertia": sums,
        "bytes": X.nbytes,
    }


def multiply_rate(size: int = 2_048, runs: int = 5) -> float:
    """Products and sums of 32-bit numbers a second, by the fastest of some matrix products."""
    a = np.ones((size, size), dtype=np.float32)
    best = 0.0
    for _ in range(runs + 1):
        begin = time.perf_counter()
        a @ a
        best = max(best, 2 * size**3 / (time.perf_counter() - begin))
    return best


def memory(shape: tuple[Any, ...], engine: str) -> float:
    """Peak megabytes above the input, of one fit in a fresh process."""
    wanted = json.dumps([engine, shape])
    command = [sys.executable, __file__, "--memory-of", wanted]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def own_memory(engine: str, shape: list[Any]) -> float:
    """The same, of this process."""
    n, d, k, _, is_heavy, _ = shape
    fit = engines()[engine]
    X = drawn(n, d, k, is_heavy)
    start = X[np.linspace(0, n - 1, k).astype(int)].copy()
    # Threads, lazy imports and the like are set up by a run of few rows.
    few = X[: 20 * k]
    fit(few, few[:k].copy(), 2)
    release_free_memory()
    forget_peak()
    before = resident_bytes("VmRSS")
    fit(X, start, 3)
    return (resident_bytes("VmHWM") - before) / MEGA


def plus_plus(runs: int, n: int) -> dict[str, float]:
    """k-means++ for a hundred clusters: seconds, and the inertia one iteration later."""
    from sklearn.cluster import kmeans_plusplus

    X = drawn(n, 8, 100, False)
    found: dict[str, list[float]] = {"ours": [], "scikit-learn": []}
    for seed in range(runs):
        begin = time.perf_counter()
        pt.KMeans(100, max_iter=1, random_state=seed).fit(X)
        found["ours"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        kmeans_plusplus(X, 100, random_state=seed)
        found["scikit-learn"].append(time.perf_counter() - begin)
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    if sys.argv[1:2] == ["--memory-of"]:
        print(own_memory(*json.loads(sys.argv[2])))
        return
    options = arguments((__doc__ or "").splitlines()[0], runs=3).parse_args()
    fits = engines()
    shapes = QUICK if options.quick else SHAPES
    runs = 1 if options.quick else options.runs
    bandwidth = read_bandwidth(64 if options.quick else 512)
    rate = multiply_rate(512 if options.quick else 2_048)
    tells_peak = Path("/proc/self/clear_refs").exists()
    names = list(fits)
    rows, shown = [], []
    for shape in shapes:
        row = measure(shape, runs, fits)
        if tells_peak:
            row["memory_mb"] = {
                name: memory(shape, name) for name in row["seconds_per_iteration"]
            }
        rows.append(row)
        times = row["seconds_per_iteration"]
        least = min(times[name] for name in times if name != "ours")
        n, d, k, n_iter, is_heavy, target = shape
        # What it takes to read the numbers once.
        reading = row["bytes"] / bandwidth
        row["roof_seconds"] = max(2.0 * n * d * k / rate, reading)
        extra = row.get("memory_mb", {})
        shown.append(
            [
                f"{n:,} x {d}, {k}{' log-normal' if is_heavy else ''}, {n_iter} it",
                *(
                    f"{1e3 * times[name]:.2f}" if name in times else "-"
                    for name in names
                ),
                f"{least / times['ours']:.1f}",
                f"{target}",
                f"{2e-9 * n * d * k / times['ours']:.0f}",
                f"{100 * reading / times['ours']:.0f} %",
                f"{100 * row['roof_seconds'] / times['ours']:.0f} %",
                *(
                    f"{extra[name]:.0f}" if name in extra else "-"
                    for name in names
                    if tells_peak
                ),
            ]
        )
        print("  ".join(shown[-1]), flush=True)
    head = ["shape", *names, "ratio", "target", "GFLOP/s", "reading", "roof"]
    head += [f"MB {name}" for name in names if tells_peak]
    print_table("milliseconds per iteration, 32-bit numbers", head, shown)
    start = plus_plus(runs, 20_000 if options.quick else 1_000_000)
    ratio = start["scikit-learn"] / start["ours"]
    print(
        f"\nk-means++, 100 clusters of 8 columns: ours {start['ours']:.3f} s with one "
        f"iteration, scikit-learn {start['scikit-learn']:.3f} s without ({ratio:.1f}x)"
    )
    packages = ("scikit-learn", "scikit-learn-intelex", "faiss-cpu", "numpy")
    body: dict[str, Any] = {
        "rows": rows,
        "plus_plus": start,
        "versions": versions(packages),
    }
    body["multiply_gflops"] = rate / 1e9
    write_report(options.out, "kmeans", body)


if __name__ == "__main__":
    main()
