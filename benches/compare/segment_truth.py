"""Segments of shops whose truth is known, beside the oracle and beside usual ways.

The measure is the adjusted Rand index with the planted segments, over that of the oracle,
who knows the shop's mechanism with all its numbers. Ways: our latent classes and our space of baskets, and
scikit-learn's k-means on counts, on tf-idf (both reduced by truncated SVD) and on scaled
recency, frequency and money. A run is a shop.

    python benches/compare/segment_truth.py [--quick] [--customers N] [--runs N]
"""

import sys
import time
from typing import Any

import numpy as np
import patronomy as pt
import polars as pl

from _harness import arguments as harness
from _harness import write_report

# Five planted segments, and wholesale buyers, who are asked of nobody.
_K = 6


def main() -> int:
    """Print a table: a row for each difficulty and seed, a column for each way."""
    parser = harness(__doc__ or "", runs=3)
    parser.add_argument("--customers", type=int, default=20_000)
    options = parser.parse_args()
    n = 1_000 if options.quick else options.customers
    seeds = 1 if options.quick else options.runs
    rows = []
    for difficulty in ("easy", "medium", "hard"):
        for seed in range(1, seeds + 1):
            rows.append(_row(n, seed, difficulty))
            print(rows[-1], flush=True)
    table = pl.DataFrame(rows)
    ways = [c for c in table.columns if c not in ("difficulty", "seed")]
    means = table.group_by("difficulty", maintain_order=True).agg(pl.col(ways).mean())
    with pl.Config(tbl_cols=-1, tbl_width_chars=200, float_precision=3):
        print(f"\n{n:,} customers, mean of {seeds} shops; index over the oracle's")
        print(means)
    write_report(options.out, "segment_truth", {"customers": n, "shops": rows})
    easy = means["baskets"][0]
    if not easy > 0.9:
        print(f"error: {easy:.3f} of the oracle where it is easy", file=sys.stderr)
        return 1
    return 0


def _row(n: int, seed: int, difficulty: Any) -> dict[str, Any]:
    shop = pt.simulate.Shop(n_customers=n, seed=seed, difficulty=difficulty)
    # All are given every purchase, as the oracle is, whether it came back or not.
    roles: dict[str, Any] = dict(shop.transactions().roles)
    tx = pt.Transactions(shop, **roles, returns="exclude")
    oracle = shop.oracle()
    asked = pl.DataFrame(oracle.predictions("segments"))
    best = {r["task"]: r["score"] for r in oracle.scores.to_polars().to_dicts()}

    def score(customers: Any, labels: Any) -> float:
        found = pl.DataFrame({"customer": customers, "label": labels})
        found = asked.join(found, on="customer", how="left", maintain_order="left")
        predicted = found["label"].fill_null(-1).cast(pl.Float64).to_list()
        return float(oracle.evaluate("segments", predicted) / best["segments"])

    row: dict[str, Any] = {"difficulty": difficulty, "seed": seed}
    row["oracle"] = best["segments"]
    for name, sets in _ours().items():
        began = time.perf_counter()
        segments = tx.features(**sets).segment(k=_K)
        columns = segments.to_dict()
        row[name] = score(columns["customer"], columns["segment"])
        row[f"{name} s"] = time.perf_counter() - began
    for name, (customers, values) in _theirs(tx, shop).items():
        from sklearn.cluster import KMeans

        labels = KMeans(_K, n_init=10, random_state=0).fit(values).labels_
        row[name] = score(customers, labels)
    return row


def _ours() -> dict[str, dict[str, Any]]:
    return {
        "baskets": {"sets": "basket"},
        "classes": {"sets": "classes", "n_classes": _K},
    }


def _theirs(tx: pt.Transactions, shop: pt.simulate.Shop) -> dict[str, tuple[Any, Any]]:
    """Return what k-means is usually given: customers, and rows of numbers."""
    from scipy.sparse import csr_matrix, diags
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import StandardScaler, normalize

    lines = pl.DataFrame(shop).filter(pl.col("quantity") > 0)
    lines = lines.drop_nulls("customer").unique(["customer", "invoice", "item"])
    codes = lines.select(
        pl.col("customer").rank("dense").cast(pl.Int64) - 1,
        pl.col("item").cast(pl.Categorical).to_physical().cast(pl.Int64),
    )
    places = (codes["customer"].to_numpy(), codes["item"].to_numpy())
    counts = csr_matrix((np.ones(len(codes)), places))
    customers = lines["customer"].unique().sort()
    idf = np.log(counts.shape[0] / np.maximum((counts > 0).sum(axis=0).A1, 1))
    weighted = counts @ diags(idf)
    rfm = tx.features("rfm")
    numbers = rfm.to_pandas()[rfm.names].to_numpy()
    scaled = StandardScaler().fit_transform(np.log1p(np.maximum(numbers, 0)))

    def reduced(matrix: Any) -> Any:
        return TruncatedSVD(20, random_state=0).fit_transform(normalize(matrix))

    return {
        "counts": (customers, reduced(counts)),
        "tf-idf": (customers, reduced(weighted)),
        "rfm": (rfm.to_dict()["customer"], scaled),
    }


if __name__ == "__main__":
    sys.exit(main())
