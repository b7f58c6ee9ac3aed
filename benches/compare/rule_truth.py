"""Rules where there is nothing to find, and where there is.

Shops whose baskets were dealt anew, each item as often and each basket as large: a shop with
any significant rule is a false alarm. At a family-wise level of 5 % the number of shops with one
may reach, with chance 99.9 %, the binomial limit. Beside that, Fisher's exact test, which does
not know basket sizes; and the planted pairs of generated shops, ranked by p-value and by the
least lift, beside the oracle's ranking.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import patronomy as pt

from _harness import ResultsDiffer, arguments, print_table, write_report

Difficulty = Literal["easy", "medium", "hard"]
Test = Literal["size_conditional", "fisher"]

ALPHA = 0.05
SHOPS = 1_000
OPTIONS: dict[str, Any] = {"min_confidence": 0.0, "max_len": 3, "alpha": ALPHA}


def limit(n: int) -> int:
    """The smallest count that so many shops exceed with a chance of at most .1 %."""
    chance, below = (1 - ALPHA) ** n, 0.0
    for k in range(n + 1):
        below += chance
        if below >= 0.999:
            return k
        chance *= (n - k) / (k + 1) * ALPHA / (1 - ALPHA)
    return n


def heavy_tailed() -> pt.Baskets:
    """Baskets of sizes with a heavy tail, filled by popularity."""
    tx = pt.simulate.shop(n_customers=1_500, n_days=365, seed=5)
    bought = tx.baskets()
    # All that customers bought: from a few items to hundreds.
    return bought.by_customer()


def shops(data: Path) -> Iterator[tuple[str, pt.Baskets, dict[str, Any]]]:
    roles = pt.datasets.ONLINE_RETAIL_ROLES
    path = data / "retail_transactions/online_retail.parquet"
    yield (
        "online_retail",
        pt.Transactions(path, **roles).baskets(),
        {"min_support": 0.002},
    )
    retail = pt.Baskets.read(data / "market_basket/fimi/retail.dat")
    yield "retail", retail, {"min_support": 0.001}
    yield "customers", heavy_tailed(), {"min_support": 0.05}


def false_alarms(
    baskets: pt.Baskets, test: Test, n: int, support: dict[str, Any]
) -> tuple[int, int]:
    """Shops with any rule, and rules of all shops."""
    alarms = total = 0
    for seed in range(n):
        dealt = baskets.shuffled(random_state=seed)
        found = len(dealt.rules(test=test, **support, **OPTIONS))
        alarms += found > 0
        total += found
    return alarms, total


def ranked(seed: int, difficulty: Difficulty) -> tuple[float, float, float]:
    """Average precision of planted pairs, by p-value, by the least lift and by the oracle."""
    shop = pt.simulate.Shop(
        n_customers=2_000, n_days=730, seed=seed, difficulty=difficulty
    )
    oracle = shop.oracle()
    pairs = oracle.predictions("rule_pairs").to_dict()
    rules = (
        shop.transactions()
        .baskets()
        .rules(min_support_count=1, min_confidence=0.0, max_len=2)
    )
    found = rules.to_dict()
    first, second = (pairs[name] for name in list(pairs)[:2])

    def precision(scores: list[float]) -> float:
        sides = zip(found["antecedent"], found["consequent"], scores, strict=True)
        known = {(x[0], y[0]): score for x, y, score in sides}
        asked = zip(first, second, strict=True)
        # A pair that never met is the last.
        return float(
            oracle.evaluate("rule_pairs", [known.get(p, -1.0) for p in asked])
            or math.nan
        )

    # The smaller the p-value, the likelier a rule.
    by_p_value = precision([-math.log(max(p, 1e-300)) for p in found["p_value"]])
    by_least_lift = precision(rules.measure("least_lift"))
    best = float(oracle.score("rule_pairs") or math.nan)
    return by_p_value, by_least_lift, best


def main() -> None:
    args = arguments(__doc__ or "", runs=SHOPS).parse_args()
    data = os.environ.get("PATRONOMY_DATA")
    if data is None:
        sys.exit("set PATRONOMY_DATA to the folder of the data sets")
    n = 3 if args.quick else args.runs
    most = limit(n)
    head = ["shop", "baskets", "dealt", "alarms", "limit", "rules", "Fisher's", "real"]
    rows, body = [], []
    for name, baskets, support in shops(Path(data)):
        alarms, total = false_alarms(baskets, "size_conditional", n, support)
        n_blind = 1 if args.quick else 5
        blind = false_alarms(baskets, "fisher", n_blind, support)[1] / n_blind
        real = len(baskets.rules(**support, **OPTIONS))
        values = [name, len(baskets), n, alarms, most, total, round(blind), real]
        rows.append(
            [f"{value:,}" if isinstance(value, int) else value for value in values]
        )
        body.append(dict(zip(head, values, strict=True)))
        print(rows[-1], flush=True)
        if alarms > most:
            raise ResultsDiffer(
                f"{name}: {alarms} of {n} shops with nothing to find have a rule"
            )
    print_table("shops with nothing to find, and rules found in them", head, rows)
    power = []
    for difficulty in get_args(Difficulty):
        for seed in range(1 if args.quick else 5):
            by_p_value, by_least_lift, best = ranked(seed, difficulty)
            figures = [by_p_value, by_least_lift, best, by_least_lift / best]
            power.append([difficulty, str(seed), *(f"{f:.3f}" for f in figures)])
    print_table(
        "planted pairs: average precision",
        ["difficulty", "seed", "p-value", "least lift", "oracle", "ratio"],
        power,
    )
    print(
        f"wrote {write_report(args.out, 'rule_truth', {'shops': body, 'power': power})}"
    )


if __name__ == "__main__":
    main()
