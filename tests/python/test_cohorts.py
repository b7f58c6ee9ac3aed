"""Cohorts: beside polars on Online Retail, other jobs of the same lines, edges, pictures."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest

MEASURES = [
    "retention",
    "n_active",
    "revenue",
    "revenue_per_customer",
    "cumulative_revenue_per_customer",
]


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.simulate.shop(n_customers=800, n_days=500, seed=3)


@pytest.fixture
def closed() -> Iterator[None]:
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def bound(table: Any, **more: Any) -> pt.Transactions:
    return pt.Transactions(
        table,
        customer="CustomerID",
        transaction="InvoiceNo",
        item="StockCode",
        time="InvoiceDate",
        quantity="Quantity",
        price="UnitPrice",
        **more,
    )


@pytest.mark.parametrize(
    ("every", "step"), [("week", "1w"), ("month", "1mo"), ("quarter", "1q")]
)
@pytest.mark.parametrize("returns", ["exclude", "keep"])
def test_online_retail_beside_polars(
    online_retail: pa.Table, every: Any, step: str, returns: Any
) -> None:
    found = pl.DataFrame(bound(online_retail, returns=returns).cohorts(every))
    lines = pl.DataFrame(online_retail).select(
        pl.col("CustomerID").alias("customer"),
        pl.col("InvoiceDate").dt.truncate(step).dt.date().alias("period"),
        (pl.col("Quantity") * pl.col("UnitPrice")).alias("money"),
        ((pl.col("Quantity") > 0) & (pl.col("UnitPrice") >= 0)).alias("is_order"),
    )
    lines = lines.drop_nulls("customer")
    if returns == "exclude":
        lines = lines.filter("is_order")
    first = (
        lines.filter("is_order").group_by("customer").agg(cohort=pl.col("period").min())
    )
    lines = lines.join(first, on="customer").with_columns(
        # Some returned what they had bought before the data begin.
        period=pl.max_horizontal("period", "cohort")
    )
    cells = lines.group_by("cohort", "period").agg(
        n_active=pl.col("customer").filter("is_order").n_unique(),
        revenue=pl.col("money").sum(),
    )
    sizes = first.group_by("cohort").len("n_customers")
    expected = cells.join(sizes, on="cohort").sort("cohort", "period")
    both = found.join(expected, on=["cohort", "period"], how="left", suffix="_polars")
    assert both["n_active_polars"].is_not_null().sum() == len(expected) > 10
    filled = both.with_columns(
        pl.col("n_active_polars").fill_null(0), pl.col("revenue_polars").fill_null(0.0)
    )
    assert (filled["n_active"] == filled["n_active_polars"]).all()
    assert np.allclose(filled["revenue"], filled["revenue_polars"], rtol=1e-12)
    assert (both["n_customers"] == both["n_customers_polars"])[:1].all()
    assert np.allclose(found["retention"], found["n_active"] / found["n_customers"])
    # Within a cohort there is no gap, and the sum of its revenue is what is told at its end.
    for (_,), rows in found.group_by("cohort"):
        assert rows["age"].to_list() == list(range(len(rows)))
        total = rows["revenue"].sum() / rows["n_customers"][0]
        assert rows["cumulative_revenue_per_customer"][-1] == pytest.approx(total)


def test_figures_of_online_retail(online_retail: pa.Table) -> None:
    """Those of docs/value.md."""
    cohorts = bound(online_retail).cohorts()
    first = pl.DataFrame(cohorts).filter(pl.col("cohort") == date(2010, 12, 1))
    assert first["n_customers"][0] == 883
    assert first["retention"].round(3).to_list()[:3] == [1.0, 0.367, 0.324]
    assert first["is_complete"].to_list() == [True] * 12 + [False]
    assert cohorts.reference == "2011-12-09"
    wide = cohorts.to_wide("retention").to_polars()
    assert wide.columns[:4] == ["cohort", "n_customers", "0", "1"]
    assert len(wide) == 13 and wide.width == 15


@pytest.mark.parametrize("returns", ["net", "keep", "exclude"])
def test_sums_are_those_of_other_jobs(online_retail: pa.Table, returns: Any) -> None:
    whole = bound(online_retail, returns=returns)
    for view in (
        whole,
        whole.without("duplicate", "return_unmatched"),
        whole.as_of("2011-06-15"),
        whole.split("2011-03-10")[1],
    ):
        cohorts, rfm = view.cohorts("week"), view.rfm()
        d = pl.DataFrame(cohorts)
        assert d["revenue"].sum() == pytest.approx(sum(rfm.to_dict()["monetary"]))
        assert d.filter(pl.col("age") == 0)["n_customers"].sum() == len(rfm)
        assert cohorts.counts == rfm.counts
        assert cohorts.params == {"every": "week"}


def test_wide_is_a_pivot(tx: pt.Transactions) -> None:
    cohorts = tx.cohorts()
    d = pl.DataFrame(cohorts)
    for measure in MEASURES:
        wide = pl.DataFrame(cohorts.to_wide(measure))  # type: ignore[arg-type]
        pivot = d.pivot("age", index=["cohort", "n_customers"], values=measure)
        assert wide.equals(pivot.sort("cohort"), null_equal=True), measure


def test_threads_do_not_change_a_bit() -> None:
    # More lines than a piece of work.
    shop = pt.simulate.shop(n_customers=9_000, n_days=900, seed=2)
    assert shop.counts["rows_in"] > 140_000
    one, two, seven = (pl.DataFrame(shop.cohorts(n_jobs=n)) for n in (1, 2, 7))
    assert one.equals(two) and one.equals(seven)


def test_a_clock_completes_a_month(tx: pt.Transactions) -> None:
    first = tx.cohorts().to_dict()["cohort"][0]
    year, month = first[:4], int(first[5:7])
    assert month == 1
    for clock, is_complete in ((f"{year}-02-27", False), (f"{year}-03-31", True)):
        d = tx.as_of(clock).cohorts().to_dict()
        assert d["is_complete"][-1] is is_complete
        last = d["period"][-1]
        assert [p < last or is_complete for p in d["period"]] == d["is_complete"]


def test_edges() -> None:
    one = pl.DataFrame({"c": [1], "t": [datetime(2025, 5, 5, 12)], "m": [5.0]})
    roles: dict[str, Any] = {"customer": "c", "time": "t"}
    d = pt.Transactions(one, amount="m", **roles).cohorts().to_dict()
    assert d == {
        "cohort": ["2025-05-01"],
        "period": ["2025-05-01"],
        "age": [0],
        "n_customers": [1],
        "n_active": [1],
        "retention": [1.0],
        "revenue": [5.0],
        "revenue_per_customer": [5.0],
        "cumulative_revenue_per_customer": [5.0],
        "is_complete": [False],
    }
    without = pt.Transactions(one, **roles).cohorts("year")
    assert without.to_dict()["revenue"] == [None]
    assert without.to_dict()["retention"] == [1.0]
    assert "`amount`" in without.notices[0]
    with pytest.raises(pt.ParameterError, match="no role tells the money"):
        without.plot("revenue")
    with pytest.raises(pt.TooFewRowsError, match="cohorts"):
        pt.Transactions(one, amount="m", **roles).as_of("2025-05-04").cohorts()
    with pytest.raises(pt.TooFewRowsError):
        pt.Transactions(one.head(0), amount="m", **roles).cohorts()
    with pytest.raises(pt.ParameterError, match="`every`"):
        pt.Transactions(one, **roles).cohorts("day")  # type: ignore[arg-type]
    with pytest.raises(pt.ParameterError, match="`measure`"):
        without.to_wide("money")  # type: ignore[arg-type]
    far = pl.concat([one, one.with_columns(t=datetime(1985, 1, 1))])
    with pytest.raises(pt.ParameterError, match="at most 1000 periods"):
        pt.Transactions(far, **roles).cohorts("week")


@pytest.mark.usefixtures("closed")
def test_plots(tx: pt.Transactions) -> None:
    cohorts = tx.cohorts("quarter")
    d = cohorts.to_dict()
    ax = cohorts.plot()
    ax.figure.canvas.draw()
    n = len(set(d["cohort"]))
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[0] == f"{d['cohort'][0][:4]} Q1 · {d['n_customers'][0]:,}"
    assert len(labels) == n
    texts = {t.get_position(): t for t in ax.texts}
    assert len(texts) == len(d["age"])
    rows = {c: i for i, c in enumerate(dict.fromkeys(d["cohort"]))}
    for i, cohort in enumerate(d["cohort"]):
        text = texts[(d["age"][i], rows[cohort])]
        assert text.get_text() == f"{d['retention'][i]:.0%}"
        assert (text.get_style() == "italic") is not d["is_complete"][i]
    (image,) = ax.images
    shades = np.ma.masked_invalid(image.get_array())
    assert shades.mask[0, 0] and shades[0, 1] == pytest.approx(d["retention"][1])
    for measure in MEASURES[1:]:
        other = cohorts.plot(measure)  # type: ignore[arg-type]
        other.figure.canvas.draw()
        assert other is not ax
    assert cohorts.plot(ax=ax) is ax
    # Many weeks are drawn without a text in each cell.
    many = tx.cohorts("week").plot()
    many.figure.canvas.draw()
    assert not many.texts and len(many.get_yticks()) <= 40


@pytest.mark.usefixtures("closed")
def test_the_examples_of_the_docs_run(tx: pt.Transactions) -> None:
    text = (Path(__file__).parents[2] / "docs" / "value.md").read_text("utf-8")
    rng = np.random.default_rng(4)
    names: dict[str, Any] = {
        "pt": pt,
        "tx": tx,
        "months": rng.integers(1, 25, 300),
        "ended": rng.random(300) < 0.7,
        "plan": np.where(rng.random(300) < 0.5, "basic", "plus"),
    }
    for heading in ("How long contracts last", "Cohorts"):
        section = text.split(f"## {heading}\n", 1)[1]
        code = section.split("```python\n", 1)[1].split("```", 1)[0]
        assert code.count("\n") >= 4
        # The text is our own.
        exec(compile(code, heading, "exec"), names)  # noqa: S102
    assert names["test"].groups == ["basic", "plus"]
    assert names["cohorts"].params == {"every": "month"}
