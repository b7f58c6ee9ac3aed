"""Lifetime value beside lifetimes: BG/NBD, Pareto/NBD and gamma-gamma fitted, and customers asked about.

From columns in memory to parameters, validation included. Each fit must be as likely as the other: the log-likelihood of the peer's
parameters is computed anew by our law, and must be ours to a millionth. Customers are drawn from the laws with the parameters of the
papers; "days" rounds times to days, as tables have them, "exact" leaves no two alike.
"""

from __future__ import annotations

import gc
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

from _harness import (  # isort: skip
    ResultsDiffer,
    arguments,
    forget_peak,
    print_table,
    release_free_memory,
    resident_bytes,
    versions,
    write_report,
)

import numpy as np
import patronomy as pt

# Law, customers, whether times are days, how many times faster than lifetimes it is to be; None where nothing is asked.
CASES = [
    ("BG/NBD", 2_357, True, None),
    ("BG/NBD", 100_000, True, None),
    ("BG/NBD", 1_000_000, True, 50),
    ("BG/NBD", 1_000_000, False, 10),
    ("Pareto/NBD", 2_357, True, None),
    ("Pareto/NBD", 100_000, True, 100),
    ("gamma-gamma", 2_357, True, None),
    ("gamma-gamma", 100_000, True, None),
    ("gamma-gamma", 1_000_000, True, None),
]
QUICK = [
    ("BG/NBD", 500, True, None),
    ("Pareto/NBD", 300, True, None),
    ("gamma-gamma", 500, True, None),
]
PARAMETERS = {
    "BG/NBD": (0.243, 4.414, 0.793, 2.426),
    "Pareto/NBD": (0.553, 10.578, 0.606, 11.669),
    "gamma-gamma": (6.25, 3.74, 15.44),
}
# A peer's fit that takes longer than this is run once.
PATIENCE = 3.0


def bought(law: str, n: int, in_days: bool) -> tuple[Any, ...]:
    """Draw frequency, recency and age in weeks, or frequency and mean value."""
    random = np.random.default_rng(n)
    if law == "gamma-gamma":
        p, q, v = PARAMETERS[law]
        n_bought = random.geometric(0.4, n)
        nu = random.gamma(q, 1 / v, n)
        value = random.gamma(p * n_bought, 1 / nu) / n_bought
        return n_bought.astype(float), np.round(value, 2) + 0.01
    T = random.uniform(27.0, 39.0, n)
    r, alpha, a, b = PARAMETERS[law]
    rate = random.gamma(r, 1 / alpha, n)
    chance = random.beta(a, b, n) if law == "BG/NBD" else np.zeros(n)
    ends: Any = T.copy()
    if law == "Pareto/NBD":
        ends = np.minimum(T, random.exponential(1 / random.gamma(a, 1 / b, n)))
    x: Any = np.zeros(n)
    last: Any = np.zeros(n)
    time_now = np.zeros(n)
    active: Any = np.arange(n)
    while len(active):
        time_now[active] += random.exponential(1 / np.maximum(rate[active], 1e-12))
        active = active[time_now[active] < ends[active]]
        x[active] += 1
        last[active] = time_now[active]
        active = active[random.random(len(active)) >= chance[active]]
    if in_days:
        T = np.ceil(T * 7) / 7
        last = np.ceil(last * 7) / 7
        last = np.minimum(last, T)
    return x, last, T


def ours(law: str, columns: tuple[Any, ...]) -> Any:
    found = {"BG/NBD": pt.BGNBD, "Pareto/NBD": pt.ParetoNBD}.get(law, pt.GammaGamma)
    return found().fit(*columns)


def theirs(law: str, columns: tuple[Any, ...]) -> Any:
    import lifetimes
    import pandas as pd

    fitters = {"BG/NBD": "BetaGeoFitter", "Pareto/NBD": "ParetoNBDFitter"}
    fitter = getattr(lifetimes, fitters.get(law, "GammaGammaFitter"))()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fitter.fit(*(pd.Series(c) for c in columns))


def as_likely(law: str, columns: tuple[Any, ...], own: Any, other: Any) -> float:
    """Return how much less likely, per customer, the peer's parameters are by our law."""
    names = list(own.params_)
    values = [float(other.params_[name]) for name in names]
    if law == "gamma-gamma":
        # Its likelihood holds terms of the data alone; both are compared by the same formula.
        def likelihood(p: float, q: float, v: float) -> float:
            from scipy.special import gammaln

            x, z = columns
            terms = (
                gammaln(p * x + q)
                - gammaln(p * x)
                - gammaln(q)
                + q * np.log(v)
                + (p * x - 1) * np.log(z)
                + p * x * np.log(x)
                - (p * x + q) * np.log(x * z + v)
            )
            return float(terms.sum())

        at_ours = likelihood(*(own.params_[name] for name in names))
        at_theirs = likelihood(*values)
    else:
        at_ours = own.log_likelihood_
        given = type(own).from_parameters(*values)
        at_theirs = float(given.log_likelihoods(*columns).sum())
    less = (at_ours - at_theirs) / abs(at_ours)
    if less < -1e-6 or (less > 1e-6 and other_is_done(other)):
        raise ResultsDiffer(f"{law}: log-likelihood {at_ours}, lifetimes {at_theirs}")
    return less


def other_is_done(other: Any) -> bool:
    return bool(getattr(other, "_fit_successful", True))


def timed(job: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    begin = time.perf_counter()
    result = job()
    return time.perf_counter() - begin, result


def measure(case: tuple[Any, ...], runs: int) -> list[Any]:
    law, n, in_days, target = case
    columns = bought(law, n, in_days)
    own_times: list[float] = []
    other_times: list[float] = []
    for turn in range(runs + 1):
        took, own = timed(lambda: ours(law, columns))
        if turn:
            own_times.append(took)
        if turn == 0 or (turn > 0 and other_times[0] < PATIENCE):
            took, other = timed(lambda: theirs(law, columns))
            other_times.append(took)
    less = as_likely(law, columns, own, other)
    mine, peers = statistics.median(own_times), statistics.median(other_times)
    kind = "days" if in_days else "exact"
    return [law, n, kind, own.n_groups_, mine, peers, peers / mine, target or "", less]


def asked(law: str, n: int, runs: int) -> list[Any]:
    """Seconds to tell of so many customers what is to come, ours and theirs."""
    x, last, T = bought(law, n, True)
    other = theirs(law, (x[:3_000], last[:3_000], T[:3_000]))
    model = ours(law, (x[:3_000], last[:3_000], T[:3_000]))
    # Both are asked with the same parameters.
    values = [float(other.params_[name]) for name in model.params_]
    model = type(model).from_parameters(*values)
    question = other.conditional_expected_number_of_purchases_up_to_time

    def peer() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(question(39.0, x, last, T))

    own: list[float] = []
    peers: list[float] = []
    for _ in range(runs):
        took, expected = timed(lambda: model.expected_transactions(39.0, x, last, T))
        own.append(took)
        if not peers or peers[0] < PATIENCE:
            took, known = timed(peer)
            peers.append(took)
    good = np.isfinite(known)
    off = float(np.max(np.abs(expected[good] - known[good]) / (1e-3 + known[good])))
    if off > 1e-4:
        raise ResultsDiffer(f"{law}: expected transactions differ by {off}")
    mine, theirs_ = statistics.median(own), statistics.median(peers)
    return [law, n, mine, theirs_, theirs_ / mine, int((~good).sum())]


def peak(n: int) -> float:
    """Bytes a customer above the columns, of a fit without ties."""
    columns = bought("BG/NBD", n, False)
    ours("BG/NBD", tuple(c[:1_000] for c in columns))
    release_free_memory()
    forget_peak()
    before = resident_bytes("VmRSS")
    ours("BG/NBD", columns)
    return (resident_bytes("VmHWM") - before) / n


def shown(row: list[Any]) -> list[str]:
    def one(v: Any) -> str:
        if isinstance(v, float):
            return f"{v:.4f}" if 1e-3 <= abs(v) < 10 else f"{v:.3g}"
        return f"{v:,}" if isinstance(v, int) else str(v)

    return [one(v) for v in row]


def main() -> None:
    options = arguments((__doc__ or "").splitlines()[0], runs=3).parse_args()
    cases = QUICK if options.quick else CASES
    runs = 1 if options.quick else options.runs
    rows = []
    for case in cases:
        rows.append(measure(case, runs))
        print("  ".join(shown(rows[-1])), flush=True)
    head = ["law", "customers", "times", "differ", "ours", "lifetimes", "ratio"]
    head += ["target", "less likely"]
    print_table("fits, s", head, [shown(r) for r in rows])
    n = 1_000 if options.quick else 1_000_000
    predicted = [asked("BG/NBD", n, runs), asked("Pareto/NBD", n // 10, runs)]
    head = ["law", "customers", "ours", "lifetimes", "ratio", "no number there"]
    print_table("expected transactions, s", head, [shown(r) for r in predicted])
    bytes_each = peak(20_000 if options.quick else 1_000_000)
    print(f"\npeak of a fit above its columns: {bytes_each:.0f} bytes a customer")
    body: dict[str, Any] = {
        "fits": rows,
        "predictions": predicted,
        "bytes_a_customer": bytes_each,
        "versions": versions(("lifetimes", "numpy", "scipy")),
    }
    write_report(options.out, "value", body)


if __name__ == "__main__":
    main()
