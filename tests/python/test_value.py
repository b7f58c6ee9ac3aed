"""Customers valued: against models fitted by hand, published figures, other views, and every wrong question."""

import pickle
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import patronomy as pt
import polars as pl
import pytest


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.simulate.shop(n_customers=1_500, n_days=500, seed=3)


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    return pl.DataFrame(pt.simulate.Shop(n_customers=400, n_days=365, seed=5))


def test_published_parameters_from_transactions(data_dir: Path) -> None:
    # Fader, Hardie and Lee (2005) count weeks: alpha is a seventh of that of days.
    table = pl.read_parquet(data_dir / "clv_rfm" / "cdnow_sample.parquet")
    names = table.columns
    time = next(n for n in names if table[n].dtype.is_temporal())
    money = next(n for n in names if table[n].dtype.is_float())
    customer = "sample_id" if "sample_id" in names else names[0]
    bound = pt.Transactions(table, customer=customer, time=time, amount=money)
    model = bound.as_of("1997-09-30").value(273, level=None).model
    assert model.converged
    found = model.lifetime
    assert found["alpha"] / 7 == pytest.approx(4.4136, abs=0.02)
    assert (found["r"], found["a"], found["b"]) == pytest.approx(
        (0.2426, 0.793, 2.426), abs=0.01
    )


def test_it_is_the_models_one_by_one(tx: pt.Transactions) -> None:
    v = tx.value(horizon_days=90)
    d = pl.DataFrame(v)
    age = np.maximum(d["age_days"].cast(pl.Float64).to_numpy(), 0.5)
    last = (d["age_days"] - d["recency_days"]).cast(pl.Float64).to_numpy()
    law = pt.BGNBD().fit(d["frequency"], last, age)
    assert law.params_ == v.model.lifetime
    assert law.log_likelihood_ == v.model.log_likelihood
    assert np.array_equal(law.p_alive(), d["p_alive"].to_numpy())
    transactions = law.expected_transactions(90.0)
    assert np.array_equal(transactions, d["expected_transactions"].to_numpy())
    paid = d["mean_value"].to_numpy() > 0
    n = np.where(paid, d["frequency"].to_numpy() + 1.0, 0.0)
    mean = np.where(paid, d["mean_value"].to_numpy(), 0.0)
    spend = pt.GammaGamma().fit(n, mean)
    assert spend.params_ == v.model.spend
    expected = spend.expected_spend(n, mean)
    assert np.array_equal(expected, d["expected_spend"].to_numpy())
    # The two laws are fitted apart: relative distances add up by their squares.
    value = transactions * expected
    limits = law.expected_interval(90.0), spend.expected_interval(n, mean)
    for side, sign in (("low", -1.0), ("high", 1.0)):
        i = ("low", "high").index(side)
        off = np.hypot(
            np.log(limits[0][i] / transactions), np.log(limits[1][i] / expected)
        )
        found = d[f"value_{side}"].to_numpy()
        assert np.allclose(found, value * np.exp(sign * off), rtol=1e-12)
    tiers = d.group_by("tier").agg(pl.len(), pl.col("value").min()).sort("tier")
    assert tiers["tier"].to_list() == [1, 2, 3, 4]
    assert tiers["len"].max() - tiers["len"].min() <= 2  # type: ignore[operator]
    assert tiers["value"].to_list() == sorted(tiers["value"], reverse=True)


def test_days_are_counted_once(lines: pl.DataFrame) -> None:
    bound = pt.Transactions(
        lines,
        customer="customer",
        transaction="invoice",
        time="time",
        quantity="quantity",
        price="price",
        returns="keep",
    )
    found = pl.DataFrame(bound.value(30, level=None))
    bought = lines.drop_nulls("customer").filter(
        (pl.col("quantity") > 0) & (pl.col("price") > 0)
    )
    days = bought.group_by("customer").agg(
        pl.col("time").dt.date().n_unique().alias("days"),
        pl.col("time").dt.date().min().alias("first"),
        pl.col("time").dt.date().max().alias("last"),
    )
    joined = found.join(days, on="customer", how="full")
    assert joined["days"].null_count() == 0
    assert (joined["frequency"] == joined["days"] - 1).all()
    end = bought["time"].dt.date().max()
    assert isinstance(end, date)
    assert (joined["age_days"] == (end - joined["first"]).dt.total_days()).all()
    assert (joined["recency_days"] == (end - joined["last"]).dt.total_days()).all()
    money = lines.drop_nulls("customer").group_by("customer")
    money = money.agg((pl.col("quantity") * pl.col("price")).sum().alias("money"))
    sums = found.join(money, on="customer")
    total = sums["mean_value"] * (sums["frequency"] + 1)
    assert np.allclose(total, sums["money"])


def test_a_model_values_later_customers(tx: pt.Transactions, tmp_path: Path) -> None:
    v = tx.value(60, law="pareto_nbd", n_tiers=3)
    path = tmp_path / "value.json"
    v.model.save(path)
    for model in (pt.ValueModel.load(path), pickle.loads(pickle.dumps(v.model))):
        again = model.score(tx)
        assert again.to_dict() == v.to_dict()
        assert model.cuts == v.model.cuts
        assert repr(model) == repr(v.model)
    with pytest.raises(TypeError, match="must be `Transactions`"):
        v.model.score("tx")  # type: ignore[arg-type]
    with pytest.raises(pt.SavedFormatError):
        pt.RfmModel.load(path)


@pytest.mark.parametrize("law", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_threads_do_not_change_a_bit(tx: pt.Transactions, law: Any) -> None:
    found = [tx.value(30, law=law, n_draws=20, n_jobs=n).to_dict() for n in (1, 2, 7)]
    assert found[0] == found[1] == found[2]


def test_edges(lines: pl.DataFrame) -> None:
    roles: dict[str, Any] = {"customer": "c", "time": "t", "amount": "m"}
    one = pl.DataFrame({"c": [1], "t": [date(2025, 1, 1)], "m": [5.0]})
    v = pt.Transactions(one, **roles).value()
    d = v.to_dict()
    assert d["frequency"] == [0] and d["age_days"] == [0] and d["tier"] == [1]
    assert all(np.isfinite(d[n][0]) for n in ("p_alive", "value", "expected_spend"))
    assert v.notices
    # Who got all money back is not worth nothing for ever, and is counted.
    two = pl.DataFrame(
        {
            "c": [1, 2, 2, 3, 3],
            "t": [date(2025, 1, n) for n in (1, 2, 9, 3, 9)],
            "m": [5.0, 7.0, -7.0, 4.0, 4.5],
        }
    )
    kept = pt.Transactions(two, **roles, returns="keep").value(30)
    assert any("paid nothing on balance" in n for n in kept.notices)
    none = two.filter(pl.col("m") < 0)
    with pytest.raises(pt.TooFewRowsError):
        pt.Transactions(none, **roles).value()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"horizon_days": 0}, "`horizon_days`"),
        ({"horizon_days": 1.5}, "`horizon_days`"),
        ({"law": "bg_bb"}, "`law`"),
        ({"n_tiers": 0}, "`n_tiers`"),
        ({"level": 1.0}, "`level`"),
        ({"level": float("nan")}, "`level`"),
        ({"n_draws": 1}, "`n_draws`"),
        ({"n_jobs": "all"}, "`n_jobs`"),
    ],
)
def test_bad_parameters_are_named(
    tx: pt.Transactions, arguments: Any, words: str
) -> None:
    with pytest.raises((pt.ParameterError, TypeError), match=words):
        tx.value(**arguments)
