"""Profit, kinds, equity, evaluation and retention: against ledgers of real shops, polars, and every wrong question."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import patronomy as pt
import polars as pl
import pytest


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.simulate.shop(n_customers=600, n_days=730, seed=3)


@pytest.fixture(scope="module")
def foodmart(data_dir: Path) -> pl.DataFrame:
    folder = data_dir / "warehouse" / "foodmart"
    days = pl.read_parquet(folder / "time_by_day.parquet")
    sales = pl.read_parquet(folder / "sales_fact_1997.parquet")
    return sales.join(days.select("time_id", "the_date"), on="time_id").with_columns(
        order=pl.format("{}-{}", "customer_id", "time_id"),
        store=pl.col("store_id").cast(pl.String),
    )


def ledger_of(lines: pl.DataFrame, **more: Any) -> pt.Transactions:
    return pt.Transactions(
        lines,
        customer="customer_id",
        transaction="order",
        time="the_date",
        amount="store_sales",
        cost="store_cost",
        channel="store",
        **more,
    )


def test_foodmart_to_the_cent(foodmart: pl.DataFrame) -> None:
    # Store sales and store cost of 1997 as the Mondrian documentation prints them.
    ledger = ledger_of(foodmart).profit()
    totals = ledger.totals
    assert (totals["revenue"], round(totals["cost"], 2)) == (565_238.13, 225_627.23)
    money = (pl.col("store_sales", "store_cost") * 10_000).round().cast(pl.Int64)
    expected = (
        foodmart.with_columns(money)
        .group_by(customer="customer_id")
        .agg(pl.col("store_sales", "store_cost").sum(), n=pl.col("order").n_unique())
        .sort("customer")
    )
    found = ledger.to_polars()
    assert found["customer"].to_list() == expected["customer"].to_list()
    assert found["n_orders"].to_list() == expected["n"].to_list()
    gained = expected["store_sales"] - expected["store_cost"]
    assert found["profit"].to_list() == [g / 10_000 for g in gained]
    assert ledger.notices == []
    orders = ledger.orders.to_polars()
    assert len(orders) == foodmart["order"].n_unique()
    assert orders["profit"].sum() == pytest.approx(totals["profit"], abs=1e-6)
    assert ledger.reference == "1997-12-30"


def test_costs_to_serve_by_channel(foodmart: pl.DataFrame) -> None:
    lines = ledger_of(foodmart)
    costs = dict.fromkeys(map(str, foodmart["store_id"].unique()), 0.25)
    ledger = lines.profit(order_costs=costs)
    totals = ledger.totals
    assert totals["service"] == 0.25 * totals["n_orders"]
    with pytest.raises(pt.ParameterError, match="must name channels that there are"):
        lines.profit(order_costs={"999": 1.0})
    costs.pop("2")
    assert "2 (" in lines.profit(order_costs=costs).notices[0]


def test_online_retail_line_by_line(data_dir: Path) -> None:
    path = data_dir / "retail_transactions" / "online_retail.parquet"
    lines = pl.read_parquet(path)
    tx = pt.Transactions(lines, **pt.datasets.ONLINE_RETAIL_ROLES)
    ledger = tx.profit()
    money = (pl.col("UnitPrice") * 1_000).round().cast(pl.Int64) * pl.col("Quantity")
    used = lines.drop_nulls("CustomerID").with_columns(money=money)
    expected = used.group_by(customer="CustomerID").agg(pl.col("money").sum())
    found = ledger.to_polars()
    both = found.join(
        expected.with_columns(pl.col("customer").cast(pl.Int64)), "customer"
    )
    assert len(both) == len(found) == 4_372
    assert both.filter(
        (pl.col("net_revenue") * 1_000).round().cast(pl.Int64) != pl.col("money")
    ).is_empty()
    back = used.filter(pl.col("Quantity") < 0)["money"].sum()
    assert ledger.totals["returns"] == -back / 1_000
    # No costs are known, and none are guessed.
    assert ledger.totals["profit"] is None
    assert found["profit"].null_count() == len(found)
    assert ledger.notices == [
        (
            "the cost of goods is not known: there is no profit, only net revenue; name role "
            "`cost`, or assume a cost share"
        )
    ]


def test_contacts(foodmart: pl.DataFrame) -> None:
    lines = ledger_of(foodmart)
    calls = pl.DataFrame(
        {
            "who": [3, 3, 999_999, 5],
            "at": [date(1997, 5, 1), date(1997, 6, 1), date(1997, 7, 1), None],
            "how": ["phone", "mail", "phone", "mail"],
        }
    )
    contacts = pt.Transactions(calls, customer="who", time="at", channel="how")
    ledger = lines.profit(contacts=contacts, contact_costs={"phone": 4.0, "mail": 0.5})
    d = ledger.to_polars().filter(pl.col("n_contacts") > 0)
    assert d.select("customer", "n_contacts", "service").rows() == [
        (3, 2, 4.5),
        (999_999, 1, 4.0),
    ]
    assert d["profit"][1] == -4.0
    early = lines.as_of("1997-05-15").profit(
        contacts=contacts, contact_costs={"phone": 4.0, "mail": 0.5}
    )
    assert early.totals["service"] == 4.0
    kinds = lines.kinds(contacts=contacts)
    assert kinds.n_customers["prospect"] == 1
    told = kinds.to_polars().filter(pl.col("kind") == "prospect")
    assert told["reason"][0] == "has not bought; last contact on 1997-07-01"


def test_value_of_profit(foodmart: pl.DataFrame) -> None:
    # Half a year of FoodMart tells what comes; its cost share is about .4 for everybody.
    lines = ledger_of(foodmart)
    past, later = lines.split("1997-10-02")
    ledger = past.profit()
    v = past.value(90, profit=ledger, level=None)
    margin = v.model.margin
    assert margin is not None and margin["collective"] == pytest.approx(0.6, abs=0.01)
    d = v.to_polars()
    product = d["expected_transactions"] * d["expected_spend"] * d["expected_margin"]
    assert d["value"].to_list() == pytest.approx(product.to_list())
    told = v.evaluate(later)
    assert told.period == ("1997-10-02", "1997-12-30")
    assert told.expected["total"] == pytest.approx(told.actual, rel=0.5)
    assert told.expected["mean_absolute"] < told.repeated["mean_absolute"]  # type: ignore[operator]
    assert told.gain[1] > 0
    again = pickled(v.model).score(past, profit=ledger)
    assert again.to_polars()["value"].to_list() == pytest.approx(d["value"].to_list())


def pickled(model: pt.ValueModel) -> pt.ValueModel:
    import pickle

    found = pickle.loads(pickle.dumps(model))
    assert isinstance(found, pt.ValueModel)
    return found


def test_kinds_are_told_by_the_clock(tx: pt.Transactions) -> None:
    kinds = tx.kinds()
    d = kinds.to_polars()
    assert d.group_by("kind").len().sort("kind").rows() == sorted(
        (k, n) for k, n in kinds.n_customers.items() if n
    )
    gap = pl.max_horizontal(pl.col("usual_gap_days"), 7.0)
    again = d.with_columns(
        again=pl.when(pl.col("age_days") <= 60)
        .then(pl.lit("new"))
        .when(pl.col("n_purchase_days") == 1)
        .then(pl.lit("one_time"))
        .when(pl.col("recency_days") > 4 * gap)
        .then(pl.lit("lost"))
        .when(pl.col("recency_days") > 2 * gap)
        .then(pl.lit("lapsing"))
        .otherwise(pl.lit("active"))
    )
    assert again.filter(pl.col("kind").cast(pl.String) != pl.col("again")).is_empty()
    own = (pl.col("age_days") - pl.col("recency_days")) / (
        pl.col("n_purchase_days") - 1
    )
    rhythm = d.filter(pl.col("rhythm") == "own")
    assert rhythm["usual_gap_days"].to_list() == pytest.approx(
        rhythm.select(own).to_series().to_list()
    )
    assert set(d["kind"].unique()) >= {"active", "lapsing", "lost", "one_time"}
    # Whoever is lost at a clock bought last where later rows do not exist.
    then = tx.as_of("2025-03-31").kinds()
    assert then.reference == "2025-03-31"
    assert max(then.to_polars()["last_order"]) < datetime(2025, 4, 1)


def test_equity_adds_up(tx: pt.Transactions) -> None:
    then, now = (tx.as_of(day).value(90) for day in ("2024-10-01", "2025-03-31"))
    moved = now.equity_change(then)
    d = moved.to_dict()
    assert d["movement"] == ["new", "lost", "grown", "shrunk", "unchanged"]
    assert moved.opening == pytest.approx(sum(then.to_dict()["value"]), abs=0.1)
    assert moved.closing == now.equity
    sums = [round(10_000 * x) for x in [moved.opening, *d["change"], -moved.closing]]
    assert sum(sums) == 0
    assert sum(d["n_customers"]) == len(now)
    with pytest.raises(pt.FeatureMismatchError, match="90 days"):
        tx.value(30).equity_change(then)
    with pytest.raises(TypeError, match="must be a `CustomerValue`"):
        now.equity_change(then.to_polars())  # type: ignore[arg-type]


def test_retention_classes(tx: pt.Transactions) -> None:
    v = tx.value(90)
    classes = v.retention()
    d = classes.to_polars()
    chances = d.select("p_little_value", "p_settled", "p_shopping_around")
    assert chances.sum_horizontal().to_list() == pytest.approx([1.0] * len(d))
    assert sum(classes.n_customers.values()) == len(d)
    best = v.to_polars().sort("value", descending=True)
    share = best["value"].cum_sum() / best["value"].sum()
    assert classes.min_value == best["value"][(share < 0.8).sum()]
    assert "only the hazard of leaving" in classes.notices[0]
    again = v.retention(n_jobs=2).to_polars()
    assert again.equals(v.retention(n_jobs=1).to_polars())
    assert not again.equals(v.retention(random_state=1).to_polars())


def test_wrong_questions(tx: pt.Transactions, foodmart: pl.DataFrame) -> None:
    v = tx.value(90, level=None)
    lines = ledger_of(foodmart)
    for call, error, match in [
        (lambda: tx.profit(order_costs=3), TypeError, "must map channels to money"),
        (lambda: tx.profit(contacts=foodmart), TypeError, "must be `Transactions`"),
        (lambda: tx.profit(assumed_cost_share=60), pt.ParameterError, r"in \[0, 1\]"),
        (lambda: tx.profit(contact_costs={"a": 1}), pt.ParameterError, "`contacts`"),
        (lambda: tx.kinds(lost_gaps=1.0), pt.ParameterError, "lapsing_gaps"),
        (lambda: tx.kinds(new_days=-1), pt.ParameterError, "new_days"),
        (
            lambda: tx.value(90, discount_rate=float("nan")),
            pt.ParameterError,
            "discount",
        ),
        (lambda: tx.value(90, profit=v), TypeError, "must be a `Profit`"),
        (
            lambda: tx.value(90, profit=tx.profit()),
            pt.TooFewRowsError,
            "profit is known",
        ),
        (
            lambda: tx.value(90, profit=lines.profit()),
            pt.FeatureMismatchError,
            "reaches",
        ),
        (lambda: v.evaluate(tx), pt.ParameterError, "observed whole"),
        (lambda: v.evaluate(foodmart), TypeError, "must be `Transactions`"),
        (lambda: v.retention(value_share=0.0), pt.ParameterError, "value_share"),
        (lambda: v.retention(n_draws=5), pt.ParameterError, "n_draws"),
        (lambda: v.retention(profit=lines.profit()), pt.FeatureMismatchError, "ledger"),
        (
            lambda: v.model.score(tx, profit=tx.profit()),
            pt.ParameterError,
            "without one",
        ),
        (lambda: pt.Profit(), TypeError, "no public constructor"),
    ]:
        with pytest.raises(error, match=match):
            call()


def test_mixed_currencies_are_refused(foodmart: pl.DataFrame) -> None:
    mixed = foodmart.head(1_000).with_columns(
        currency=pl.when(pl.int_range(pl.len()) == 7)
        .then(pl.lit("CAD"))
        .otherwise(pl.lit("USD"))
    )
    lines = ledger_of(mixed, currency="currency")
    for call in (lines.profit, lines.value):
        with pytest.raises(pt.BadValuesError, match="another currency than most rows"):
            call()
    assert lines.without("currency_mixed").profit().totals["n_lines"] == 999


def test_cost_and_discount_are_columns_of_money(foodmart: pl.DataFrame) -> None:
    lines = foodmart.head(100).with_columns(off=pl.lit(0.5))
    told = ledger_of(lines, discount="off").profit().to_polars()
    plain = ledger_of(lines).profit().to_polars()
    assert (plain["profit"] - told["profit"]).to_list() == pytest.approx(
        (0.5 * told["n_lines"]).to_list()
    )
    assert told["n_discounted_orders"].to_list() == told["n_orders"].to_list()
    with pytest.raises(pt.ColumnTypeError, match="role `cost`"):
        ledger_of(lines.with_columns(store_cost=pl.lit("x")))
    with pytest.raises(pt.BadValuesError, match="`off`"):
        ledger_of(lines.with_columns(off=pl.lit(float("inf"))), discount="off").profit()
