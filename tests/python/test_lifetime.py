"""Lifetime models: published parameters and predictions, and every way to ask wrongly."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pytest


@pytest.fixture(scope="module")
def clv(data_dir: Path) -> Path:
    return data_dir / "clv_rfm"


@pytest.fixture(scope="module")
def truth(clv: Path) -> Any:
    return json.loads((clv / "ground_truth_clv.json").read_text())["cdnow_sample_39w"]


@pytest.fixture(scope="module")
def cdnow(clv: Path) -> pl.DataFrame:
    return pl.read_parquet(clv / "cdnow_summary_39w.parquet")


LAWS = {"BG/NBD": pt.BGNBD, "Pareto/NBD": pt.ParetoNBD, "MBG/NBD": pt.MBGNBD}


@pytest.mark.parametrize("name", LAWS)
def test_published_parameters(name: str, truth: Any, cdnow: pl.DataFrame) -> None:
    model = LAWS[name]().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    assert model.converged_
    assert model.notices_ == []
    for parameter, value in truth[name]["recomputed_lifetimes"].items():
        assert getattr(model, f"{parameter}_") == pytest.approx(value, abs=5e-3)
    if "LL" in truth[name]["published"]:
        expected = truth[name]["published"]["LL"]
        assert model.log_likelihood_ == pytest.approx(expected, abs=0.06)
    published = truth["customer_1516"].get(name)
    if published:
        one = ([26], [30.85714], [31.0])
        assert model.p_alive(*one)[0] == pytest.approx(published["p_alive"], abs=2e-5)
        found = model.expected_transactions(52, *one)[0]
        assert found == pytest.approx(published["cond_expected_tx"], abs=2e-3)
        new = truth["unconditional_expectation_t52"][name]
        assert model.expected_of_new(52) == pytest.approx(new, abs=3e-5)


def test_published_hold_out(truth: Any, cdnow: pl.DataFrame) -> None:
    table = truth["holdout_by_calibration_frequency_39w"]
    model = pt.BGNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    found = model.holdout(np.zeros(len(cdnow)), 39.0)
    assert [b["n_customers"] for b in found.bins] == table["n"]
    expected = [b["expected_mean"] for b in found.bins]
    assert expected == pytest.approx(table["BG/NBD_expected"], abs=2e-3)
    assert [b["is_open"] for b in found.bins] == [False] * 7 + [True]


def test_published_spend(truth: Any, clv: Path) -> None:
    data = pl.read_parquet(clv / "cdnow_summary_39w_monetary.parquet")
    data = data.filter(pl.col("frequency") > 0)
    model = pt.GammaGamma().fit(data["frequency"], data["monetary_value"])
    found = truth["Gamma-Gamma"]["recomputed_lifetimes"]
    assert (model.p_, model.q_, model.v_) == pytest.approx(
        (found["p"], found["q"], found["v"]), abs=2e-3
    )
    assert model.population_mean_ == pytest.approx(model.p_ * model.v_ / (model.q_ - 1))
    expected = model.expected_spend(data["frequency"], data["monetary_value"])
    own = data["monetary_value"].to_numpy()
    between = np.sort(
        np.array([own, np.full(len(own), model.population_mean_)]), axis=0
    )
    assert np.all((between[0] - 1e-9 <= expected) & (expected <= between[1] + 1e-9))


def test_published_opportunities(clv: Path) -> None:
    truth = json.loads((clv / "ground_truth_clv.json").read_text())["donations"]
    data = pl.read_parquet(clv / "donations_summary.parquet")
    columns = (data["frequency"], data["recency"], data["periods"])
    model = pt.BGBB().fit(*columns, weights=data["weights"])
    published = truth["BG/BB"]["recomputed_lifetimes"]
    assert {k: round(v, 4) for k, v in model.params_.items()} == pytest.approx(
        published, abs=1e-3
    )
    assert model.log_likelihood_ == pytest.approx(
        truth["BG/BB"]["published"]["LL"], abs=0.1
    )
    assert model.p_alive([0], [0], [6])[0] == pytest.approx(0.11, abs=5e-3)
    assert model.expected_of_new(10) == pytest.approx(truth["expected_n10"], abs=1e-3)


def test_published_contracts() -> None:
    # Fader and Hardie (2007), high-end customers: alpha .668, beta 3.806 of seven years.
    retained = [1000, 869, 743, 653, 593, 551, 517, 491]
    model = pt.ShiftedBetaGeometric().fit_retained(retained)
    assert (model.alpha_, model.beta_) == pytest.approx((0.668, 3.806), abs=2e-3)
    periods = [t for t in range(1, 8) for _ in range(retained[t - 1] - retained[t])]
    left = [True] * len(periods) + [False] * 491
    single = pt.ShiftedBetaGeometric().fit(periods + [7] * 491, left)
    assert single.params_ == pytest.approx(model.params_, rel=1e-6)
    assert model.retention(3)[1] < model.retention(3)[2]
    assert model.survival(3)[0] == 1.0
    now = model.discounted_renewals([0, 5], 0.1)
    assert now[1] > now[0] > 0.0


def test_every_kind_of_column_is_read(cdnow: pl.DataFrame) -> None:
    few = cdnow.head(300)
    names = ("frequency", "recency", "T")
    wanted = pt.BGNBD().fit(*(few[n] for n in names)).params_
    frame = few.to_pandas()
    for columns in (
        [frame[n] for n in names],
        [few[n].to_numpy() for n in names],
        [few[n].to_list() for n in names],
        [few[n].to_arrow() for n in names],
    ):
        assert pt.BGNBD().fit(*columns).params_ == wanted


def test_threads_do_not_change_a_bit(cdnow: pl.DataFrame) -> None:
    columns = (cdnow["frequency"], cdnow["recency"], cdnow["T"])
    found = [pt.ParetoNBD(n_jobs=n).fit(*columns) for n in (1, 2, 7)]
    assert found[0].params_ == found[1].params_ == found[2].params_
    expected = [m.expected_transactions(26.0) for m in found]
    assert np.array_equal(expected[0], expected[1])
    assert np.array_equal(expected[0], expected[2])


def test_intervals_hold_what_is_expected(cdnow: pl.DataFrame) -> None:
    model = pt.BGNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    expected = model.expected_transactions(39.0)
    low, high = model.expected_interval(39.0)
    assert np.mean((low <= expected) & (expected <= high)) > 0.99
    wide = model.expected_interval(39.0, level=0.99)
    assert np.mean(wide[1] - wide[0]) > np.mean(high - low)
    again = model.expected_interval(39.0)
    assert np.array_equal(low, again[0])
    few = (cdnow["frequency"][:5], cdnow["recency"][:5], cdnow["T"][:5])
    booted = model.expected_interval(39.0, *few, n_draws=20)
    assert len(booted[0]) == 5


def test_chances_of_counts_add_up(cdnow: pl.DataFrame) -> None:
    for law in LAWS.values():
        model = law().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
        few = (cdnow["frequency"][:9], cdnow["recency"][:9], cdnow["T"][:9])
        chances = model.count_probabilities(13.0, 200, *few)
        assert chances.shape == (9, 201)
        assert np.allclose(chances.sum(axis=1), 1.0)
        means = chances @ np.arange(201)
        assert np.allclose(means, model.expected_transactions(13.0, *few), rtol=1e-6)
        new = model.count_probabilities_of_new(13.0, 200)
        assert new @ np.arange(201) == pytest.approx(model.expected_of_new(13.0))
        total = model.log_likelihoods().sum()
        assert total == pytest.approx(model.log_likelihood_)


def test_discounting_is_less_than_all_that_comes(cdnow: pl.DataFrame) -> None:
    few = (cdnow["frequency"][:9], cdnow["recency"][:9], cdnow["T"][:9])
    for law in LAWS.values():
        model = law().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
        rates = [model.discounted_transactions(r, *few) for r in (0.001, 0.01, 0.1)]
        assert np.all(rates[0] > rates[1])
        assert np.all(rates[1] > rates[2])
        # What comes within a year is worth at least what the year's end would make of it.
        assert np.all(
            rates[1] > model.expected_transactions(52.0, *few) * np.exp(-0.52)
        )
        assert model.discounted_of_new(0.01) > 0.0


def test_covariates_are_found_again() -> None:
    random = np.random.default_rng(0)
    n = 4_000
    is_web = random.integers(0, 2, n).astype(float)
    T = random.uniform(30, 60, n)
    rate = random.gamma(1.5, 1 / 12.0, n) * np.exp(0.7 * is_web)
    leaves = random.beta(1.0, 3.0, n)
    x, last = np.zeros(n), np.zeros(n)
    for i in range(n):
        t = random.exponential(1 / rate[i])
        while t < T[i]:
            x[i], last[i] = x[i] + 1, t
            if random.random() < leaves[i]:
                break
            t += random.exponential(1 / rate[i])
    plain = pt.BGNBD().fit(x, last, T)
    table = pd.DataFrame({"is_web": is_web})
    model = pt.BGNBD(rate_covariates=["is_web"]).fit(x, last, T, covariates=table)
    effect, error = (
        model.params_["alpha.is_web"],
        model.standard_errors_["alpha.is_web"],
    )
    assert error is not None
    assert abs(effect - 0.7) < 4 * error < 0.4
    test = plain.likelihood_ratio(model)
    assert test.df == 1
    assert test.p_value < 1e-6
    assert model.expected_of_new(52, [1.0]) > 1.5 * model.expected_of_new(52, [0.0])
    with pytest.raises(pt.ColumnNotFoundError, match="is_web"):
        pt.BGNBD(rate_covariates=["is_web"]).fit(x, last, T)
    # Columns that the law does not name change nothing; without any name they are a mistake.
    more = {"is_web": is_web, "row": np.arange(n, dtype=float)}
    again = pt.BGNBD(rate_covariates=["is_web"]).fit(x, last, T, covariates=more)
    assert again.params_ == model.params_
    for law in (pt.BGNBD(), pt.MBGNBD()):
        with pytest.raises(pt.ParameterError, match="depends on none"):
            law.fit(x, last, T, covariates=table)


def test_regular_buyers_are_seen() -> None:
    random = np.random.default_rng(1)
    n, T = 1_500, 52.0
    x, last, logs = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        rate, leaves = random.gamma(2.0, 0.1), random.beta(1.0, 6.0)
        t = random.gamma(3, 1 / (3 * rate))
        before = 0.0
        while t < T:
            logs[i] += np.log(t - before)
            x[i], last[i], before = x[i] + 1, t, t
            if random.random() < leaves:
                break
            t += random.gamma(3, 1 / (3 * rate))
    model = pt.BGCNBD().fit(x, last, np.full(n, T), log_intervals=logs)
    assert model.k_ == 3
    assert max(model.tried_, key=model.tried_.__getitem__) == 3
    assert 1 in model.tried_


def test_models_travel(tmp_path: Path, cdnow: pl.DataFrame) -> None:
    columns = (cdnow["frequency"], cdnow["recency"], cdnow["T"])
    models: list[Any] = [
        pt.BGNBD(penalty=0.001).fit(*columns),
        pt.BGCNBD(k=2, may_leave_at_once=True).fit(
            *columns, log_intervals=cdnow["recency"] * 0
        ),
        pt.GammaGamma(max_iter=90).fit([1, 2, 3, 1, 2] * 9, np.linspace(5, 30, 45)),
        pt.ShiftedBetaGeometric(tol=1e-8).fit_retained([100, 80, 70, 65]),
    ]
    for number, model in enumerate(models):
        path = tmp_path / f"{number}.json"
        model.save(path)
        loaded = type(model).load(path)
        pickled = pickle.loads(pickle.dumps(model))
        for other in (loaded, pickled):
            assert other.params_ == model.params_
            assert repr(other) == repr(model)
            assert other.log_likelihood_ == model.log_likelihood_
    with pytest.raises(pt.ParameterError, match="no customers of its own"):
        pickle.loads(pickle.dumps(models[0])).p_alive()
    with pytest.raises(pt.SavedFormatError, match="holds the law `bg_nbd`"):
        pt.ParetoNBD.load(tmp_path / "0.json")
    with pytest.raises(pt.SavedFormatError):
        pt.GammaGamma.load(tmp_path / "0.json")


GOOD: tuple[list[float], ...] = ([2, 0, 1], [30.0, 0.0, 5.0], [38.0, 38.0, 30.0])


@pytest.mark.parametrize(
    ("columns", "error", "words"),
    [
        (([2, 0, 1], [0.0, 0.0, 5.0], GOOD[2]), pt.BadValuesError, "recency"),
        (([2, 0, 1], [39.0, 0.0, 5.0], GOOD[2]), pt.BadValuesError, "age"),
        ((GOOD[0], GOOD[1], [38.0, 0.0, 30.0]), pt.BadValuesError, "age"),
        (([2.5, 0, 1], GOOD[1], GOOD[2]), pt.BadValuesError, "frequency"),
        (([-1, 0, 1], GOOD[1], GOOD[2]), pt.BadValuesError, "frequency"),
        ((GOOD[0], [np.nan, 0.0, 5.0], GOOD[2]), pt.BadValuesError, "recency"),
        ((GOOD[0], GOOD[1], [np.inf, 38.0, 30.0]), pt.BadValuesError, "age"),
        ((GOOD[0][:2], GOOD[1], GOOD[2]), pt.ParameterError, "frequency|recency"),
        (([], [], []), pt.TooFewRowsError, "customer"),
        (("frequency", GOOD[1], GOOD[2]), pt.ParameterError, "got a text"),
        ((["a", "b", "c"], GOOD[1], GOOD[2]), pt.ParameterError, "`frequency`"),
        (([[2], [0], [1]], GOOD[1], GOOD[2]), pt.ParameterError, "one dimension"),
    ],
)
def test_bad_customers_are_named(columns: Any, error: Any, words: str) -> None:
    for law in LAWS.values():
        with pytest.raises(error, match=words):
            law().fit(*columns)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (pt.BGNBD(penalty=-1.0), "`penalty`"),
        (pt.BGNBD(max_iter=0), "`max_iter`"),
        (pt.ParetoNBD(tol=float("nan")), "`tol`"),
        (pt.BGCNBD(k=0), "`k`"),
        (pt.MBGNBD(n_jobs="two"), "`n_jobs`"),
        (pt.BGNBD(rate_covariates="is_web"), "`rate_covariates`"),
    ],
)
def test_bad_parameters_are_named(model: Any, words: str) -> None:
    with pytest.raises((pt.ParameterError, TypeError), match=words):
        model.fit(*GOOD)


def test_bad_questions_are_named(cdnow: pl.DataFrame) -> None:
    model = pt.BGNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    for t in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(pt.ParameterError, match="time|`t`"):
            model.expected_transactions(t)
    with pytest.raises(pt.ParameterError, match="rate"):
        model.discounted_transactions(0.0)
    with pytest.raises(pt.ParameterError, match="must be given together"):
        model.p_alive([1])
    with pytest.raises(pt.ParameterError, match="level"):
        model.expected_interval(1.0, level=1.0)
    with pytest.raises(pt.ParameterError, match="rise"):
        model.tracking([5.0, 4.0])
    with pytest.raises(AttributeError, match="not fitted"):
        pt.BGNBD().p_alive()
    with pytest.raises(pt.ParameterError, match="4 parameters"):
        pt.BGNBD.from_parameters(1.0)


@pytest.mark.parametrize("law", LAWS.values())
def test_data_that_make_others_fail(law: Any) -> None:
    """One heavy buyer, huge times, all single buyers, one customer: an answer, and no nonsense."""
    random = np.random.default_rng(2)
    x = random.poisson(1.0, 500).astype(float)
    T = random.uniform(20, 60, 500)
    last = np.where(x > 0, T * random.uniform(0.1, 0.99, 500), 0.0)
    heavy = (np.append(x, 5_000), np.append(last, 39.9), np.append(T, 40.0))
    for columns in (
        heavy,
        (x, last * 1e6, T * 1e6),
        (x, last * 1e-6, T * 1e-6),
        (np.zeros(50), np.zeros(50), T[:50]),
        ([3.0], [10.0], [20.0]),
    ):
        model = law().fit(*columns)
        assert model.converged_ or model.notices_
        horizon = float(np.max(columns[2]))
        for found in (model.p_alive(), model.expected_transactions(horizon)):
            assert np.all(np.isfinite(found))
            assert np.all(found >= 0.0)
        assert np.all(model.p_alive() <= 1.0)


def test_tracking_ends_at_what_was_bought(cdnow: pl.DataFrame) -> None:
    model = pt.BGNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    ends = [13.0, 26.0, 39.0, 52.0]
    found = model.tracking(ends, [10.0, 20.0, 30.0, 40.0])
    assert found.ends == ends
    assert np.all(np.diff(found.expected) > 0)
    total = cdnow["frequency"].sum()
    assert found.expected[2] == pytest.approx(total, rel=0.05)
    assert found.actual == pytest.approx([10.0, 30.0, 60.0, 100.0])
    assert np.allclose(np.cumsum(found.expected_increments), found.expected)


def test_a_model_that_no_fit_has_made_is_refused(cdnow: pl.DataFrame) -> None:
    """Pickles are restored through the same checks as files."""
    few = cdnow.head(300)
    models: list[Any] = [
        pt.BGNBD().fit(few["frequency"], few["recency"], few["T"]),
        pt.GammaGamma().fit([1, 2, 3, 1, 2] * 9, np.linspace(5, 30, 45)),
        pt.ShiftedBetaGeometric().fit_retained([100, 80, 70, 65]),
    ]
    for model in models:
        state = model.__getstate__()
        whole = json.loads(state["_saved"])
        whole["model"]["estimates"]["parameters"].pop()
        with pytest.raises(pt.SavedFormatError):
            type(model)().__setstate__({**state, "_saved": json.dumps(whole)})
        whole = json.loads(state["_saved"])
        whole["model"]["estimates"]["parameters"][0]["value"] = -1.0
        with pytest.raises(pt.SavedFormatError):
            type(model)().__setstate__({**state, "_saved": json.dumps(whole)})


def test_limits_of_every_prediction(data_dir: Path) -> None:
    summary = pl.read_parquet(data_dir / "clv_rfm" / "cdnow_summary_39w.parquet")
    columns = [summary[c] for c in ("frequency", "recency", "T")]
    law = pt.ParetoNBD().fit(*columns)
    for prediction, at, told in [
        ("p_alive", None, law.p_alive()),
        ("p_stay", 39.0, law.p_stay(39.0)),
        ("expected_transactions", 39.0, law.expected_transactions(39.0)),
        ("discounted_transactions", 0.002, law.discounted_transactions(0.002)),
    ]:
        low, high = law.interval(prediction, at)  # type: ignore[arg-type]
        assert (low <= told).all() and (told <= high).all()
        assert (high - low).max() > 0
    low, high = law.expected_interval(39.0)
    again = law.interval("expected_transactions", 39.0)
    assert np.array_equal(low, again[0]) and np.array_equal(high, again[1])
    few, many = law.interval_of_new("expected_transactions", 52.0)
    assert few < law.expected_of_new(52.0) < many
    with pytest.raises(pt.ParameterError, match="left away"):
        law.interval("p_alive", 3.0)
    with pytest.raises(TypeError, match="must be a number"):
        law.interval("p_stay")
    with pytest.raises(pt.ParameterError, match="prediction"):
        law.interval("alive")  # type: ignore[arg-type]
