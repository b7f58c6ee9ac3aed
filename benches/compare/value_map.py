"""BG/NBD beside pymc-marketing's maximum a posteriori, where that is installed.

From columns in memory to parameters. The peer has priors, so its parameters are those of another question: the log-likelihood of its
parameters is computed anew by our law, and may not be above ours. Customers are those of `value.py`, in days. The peer compiles its
model at every fit; it is run once after a first one that fills its caches.

    pip install pymc-marketing
    python benches/compare/value_map.py [--quick]
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import Any

from _harness import ResultsDiffer, arguments, print_table, write_report  # isort: skip

import numpy as np
import patronomy as pt

from value import bought, timed

SIZES = (2_357, 100_000)


def map_of(columns: tuple[Any, ...]) -> dict[str, float]:
    """Return the peer's parameters."""
    import pandas as pd
    from pymc_marketing.clv import BetaGeoModel

    x, last, T = columns
    data = pd.DataFrame({"frequency": x, "recency": last, "T": T})
    data["customer_id"] = np.arange(len(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = BetaGeoModel(data=data)
        model.fit(method="map")
    posterior = model.idata.posterior
    return {name: float(posterior[name].mean()) for name in ("r", "alpha", "a", "b")}


def main() -> int:
    """Print a row for each number of customers."""
    options = arguments(__doc__ or "", runs=1).parse_args()
    try:
        import pymc_marketing
    except ImportError:
        print("pymc-marketing is not installed: nothing to compare")
        return 0
    rows = []
    for n in (500,) if options.quick else SIZES:
        columns = bought("BG/NBD", n, True)
        map_of(bought("BG/NBD", 300, True))
        pt.BGNBD().fit(*columns)
        mine, own = timed(partial(pt.BGNBD().fit, *columns))
        peers, found = timed(partial(map_of, columns))
        given = pt.BGNBD.from_parameters(*(found[k] for k in own.params_))
        less = own.log_likelihood_ - float(given.log_likelihoods(*columns).sum())
        if less < -1e-6 * abs(own.log_likelihood_):
            raise ResultsDiffer(f"{n}: the peer's parameters are likelier by {-less}")
        rows.append([n, own.n_groups_, mine, peers, peers / mine, less])
    head = ["customers", "different", "patronomy s", "map s", "ratio", "less likely by"]
    shown = [
        [f"{n:,}", f"{d:,}", f"{m:.4f}", f"{p:.2f}", f"{r:.0f}x", f"{by:.3f}"]
        for n, d, m, p, r, by in rows
    ]
    print_table(f"pymc-marketing {pymc_marketing.__version__}", head, shown)
    write_report(options.out, "value_map", {"rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
