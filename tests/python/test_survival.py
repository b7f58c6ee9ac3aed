"""Contracts over time: against printed tables, lifelines' own figures, sums by hand, and every wrong question."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest

# Weeks of remission (Freireich et al. 1963, as printed by Cox 1972, table 1); + is still well.
MERCAPTOPURINE = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def read(text: str) -> tuple[list[float], list[bool]]:
    words = text.split()
    return [float(w.rstrip("+")) for w in words], [not w.endswith("+") for w in words]


@pytest.fixture
def closed() -> Iterator[None]:
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def test_printed_estimates() -> None:
    # Collett (2003), tables of the Kaplan-Meier estimate; R's survfit prints the same digits.
    curve = pt.KaplanMeier().fit(*read(MERCAPTOPURINE))
    rows = pl.DataFrame(curve.survival_function_).filter(pl.col("n_ended") > 0)
    assert rows["time"].to_list() == [6, 7, 10, 13, 16, 22, 23]
    assert rows["n_at_risk"].to_list() == [21, 17, 15, 12, 11, 7, 6]
    printed = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert rows["survival"].to_list() == pytest.approx(printed, abs=5.1e-4)
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert rows["standard_error"].to_list() == pytest.approx(errors, abs=5.1e-5)
    assert curve.median_ == 23.0 and curve.n_rows_ == 21
    placebo = pt.KaplanMeier().fit(*read(PLACEBO))
    assert placebo.median_ == 8.0
    last = pl.DataFrame(placebo.survival_function_).row(-1, named=True)
    assert last["survival"] == 0.0 and last["standard_error"] is None
    assert last["low"] is None and last["high"] is None


def test_printed_log_rank() -> None:
    (a, a_ended), (b, b_ended) = read(MERCAPTOPURINE), read(PLACEBO)
    test = pt.log_rank(a + b, ["6-MP"] * 21 + ["placebo"] * 21, a_ended + b_ended)
    assert test.statistic == pytest.approx(16.79, abs=5e-3)
    assert test.df == 1 and test.p_value == pytest.approx(4.17e-5, abs=5e-8)
    assert test.groups == ["6-MP", "placebo"]
    assert test.n_contracts == [21.0, 21.0] and test.n_ended == [9.0, 21.0]
    assert test.expected == pytest.approx([19.25, 10.75], abs=5e-3)


@pytest.mark.parametrize("n_jobs", [1, 2, 7])
def test_threads_do_not_change_a_bit(n_jobs: int) -> None:
    rng = np.random.default_rng(5)
    times = rng.integers(0, 90_000, 300_000) / 7
    ended = rng.random(300_000) < 0.4
    weights = rng.random(300_000) + 0.1
    curve = pt.KaplanMeier(n_jobs=n_jobs).fit(times, ended, weights=weights)
    one = pt.KaplanMeier(n_jobs=1).fit(times, ended, weights=weights)
    assert pl.DataFrame(curve.survival_function_).equals(
        pl.DataFrame(one.survival_function_)
    )
    order = rng.permutation(300_000)
    mixed = pt.KaplanMeier().fit(times[order], ended[order], weights=weights[order])
    found, expected = (pl.DataFrame(c.survival_function_) for c in (mixed, one))
    assert np.allclose(found["survival"], expected["survival"], rtol=1e-12)


def test_columns_of_any_kind() -> None:
    times, ended = read(MERCAPTOPURINE)
    expected = pt.KaplanMeier().fit(times, ended).survival_function_.to_dict()
    zeros = [int(e) for e in ended]
    for column, flags in (
        (np.array(times), np.array(ended)),
        (np.array(times, dtype=np.int32), np.array(zeros, dtype=np.uint8)),
        (pd.Series(times), pd.Series(ended)),
        (pd.Series(times), pd.Series(ended, dtype="boolean")),
        (pl.Series(times), pl.Series(ended)),
        (pa.array(times), pa.array(ended)),
        (pa.chunked_array([times]), pa.chunked_array([ended])),
        (times, zeros),
    ):
        curve = pt.KaplanMeier().fit(column, flags)
        assert curve.survival_function_.to_dict() == expected, type(flags)


def test_all_have_ended_where_nothing_is_said() -> None:
    curve = pt.KaplanMeier().fit([1, 2, 3, 4])
    assert curve.predict([0, 1, 2.5, 4, 99]).tolist() == [1, 0.75, 0.5, 0, 0]
    assert curve.predict(1) == 0.75
    assert curve.median_ == 2.0
    assert curve.predict_cumulative_hazard(2) == pytest.approx(1 / 4 + 1 / 3)
    assert np.isnan(curve.predict_cumulative_hazard([5])[0])
    assert curve.quantile(1.0) == 4.0
    # The area under 1, 3/4, 1/2, 1/4 is the mean of 1 to 4.
    mean = curve.restricted_mean(10)
    assert mean.mean == 2.5
    assert mean.standard_error == pytest.approx(np.std([1, 2, 3, 4]) / 2)


def test_what_was_not_seen_is_not_told() -> None:
    curve = pt.KaplanMeier().fit([5.0, 7.0], [True, False])
    assert np.isnan(curve.predict(7.1)) and curve.predict(7.0) == 0.5
    with pytest.raises(pt.ParameterError, match="at most the last duration, 7"):
        curve.restricted_mean(8)
    running = pt.KaplanMeier().fit([5.0], [False])
    assert running.median_ is None and running.median_interval_ == (None, None)
    assert "no contract has ended" in running.notices_[0]


def test_curves_travel(tmp_path: Path) -> None:
    curve = pt.KaplanMeier(0.9).fit(*read(MERCAPTOPURINE))
    path = tmp_path / "curve.json"
    curve.save(path)
    for other in (pt.KaplanMeier.load(path), pickle.loads(pickle.dumps(curve))):
        assert other.survival_function_.to_dict() == curve.survival_function_.to_dict()
        assert repr(other) == repr(curve) == "KaplanMeier(level=0.9)"
        assert other.median_interval_ == curve.median_interval_
    assert repr(pickle.loads(pickle.dumps(pt.KaplanMeier()))) == "KaplanMeier()"
    with pytest.raises(pt.SavedFormatError):
        pt.BGNBD.load(path)
    with pytest.raises(AttributeError, match="not fitted yet"):
        pt.KaplanMeier().predict([1])
    assert not hasattr(pt.KaplanMeier(), "survival_function_")


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (([1.0, np.nan],), pt.BadValuesError, "`durations`"),
        (([1.0, np.inf],), pt.BadValuesError, "`durations`"),
        (([1.0, -1.0],), pt.BadValuesError, "`durations`"),
        (([],), pt.TooFewRowsError, "found 0"),
        (([1.0, 2.0], [True]), pt.ParameterError, "`ended`"),
        (([1.0, 2.0], [1, 2]), pt.ParameterError, r"0 and 1; got 2.0 in row 1"),
        (([1.0, 2.0], [1, np.nan]), pt.ParameterError, "got nan in row 1"),
        (([1.0, 2.0], ["yes", "no"]), pt.ParameterError, "`ended`"),
        (([1.0, 2.0], [[True], [False]]), pt.ParameterError, "`ended`"),
        ((["soon"],), pt.ParameterError, "`durations`"),
        ((pd.Series([1.0, None]),), pt.BadValuesError, "`durations`"),
        (("durations",), pt.ParameterError, "column itself"),
    ],
)
def test_wrong_columns(arguments: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        pt.KaplanMeier().fit(*arguments)


def test_wrong_parameters() -> None:
    times = [1.0, 2.0, 3.0]
    for level in (0, 1, 95, float("nan")):
        with pytest.raises(pt.ParameterError, match="`level`"):
            pt.KaplanMeier(level).fit(times)
    with pytest.raises(TypeError, match="`level`"):
        pt.KaplanMeier("high").fit(times)  # type: ignore[arg-type]
    with pytest.raises(pt.ParameterError, match="`n_jobs`"):
        pt.KaplanMeier(n_jobs=0).fit(times)
    with pytest.raises(pt.BadValuesError, match="`entry`"):
        pt.KaplanMeier().fit(times, entry=[0, 2, 0])
    with pytest.raises(pt.BadValuesError, match="`weights`"):
        pt.KaplanMeier().fit(times, weights=[1, 0, 1])
    curve = pt.KaplanMeier().fit(times)
    for time in (-1, np.nan, np.inf):
        with pytest.raises(pt.ParameterError, match="`times`"):
            curve.predict(time)
    with pytest.raises(pt.ParameterError, match="`p`"):
        curve.quantile(0)
    with pytest.raises(pt.ParameterError, match="`kind`"):
        curve.plot("curve")  # type: ignore[arg-type]


def test_groups_that_cannot_be_compared() -> None:
    times = [1.0, 2.0, 3.0]
    for groups, said in (
        (["a", "a", "a"], "2 to 100 groups"),
        (["a", "b"], "got 2"),
        (["a", None, "b"], "none missing"),
        ([1.0, np.nan, 2.0], "NaN"),
        ([["a"], ["b"], ["c"]], "dimensions"),
    ):
        with pytest.raises(pt.ParameterError, match=said):
            pt.log_rank(times, groups)
    with pytest.raises(pt.TooFewRowsError, match="found 0"):
        pt.log_rank(times, ["a", "b", "b"], [False] * 3)
    with pytest.raises(pt.BadValuesError, match="whole numbers"):
        pt.log_rank(times, [1, 2, 2], weights=[1, 1.5, 1])


@pytest.mark.usefixtures("closed")
def test_plots() -> None:
    curve = pt.KaplanMeier().fit(*read(MERCAPTOPURINE))
    ax = curve.plot(label="6-MP")
    assert pt.KaplanMeier().fit(*read(PLACEBO)).plot(ax=ax, label="placebo") is ax
    first, marks, second = ax.lines
    assert (first.get_label(), second.get_label()) == ("6-MP", "placebo")
    assert first.get_color() != second.get_color()
    assert first.get_drawstyle() == "steps-post"
    assert np.asarray(first.get_xdata())[:2].tolist() == [0.0, 6.0]
    censored = np.asarray(marks.get_xdata()).tolist()
    assert censored == [6, 9, 10, 11, 17, 19, 20, 25, 32, 34, 35]
    assert len(ax.collections) == 2
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["6-MP", "placebo"]
    ax.figure.canvas.draw()
    hazard = curve.plot("hazard")
    assert hazard is not ax and hazard.get_ylabel() == "cumulative hazard"
    found = np.asarray(hazard.lines[0].get_ydata())
    assert found[0] == 0.0
    assert found[1:].tolist() == curve.cumulative_hazard_.to_dict()["cumulative_hazard"]


def test_figures_of_lifelines() -> None:
    """Printed by lifelines 0.30.3: `KaplanMeierFitter`, `NelsonAalenFitter` without smoothing."""
    curve = pt.KaplanMeier().fit(*read(MERCAPTOPURINE))
    rows = {r["time"]: r for r in pl.DataFrame(curve.survival_function_).to_dicts()}
    for time, low, high in (
        (6.0, 0.6197179552659838, 0.9515517476469969),
        (10.0, 0.5031995107999564, 0.8893618351692651),
    ):
        found = (rows[time]["low"], rows[time]["high"])
        assert found == pytest.approx((low, high), rel=1e-9)
    assert curve.median_interval_ == (13.0, None)
    assert curve.restricted_mean(20).mean == pytest.approx(
        16.116526610644254, rel=1e-12
    )
    last = pl.DataFrame(curve.cumulative_hazard_).row(-1, named=True)
    # Its interval is another: lifelines takes the variance of ended / at risk to be binomial.
    assert last["cumulative_hazard"] == pytest.approx(0.75211357, abs=1e-8)
    placebo = pt.KaplanMeier().fit(*read(PLACEBO))
    assert placebo.median_interval_ == (4.0, 11.0)
    rng = np.random.default_rng(11)
    times = rng.integers(1, 60, 2000).astype(float)
    ended = rng.random(2000) < 0.6
    groups = rng.integers(0, 4, 2000)
    weights = rng.integers(1, 5, 2000)
    test = pt.log_rank(times, groups, ended)
    assert (test.statistic, test.p_value) == pytest.approx(
        (2.0499908574358217, 0.5620960107353548), rel=1e-9
    )
    assert test.df == 3
    test = pt.log_rank(times, groups, ended, weights=weights)
    assert test.statistic == pytest.approx(1.8920635024420198, rel=1e-9)
    weighted = pt.KaplanMeier().fit(times, ended, weights=weights)
    assert weighted.predict([5, 20, 40]) == pytest.approx(
        [0.948295720015876, 0.7734454976128871, 0.49412110136764187], rel=1e-12
    )
    late = rng.random(2000) < 0.5
    entry = np.where(late, np.floor(times * rng.random(2000)), 0.0)
    entered = pt.KaplanMeier().fit(times, ended, weights=weights, entry=entry)
    assert entered.predict([5, 20, 40]) == pytest.approx(
        [0.9106676714360831, 0.6822469870279583, 0.40604822408927066], rel=1e-12
    )


@pytest.mark.usefixtures("closed")
def test_plots_of_later_periods() -> None:
    rng = np.random.default_rng(2)
    frequency = rng.integers(0, 9, 400)
    age = np.full(400, 30.0)
    recency = np.where(frequency > 0, 1.0 + 28.0 * rng.random(400), 0.0)
    model = pt.BGNBD(penalty=0.01).fit(frequency, recency, age)
    found = model.holdout(frequency // 2, 15.0, max_frequency=5)
    ax = found.plot()
    ax.figure.canvas.draw()
    actual, expected = ax.lines
    assert (actual.get_label(), expected.get_label()) == ("actual", "expected")
    means = [b["actual_mean"] for b in found.bins]
    assert np.asarray(actual.get_ydata()).tolist() == means
    names = [t.get_text() for t in ax.get_xticklabels()]
    assert names == ["0", "1", "2", "3", "4", "5+"]
    curve = model.tracking([10.0, 20.0, 30.0, 40.0], [30.0, 50.0, 20.0, 10.0])
    ax = curve.plot(observation_end=30.0)
    ax.figure.canvas.draw()
    assert np.asarray(ax.lines[0].get_ydata()).tolist() == [30, 80, 100, 110]
    assert np.asarray(ax.lines[1].get_ydata()).tolist() == curve.expected
    assert np.asarray(ax.lines[2].get_xdata()).tolist() == [30.0, 30.0]
    ax = curve.plot("increments")
    assert np.asarray(ax.lines[0].get_ydata()).tolist() == [30, 50, 20, 10]
    assert np.asarray(ax.lines[1].get_ydata()).tolist() == curve.expected_increments
    forecast = model.tracking([10.0, 20.0]).plot("increments", ax)
    assert forecast is ax and len(ax.lines) == 3
    with pytest.raises(pt.ParameterError, match="`kind`"):
        curve.plot("weekly")  # type: ignore[arg-type]
