"""Do rules recommend what customers buy next? A back-test beside simpler ways, on Online Retail.

One cut in time. All that recommends knows the purchases before it and nothing else; a customer with
purchases on both sides gets k items, which are compared with the distinct items bought after the
cut. Settings of every method are chosen the same way at an earlier cut, inside the past.

Repeats included: anything may be recommended, and everything bought later is relevant. Repeats
excluded: only what the customer had not bought before, on both sides; customers who bought nothing
new are left out. Items first sold after the cut are relevant too though nobody can know them; the
ceiling is what a prophet gets who knows all but those.

Hit rate: the share of customers with at least one hit. Precision: hits / k, also where fewer than k
items were given. Recall: hits / relevant items of the customer, also where those are more than k.
Both are means over customers; differences to the best have the standard error of the mean.

Rules have fewer than k items for some customers: they count as they are, and in a row of their own
filled up with popular items. Elsewhere the more popular of equal items comes first, and of equally
popular ones the first by label; so scores of zero are filled up with popular items too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import patronomy as pt

from _harness import ResultsDiffer, arguments, print_table, versions, write_report

Places: TypeAlias = npt.NDArray[np.int64]
Marks: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.float64]
Setting: TypeAlias = dict[str, Any]
Repeat = Literal["include", "exclude"]

CUT = date(2011, 9, 10)
# Where settings are chosen: what comes after it ends at `CUT`.
EARLIER_CUT = date(2011, 7, 10)
KS = (5, 10)
MOST = max(KS)
SAMPLE = 200
NOTHING = -1


def check(holds: object, what: str) -> None:
    if not holds:
        raise ResultsDiffer(what)


# ---- what is known, and what comes after -------------------------------------------------------------------------


def contents(baskets: pt.Baskets) -> tuple[list[Any], list[str]]:
    """The basket and the item of every entry, by the baskets' ids and the items' labels."""
    import pyarrow as pa

    # Each item has a twin that nobody bought, so that rules from items to twins tell the items.
    twins = pt.Baskets.from_lists([[label, label + "'"] for label in baskets.labels])
    rules = twins.rules(min_support_count=1, min_confidence=1.0, test="none")
    found = pa.table(rules.recommend(baskets, k=baskets.n_items))
    items = [twin[:-1] for twin in found["item"].to_pylist()]
    return found[0].to_pylist(), items


@dataclass(frozen=True)
class Task:
    """The past of all customers, and the later purchases of those who are asked about.

    Items are numbered by popularity, the most popular first and of equal ones the first by label.
    """

    cut: date
    past: pt.Transactions
    invoices: pt.Baskets
    # All that each customer bought.
    held: pt.Baskets
    customers: dict[Any, int]
    items: dict[str, int]
    # Of each customer and item the baskets with it.
    n_baskets: npt.NDArray[np.int32]
    bought: Marks
    asked: Places
    later: Marks
    n_later: Places
    n_later_new: Places

    def of(self, repeat: Repeat) -> tuple[Places, Marks, Places]:
        """Customers who are asked about, the items that would be hits, and how many are relevant."""
        if repeat == "include":
            return self.asked, self.later, self.n_later
        new = self.n_later_new > 0
        hits = self.later[new] & ~self.bought[self.asked[new]]
        return self.asked[new], hits, self.n_later_new[new]


def popularity(baskets: pt.Baskets) -> dict[str, int]:
    """How many of the baskets have an item."""
    return dict(zip(baskets.labels, baskets.support_counts, strict=True))


def task(
    tx: pt.Transactions, cut: date, customer_of: dict[str, Any], most: int | None
) -> Task:
    """Cut there, and ask about at most so many customers."""
    past, later = tx.split(cut)
    invoices = past.baskets()
    held = invoices.by_customer()
    liked, sold = popularity(held), popularity(invoices)
    labels = [label for label, n in sold.items() if n > 0]
    labels.sort(key=lambda label: (-liked[label], label))
    items = {label: place for place, label in enumerate(labels)}
    ids, held_items = contents(held)
    customers = {name: place for place, name in enumerate(sorted(set(ids)))}
    n_baskets = np.zeros((len(customers), len(items)), dtype=np.int32)
    for invoice, item in zip(*contents(invoices), strict=True):
        name = customer_of[invoice]
        if name is not None:
            n_baskets[customers[name], items[item]] += 1

    bought = np.zeros(n_baskets.shape, dtype=bool)
    bought[[customers[name] for name in ids], [items[i] for i in held_items]] = True
    check((bought == (n_baskets > 0)).all(), "invoices and customers hold other items")
    counted = [liked[item] for item in items]
    check((bought.sum(axis=0) == counted).all(), "popularity is not the same")

    after: dict[Any, set[str]] = {}
    for name, item in zip(*contents(later.baskets().by_customer()), strict=True):
        if name in customers:
            after.setdefault(name, set()).add(item)
    asked = sorted(after)
    if most is not None and most < len(asked):
        sample = np.random.default_rng(0).choice(len(asked), most, replace=False)
        asked = [asked[place] for place in sorted(sample)]
    marks = np.zeros((len(asked), len(items)), dtype=bool)
    for row, name in enumerate(asked):
        marks[row, [items[item] for item in after[name] if item in items]] = True
    places = np.array([customers[name] for name in asked])
    n_later = np.array([len(after[name]) for name in asked])
    return Task(
        cut=cut,
        past=past,
        invoices=invoices,
        held=held,
        customers=customers,
        items=items,
        n_baskets=n_baskets,
        bought=bought,
        asked=places,
        later=marks,
        n_later=n_later,
        n_later_new=n_later - (marks & bought[places]).sum(axis=1),
    )


def check_past(table: Any, tx: pt.Transactions, cut: date) -> None:
    """What the past holds, all of it and its two parts, is the same where the later rows never were."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lines = pa.table(table)
    before = lines.filter(pc.less(lines["InvoiceDate"], pa.scalar(cut)))
    check(0 < before.num_rows < lines.num_rows, "the cut is not inside the data")
    alone, past = cleaned(before), tx.split(cut)[0]
    alike = zip(
        (alone, *alone.split(EARLIER_CUT)),
        (past, *past.split(EARLIER_CUT)),
        strict=True,
    )
    for pair in alike:
        of_each = [sorted(zip(*contents(t.baskets()), strict=True)) for t in pair]
        check(of_each[0] == of_each[1], "the past knows of the later part")


def cleaned(table: Any) -> pt.Transactions:
    tx = pt.Transactions(table, **pt.datasets.ONLINE_RETAIL_ROLES)
    return tx.without("duplicate", "test_row", "adjustment_row")


# ---- what recommends ---------------------------------------------------------------------------------------------


def ranked(scores: Numbers, banned: Marks | None) -> Places:
    """The items with the highest scores; of equal ones the most popular."""
    # Sums in another order may differ in the last digits: no tie shall hang on that.
    rounded = np.round(scores, 10)
    if banned is not None:
        rounded[banned] = -np.inf
    return np.argsort(-rounded, axis=1, kind="stable")[:, :MOST]


def banned(of: Task, repeat: Repeat) -> Marks | None:
    return of.bought[of.of(repeat)[0]] if repeat == "exclude" else None


def by_rules(of: Task, repeat: Repeat, setting: Setting) -> Places:
    """Rules of single invoices, or of all that each customer bought."""
    baskets = of.invoices if setting["baskets"] == "invoices" else of.held
    rules = baskets.rules(**setting["rules"], test="none")
    found = rules.recommend(of.held, k=MOST, repeat=repeat, **setting["ranking"])
    return placed(of, repeat, found)


def placed(of: Task, repeat: Repeat, recommended: pt.ArrowTable) -> Places:
    """A row for each customer who is asked about; there may be fewer items than wanted."""
    import pyarrow as pa

    found = pa.table(recommended).combine_chunks()
    item = found["item"].chunk(0)
    labels = item.dictionary.to_pylist()
    place_of = np.array([of.items.get(label, NOTHING) for label in labels])
    rows = of.of(repeat)[0]
    # Customers who are not asked about have no row.
    row_of = np.full(len(of.customers), NOTHING)
    row_of[rows] = np.arange(len(rows))
    names, where = np.unique(found[0].to_numpy(), return_inverse=True)
    row = row_of[[of.customers[name] for name in names.tolist()]][where]
    is_asked = row != NOTHING
    places = np.full((len(rows), MOST), NOTHING)
    rank = found["rank"].to_numpy()[is_asked].astype(np.int64)
    given = place_of[item.indices.to_numpy()[is_asked]]
    check((given != NOTHING).all(), "an item is recommended that nobody bought")
    places[row[is_asked], rank - 1] = given
    return places


def filled(of: Task, repeat: Repeat, places: Places) -> Places:
    """The same, and the most popular items where there are too few."""
    full = places.copy()
    bought = of.bought
    for row, who in enumerate(of.of(repeat)[0]):
        given = [place for place in places[row] if place != NOTHING]
        allowed = (
            item
            for item in range(len(of.items))
            if item not in given and not (repeat == "exclude" and bought[who, item])
        )
        full[row] = [*given, *(next(allowed) for _ in range(MOST - len(given)))]
    return full


def by_popularity(of: Task, repeat: Repeat, setting: Setting) -> Places:
    """What most customers bought, of all time or of the last days."""
    days = setting["days"]
    recent = of.past
    if days is not None:
        recent = of.past.split(of.cut - timedelta(days=days))[1]
    liked = popularity(recent.baskets().by_customer())
    scores = np.array([float(liked.get(item, 0)) for item in of.items])
    n = len(of.of(repeat)[0])
    return ranked(np.tile(scores, (n, 1)), banned(of, repeat))


def by_own_frequency(of: Task, repeat: Repeat, setting: Setting) -> Places:
    """What the customer bought in most baskets."""
    return ranked(of.n_baskets[of.of(repeat)[0]].astype(np.float64), None)


def by_neighbours(of: Task, repeat: Repeat, setting: Setting) -> Places:
    """Items that were bought by the same customers as those of this one: cosines, summed."""
    from scipy import sparse

    bought = of.bought
    held = sparse.csr_matrix(bought, dtype=np.float64)
    norms = np.sqrt(np.maximum(bought.sum(axis=0), 1))
    cosines = (held.T @ held).toarray() / np.outer(norms, norms)
    np.fill_diagonal(cosines, 0.0)
    n = setting["neighbours"]
    if n is not None:
        order = np.argsort(-np.round(cosines, 10), axis=1, kind="stable")
        np.put_along_axis(cosines, order[:, n:], 0.0, axis=1)
    if setting["itself"]:
        np.fill_diagonal(cosines, 1.0)
    scores = held[of.of(repeat)[0]] @ sparse.csr_matrix(cosines)
    return ranked(scores.toarray(), banned(of, repeat))


# ---- methods, and how their settings are chosen ------------------------------------------------------------------


@dataclass(frozen=True)
class Method:
    name: str
    run: Callable[[Task, Repeat, Setting], Places]
    settings: Callable[[Repeat], list[Setting]]


def rule_settings(
    baskets: str,
    sizes: Sequence[tuple[float, int]],
    confidences: Sequence[float] = (0.1, 0.3),
    measures: Sequence[str] = ("confidence", "lift", "leverage", "jaccard"),
    combine: str = "strongest",
) -> Callable[[Repeat], list[Setting]]:
    return lambda _: [
        {
            "baskets": baskets,
            "rules": {
                "min_support": support,
                "max_antecedent_len": length,
                "min_confidence": confidence,
            },
            "ranking": {"rank_by": measure, "combine": combine},
        }
        for support, length in sizes
        for confidence in confidences
        for measure in measures
    ]


def neighbour_settings(repeat: Repeat) -> list[Setting]:
    return [
        {"neighbours": n, "itself": itself}
        for n in (10, 20, 50, 200, None)
        for itself in ((False, True) if repeat == "include" else (False,))
    ]


RULES = ("rules of invoices", "rules of customers", "rules of customers, summed")
METHODS = (
    Method(
        RULES[0],
        by_rules,
        rule_settings("invoices", [(0.01, 2), (0.005, 1), (0.005, 2), (0.002, 1)]),
    ),
    Method(
        RULES[1],
        by_rules,
        rule_settings("customers", [(0.03, 1), (0.03, 2), (0.01, 1), (0.005, 1)]),
    ),
    Method(
        RULES[2],
        by_rules,
        rule_settings(
            "customers",
            [(0.001, 1), (0.002, 1), (0.005, 1), (0.01, 1)],
            (0.0,),
            ("confidence", "cosine", "jaccard", "added_value"),
            "sum",
        ),
    ),
    Method("popularity", by_popularity, lambda _: [{"days": None}]),
    Method(
        "recent popularity",
        by_popularity,
        lambda _: [{"days": n} for n in (14, 30, 90)],
    ),
    Method(
        "own frequency",
        by_own_frequency,
        lambda repeat: [{}] if repeat == "include" else [],
    ),
    Method("item neighbours", by_neighbours, neighbour_settings),
)


def recalls(of: Task, repeat: Repeat, places: Places, k: int) -> tuple[Marks, Numbers]:
    """Which items were hits, and the recall of each customer."""
    _, hits, n_relevant = of.of(repeat)
    found = np.take_along_axis(hits, np.maximum(places[:, :k], 0), axis=1)
    found &= places[:, :k] != NOTHING
    recall: Numbers = found.sum(axis=1) / n_relevant
    check(((recall >= 0) & (recall <= 1)).all(), "recall is not in [0, 1]")
    return found, recall


def check_places(of: Task, repeat: Repeat, places: Places) -> None:
    """Nobody gets an item twice, nor, where repeats are excluded, one bought before."""
    bought = of.bought[of.of(repeat)[0]]
    check(len(bought) == len(places), "other customers were answered")
    for row, given in enumerate(places):
        real = given[given != NOTHING]
        check(len(set(real)) == len(real), "an item is recommended twice")
        if repeat == "exclude":
            check(not bought[row, real].any(), "a past item is recommended")


def recall_of(tried: dict[str, Any]) -> float:
    return float(tried[f"recall@{MOST}"])


def chosen(method: Method, earlier: Task, repeat: Repeat) -> dict[str, Any]:
    """The setting with the highest recall at the earlier cut, and what all settings had."""
    tried = []
    for setting in method.settings(repeat):
        places = method.run(earlier, repeat, setting)
        recall = float(recalls(earlier, repeat, places, MOST)[1].mean())
        tried.append({"setting": setting, f"recall@{MOST}": recall})
    # Of equal ones the first.
    best = max(tried, key=recall_of)
    return {"method": method.name, **best, "tried": tried}


# ---- the later part ----------------------------------------------------------------------------------------------


def ceiling(of: Task, repeat: Repeat) -> Places:
    """Items that will be bought, as far as the past has them."""
    hits = of.of(repeat)[1]
    places = np.argsort(~hits, axis=1, kind="stable")[:, :MOST]
    return np.where(np.take_along_axis(hits, places, axis=1), places, NOTHING)


def check_recommended(
    of: Task, repeat: Repeat, setting: Setting, places: Places
) -> None:
    """Transactions get what the baskets of their customers got, and fewer items are the first."""
    rules = (of.past if setting["baskets"] == "invoices" else of.held).rules(
        **setting["rules"], test="none"
    )
    for k in KS:
        found = rules.recommend(of.past, k=k, repeat=repeat, **setting["ranking"])
        few = placed(of, repeat, found)[:, :k]
        check((few == places[:, :k]).all(), "recommendations differ")


def answers(of: Task, repeat: Repeat, settings: list[dict[str, Any]]) -> dict[str, Any]:
    """What each method recommends, with its chosen setting."""
    given: dict[str, Places] = {}
    for method in METHODS:
        setting = next((s for s in settings if s["method"] == method.name), None)
        if setting is None:
            continue
        places = method.run(of, repeat, setting["setting"])
        given[method.name] = places
        if method.name in RULES:
            check_recommended(of, repeat, setting["setting"], places)
            given[f"{method.name}, filled up"] = filled(of, repeat, places)
    if repeat == "include":
        first = np.arange(MOST)
        check((given["popularity"] == first).all(), "these are not the most popular")
    given["ceiling"] = ceiling(of, repeat)
    for places in given.values():
        check_places(of, repeat, places)
    return given


def results(of: Task, repeat: Repeat, given: dict[str, Places]) -> list[dict[str, Any]]:
    """Hit rate, precision and recall of each method."""
    of_each = {
        name: recalls(of, repeat, places, MOST)[1] for name, places in given.items()
    }
    real = [name for name in of_each if name != "ceiling"]
    best = max(real, key=lambda name: of_each[name].mean())
    rows = []
    for name, places in given.items():
        row: dict[str, Any] = {"method": name, "best": name == best}
        row["given"] = float((places != NOTHING).sum(axis=1).mean())
        for k in KS:
            found, recall = recalls(of, repeat, places, k)
            row[f"hit_rate@{k}"] = float(found.any(axis=1).mean())
            row[f"precision@{k}"] = float(found.sum(axis=1).mean() / k)
            row[f"recall@{k}"] = float(recall.mean())
        # Of the same customers: methods are paired.
        less = of_each[name] - of_each[best]
        row["less_than_best"] = float(less.mean())
        row["less_than_best_error"] = float(less.std(ddof=1) / np.sqrt(len(less)))
        rows.append(row)
    return rows


def show(repeat: Repeat, n: int, found: list[dict[str, Any]]) -> None:
    names = [f"{what}@{k}" for k in KS for what in ("hit_rate", "precision", "recall")]
    lines = [
        [
            row["method"],
            f"{row['given']:.1f}",
            *(f"{100 * row[name]:.2f}" for name in names),
            "best"
            if row["best"]
            else f"{100 * row['less_than_best']:+.2f} ± {100 * row['less_than_best_error']:.2f}",
        ]
        for row in found
    ]
    head = [
        "method",
        "items",
        *(name.replace("_rate", "") for name in names),
        f"recall@{MOST} to best",
    ]
    print_table(f"repeats {repeat}d, {n:,} customers, in %", head, lines)


def main() -> None:
    args = arguments(__doc__ or "", runs=1).parse_args()
    data = os.environ.get("PATRONOMY_DATA")
    if data is None:
        sys.exit("set PATRONOMY_DATA to the folder of the data sets")
    import pyarrow as pa

    table = pt.read_table(Path(data) / "retail_transactions/online_retail.parquet")
    tx = cleaned(table)
    check_past(table, tx, CUT)
    lines = pa.table(table)
    names = (lines[name].to_pylist() for name in ("InvoiceNo", "CustomerID"))
    customer_of = dict(zip(*names, strict=True))
    most = SAMPLE if args.quick else None
    earlier = task(tx.split(CUT)[0], EARLIER_CUT, customer_of, most)
    settings = {
        repeat: [
            chosen(method, earlier, repeat)
            for method in METHODS
            if method.settings(repeat)
        ]
        for repeat in get_args(Repeat)
    }
    # Only now does anybody look at what comes after the cut.
    final = task(tx, CUT, customer_of, most)
    body: dict[str, Any] = {
        "data": "online_retail",
        "cut": str(CUT),
        "earlier_cut": str(EARLIER_CUT),
        "quick": args.quick,
        "versions": versions(["patronomy", "numpy", "scipy", "pyarrow"]),
        "repeats": {},
    }
    for repeat in get_args(Repeat):
        rows = [
            [
                s["method"],
                str(len(s["tried"])),
                f"{100 * s[f'recall@{MOST}']:.2f}",
                ", ".join(f"{k} {v}" for k, v in s["setting"].items()),
            ]
            for s in settings[repeat]
        ]
        head = ["method", "tried", f"recall@{MOST}, %", "chosen"]
        n = len(earlier.of(repeat)[0])
        print_table(
            f"repeats {repeat}d: settings chosen at {EARLIER_CUT}, {n:,} customers",
            head,
            rows,
        )
    for repeat in get_args(Repeat):
        found = results(final, repeat, answers(final, repeat, settings[repeat]))
        asked, _, n_relevant = final.of(repeat)
        show(repeat, len(asked), found)
        body["repeats"][repeat] = {
            "customers": len(asked),
            "relevant_items": float(n_relevant.mean()),
            "settings": settings[repeat],
            "results": found,
        }
    write_report(args.out, "rule_backtest", body)


if __name__ == "__main__":
    main()
