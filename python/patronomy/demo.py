"""Checks, RFM, segments, value, item sets and rules on real data: ``python -m patronomy.demo --out out``."""

import argparse
import csv
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import patronomy as pt

_CUT = "2011-09-10"
_WINDOW_DAYS = 90


def main(argv: list[str] | None = None) -> int:
    """Run the job, print what it finds, and write tables and pictures."""
    parser = argparse.ArgumentParser(prog="python -m patronomy.demo")
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="FOLDER")
    out: Path = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)

    tx, cut = _transactions()
    print(tx)
    quality = tx.quality
    print(f"\n{quality}")
    result = tx.rfm()
    _print_counts("RFM", result.counts)
    print(f"{len(result):,} customers, recency counted to {result.reference}")
    for notice in result.notices:
        print(f"notice: {notice}")
    clean = tx.without("duplicate", "test_row", "adjustment_row")
    _print_counts("RFM without duplicates, tests, adjustments", clean.rfm().counts)
    print("\nSegments of all customers")
    print(result.segments())

    moves = _moves(tx, cut)
    segments = _segments(clean)
    value, classes, kinds = _value(clean, cut)
    sets = _itemsets(clean)
    rules, evaluation = _rules(clean, cut)
    result.write(out / "rfm.parquet")
    _write_csv(quality.findings, out / "findings.csv")
    _write_csv(result.segments(), out / "segments.csv")
    _write_csv(moves, out / "moves.csv")
    _write_csv(segments, out / "customer_segments.csv")
    segments.model.save(out / "customer_segments.json")
    _write_csv(value, out / "customer_value.csv")
    value.model.save(out / "customer_value.json")
    _write_csv(classes, out / "customer_classes.csv")
    _write_csv(kinds, out / "customer_kinds.csv")
    rules.save(out / "rules.json")
    _write_csv(evaluation, out / "rules_later.csv")
    written = [
        "rfm.parquet",
        "findings.csv",
        "segments.csv",
        "moves.csv",
        "customer_segments.csv",
        "customer_segments.json",
        "customer_value.csv",
        "customer_value.json",
        "customer_classes.csv",
        "customer_kinds.csv",
        "rules.json",
        "rules_later.csv",
        *_pictures(quality, result, moves, segments, sets, out),
    ]
    print(f"\nWritten to {out}/: {', '.join(written)}")
    return 0


def _transactions() -> tuple[pt.Transactions, str]:
    """Return Online Retail, or a generated shop where it cannot be had, and a cut."""
    try:
        path = pt.datasets.online_retail()
    except pt.DatasetUnavailable as error:
        print(f"{error}.\n\nSo this is a GENERATED shop, not real data.\n")
        tx = pt.simulate.shop(n_customers=2000, n_days=730, seed=0)
        end = tx.rfm(segments=None).reference
        return tx, (end - timedelta(days=_WINDOW_DAYS)).date().isoformat()
    print("UCI Online Retail (Chen 2015, DOI 10.24432/C5BW33, CC BY 4.0)\n")
    # All columns: what makes two lines equal is in all of them.
    table = pt.read_table(path)
    return pt.Transactions(table, **pt.datasets.ONLINE_RETAIL_ROLES), _CUT


def _print_counts(job: str, counts: dict[str, Any]) -> None:
    """Say which rows a job used, and what it left out and why."""
    used = f"{counts['rows_used']:,} of {counts['rows_in']:,} rows used"
    print(f"\n{job}: {used}; left out:")
    for reason, n in counts["left_out"].items():
        print(f"  {reason:<20} {n:>9,}")
    for check, n in counts.get("flagged", {}).items():
        print(f"    {check:<18} {n:>9,}")


def _moves(tx: pt.Transactions, cut: str) -> pt.Moves:
    """Compare the same length of time before and after the cut, with one set of cuts."""
    past, later = tx.split(cut)
    earlier = past.rfm(period_days=_WINDOW_DAYS)
    moves = later.rfm(period_days=_WINDOW_DAYS, breaks=earlier.breaks).moves(earlier)
    print(
        f"\nMoves from the {_WINDOW_DAYS} days before {cut} to the last "
        f"{_WINDOW_DAYS}, both with the cut points of the first"
    )
    print(moves)
    return moves


def _segments(tx: pt.Transactions) -> pt.Segments:
    """Find segments of customers, and say what is special in each."""
    features = tx.features(["rfm", "behaviour"])
    segments = features.segment()
    print(f"\nSegments of {len(features):,} customers by {', '.join(features.names)}")
    print(f"why {len(segments.model.names)}: {segments.reason}")
    for notice in [*features.notices, *segments.notices]:
        print(f"notice: {notice}")
    told = segments.profile().to_dict()
    for name, n, traits in zip(
        told["segment_name"], told["n_customers"], told["traits"], strict=True
    ):
        print(f"  {name}, {n:,} customers: {traits}")
    rules = segments.explain()
    print(
        f"Rules put {rules.fidelity:.0%} of {rules.n_held_out:,} other customers in "
        f"their segment (the largest segment alone: {rules.baseline:.0%})"
    )
    columns = rules.to_dict()
    for name, rule in zip(columns["segment_name"], columns["rule"], strict=True):
        print(f"  {name} if {rule}")
    return segments


def _value(
    tx: pt.Transactions, cut: str
) -> tuple[pt.CustomerValue, pt.Retention, pt.CustomerKinds]:
    """Value customers as of the cut, test that on what they bought later, and value them now."""
    past, later = tx.split(cut)
    then = past.value(_WINDOW_DAYS)
    _print_evaluation(then.evaluate(later))
    moved = tx.value(_WINDOW_DAYS).equity_change(then)
    print(
        f"Equity, what all are worth within {_WINDOW_DAYS} days: {moved.opening:,.0f} "
        f"at {then.reference}, {moved.closing:,.0f} now"
    )
    print(moved)
    value = tx.value(365)
    print(f"{value.model!r}")
    for notice in value.notices:
        print(f"notice: {notice}")
    now = value.to_dict()
    best = sorted(range(len(value)), key=lambda i: -now["value"][i])[:5]
    print("The most valuable of the coming year")
    for i in best:
        print(
            f"  {now['customer'][i]}: {now['value'][i]:,.0f} "
            f"({now['value_low'][i]:,.0f} to {now['value_high'][i]:,.0f}), still a customer "
            f"with {now['p_alive'][i]:.0%}"
        )
    classes = value.retention()
    kinds = tx.kinds()
    for what, told in (("class", classes), ("kind", kinds)):
        counted = ", ".join(f"{k} {n:,}" for k, n in told.n_customers.items() if n)
        print(f"Customers by {what}: {counted}")
        for notice in told.notices:
            print(f"notice: {notice}")
    _print_lost(kinds, value)
    return value, classes, kinds


def _print_evaluation(told: pt.ValueEvaluation) -> None:
    first, last = told.period
    print(f"\nValue of {told.n_customers:,} customers held to {first} to {last}")
    for name, errors in (
        ("expected", told.expected),
        ("the last period repeats", told.repeated),
    ):
        print(
            f"  {name}: {errors['total']:,.0f} of {told.actual:,.0f} spent; off by "
            f"{errors['mean_absolute']:,.0f} a customer on average; the tenth put first "
            f"spent {errors['top_tenth']:.0%} of all"
        )
    mean, low, high = told.gain
    print(f"  nearer by {mean:,.0f} a customer ({low:,.0f} to {high:,.0f})")
    print(told)


def _print_lost(kinds: pt.CustomerKinds, value: pt.CustomerValue) -> None:
    """Print what the largest of the lost did last."""
    told, worth = kinds.to_dict(), value.to_dict()
    spent = {
        c: m * (n + 1)
        for c, m, n in zip(
            worth["customer"], worth["mean_value"], worth["frequency"], strict=True
        )
    }
    lost = [i for i, kind in enumerate(told["kind"]) if kind == "lost"]
    lost.sort(key=lambda i: -spent.get(told["customer"][i], 0.0))
    print("The largest of the lost")
    for i in lost[:5]:
        customer = told["customer"][i]
        print(f"  {customer}, {spent[customer]:,.0f} so far: {told['reason'][i]}")


def _itemsets(tx: pt.Transactions) -> pt.Itemsets:
    """Find what is bought together, whoever bought it."""
    baskets = tx.baskets()
    _print_counts("Baskets without duplicates, tests, adjustments", baskets.counts)
    sets = baskets.itemsets(min_support=0.005, target="closed")
    print(
        f"\nBought together: the strongest of {sets.n_itemsets:,} closed item sets "
        f"in {sets.min_support_count:,} or more of {len(baskets):,} baskets"
    )
    print(sets.strongest(10, min_len=2))
    return sets


def _rules(tx: pt.Transactions, cut: str) -> tuple[pt.Rules, pt.RuleEvaluation]:
    """Find rules before the cut, say what customers are missing, and look after it."""
    past, later = tx.split(cut)
    found = past.rules(min_support=0.005, min_confidence=0.3)
    rules = found.significant(0.05).sort_by("lift")
    print(
        f"\nRules of the time before {cut}: {len(rules):,} of {len(found):,} are beyond "
        "chance, given how large baskets are; those of the highest lift"
    )
    for line in rules.in_words(10):
        print(f"  {line}")
    missing = rules.missing_items(past)
    print(f"\nWho lacks what: {len(missing):,} missing items; the surest of them")
    print(missing)
    evaluation = rules.evaluate(later)
    print(f"\nThe same rules from {cut} on")
    print(evaluation)
    return rules, evaluation


def _write_csv(table: pt.ArrowTable, path: Path) -> None:
    columns = table.to_dict()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _pictures(
    quality: pt.Quality,
    result: pt.Rfm,
    moves: pt.Moves,
    segments: pt.Segments,
    sets: pt.Itemsets,
    out: Path,
) -> list[str]:
    """Draw the pictures to files, and return their names."""
    try:
        import matplotlib
    except ImportError:
        print("\nNo pictures: matplotlib is not installed (`patronomy[plot]`)")
        return []
    matplotlib.use("Agg")
    drawn = {
        "quality.png": quality.plot(),
        "cells_customers.png": result.plot(),
        "cells_money.png": result.plot("monetary_sum"),
        "segments.png": result.plot_segments(),
        "moves.png": moves.plot(),
        "customer_segments.png": segments.plot(),
        "customer_segments_choice.png": segments.plot("choice"),
        "customer_segments_projection.png": segments.plot("projection"),
        "itemsets.png": sets.plot(min_len=2),
    }
    for name, ax in drawn.items():
        ax.get_figure(root=True).savefig(out / name, dpi=150)  # type: ignore[union-attr]
    return list(drawn)


if __name__ == "__main__":
    sys.exit(main())
