"""Segments of customers in Python: beside numpy and scikit-learn, and as people use them."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest
from patronomy import _core


@pytest.fixture(scope="module")
def shop() -> pt.simulate.Shop:
    """A shop without returns, so that its lines are its purchases."""
    return pt.simulate.Shop(
        n_customers=400, n_days=365, seed=3, return_rate=0, cancellation_rate=0
    )


@pytest.fixture(scope="module")
def tx(shop: pt.simulate.Shop) -> pt.Transactions:
    return shop.transactions()


@pytest.fixture(scope="module")
def bought(shop: pt.simulate.Shop) -> pl.DataFrame:
    """Customer and item, a row for each basket that has it."""
    lines = pl.DataFrame(shop).filter(pl.col("customer").is_not_null())
    lines = lines.unique(["customer", "invoice", "item"])
    return lines.select("customer", "item")


@pytest.fixture
def three() -> tuple[pt.Segments, np.ndarray[Any, Any]]:
    """Three groups of 300, 200 and 100 customers, and which customer is in which."""
    random = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], [300, 200, 100])
    random.shuffle(group)
    centre = np.array([[20.0, 2.0], [400.0, 3.0], [90.0, 40.0]])[group]
    values = centre * random.uniform(0.8, 1.2, size=centre.shape)
    table = pd.DataFrame(values, columns=["money", "visits"])
    table["id"] = [f"c{i:04}" for i in range(600)]
    features = pt.Features.from_table(table, "id")
    return features.segment(k=3), group


def test_coordinates_are_those_of_the_dense_decomposition(
    tx: pt.Transactions, bought: pl.DataFrame
) -> None:
    features = tx.features("basket", n_components=4, min_customers=1)
    counts = bought.with_columns(n=1).pivot(
        "item", index="customer", values="n", aggregate_function="sum"
    )
    counts = counts.fill_null(0).sort("customer")
    assert counts["customer"].to_list() == features.to_dict()["customer"]
    A = counts.drop("customer").to_numpy().astype(float)
    P = A / A.sum()
    r, c = P.sum(axis=1), P.sum(axis=0)
    S = (P - np.outer(r, c)) / np.sqrt(np.outer(r, c))
    u, s, _ = np.linalg.svd(S, full_matrices=False)
    principal = u[:, :4] * s[:4] / np.sqrt(r)[:, None]
    space = features.recipe["space"]
    assert space["singular_values"][:4] == pytest.approx(s[:4], rel=1e-6)
    n = A.sum(axis=1)
    chance = len(A) / A.sum()
    variance = np.maximum(s[:4] ** 2 - chance, s[:4] ** 2 * 1e-3)
    expected = principal * (variance / (variance + 1 / n[:, None]))
    found = features.to_pandas()[features.names].to_numpy()
    sign = np.sign((found * expected).sum(axis=0))
    assert np.abs(found - expected * sign).max() < 1e-6
    assert space["noise_edge"] == pytest.approx(
        (np.sqrt(A.shape[0]) + np.sqrt(A.shape[1])) / np.sqrt(A.sum())
    )


def test_segments_are_k_means_of_scaled_columns(tx: pt.Transactions) -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    metrics = pytest.importorskip("sklearn.metrics")
    features = tx.features("rfm")
    X = features.to_pandas()[features.names].to_numpy()
    scaled = {
        "log": preprocessing.StandardScaler().fit_transform(
            np.sign(X) * np.log1p(np.abs(X))
        ),
        "standard": preprocessing.StandardScaler().fit_transform(X),
        "robust": preprocessing.RobustScaler().fit_transform(X),
        "yeo-johnson": preprocessing.PowerTransformer().fit_transform(X),
        "none": X,
    }
    for scale, rows in scaled.items():
        ours = features.segment(k=4, scale=scale)  # type: ignore[arg-type]
        theirs = cluster.KMeans(4, n_init=20, random_state=0).fit(rows)
        labels = np.array(ours.to_dict()["segment"])
        centres = np.stack([rows[labels == i].mean(axis=0) for i in range(4)])
        inertia = ((rows - centres[labels]) ** 2).sum()
        # Either may have found the better of two minima.
        assert inertia <= theirs.inertia_ * 1.01, scale
        assert metrics.adjusted_rand_score(labels, theirs.labels_) > 0.8, scale
        distance = np.linalg.norm(rows - centres[labels], axis=1)
        assert np.allclose(ours.to_dict()["distance"], distance, rtol=1e-3, atol=1e-3)


def test_figures_of_the_choice_are_those_of_scikit_learn(
    three: tuple[pt.Segments, Any],
) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    segments = three[0].features.segment(max_segments=5)
    choice = segments.choice
    assert choice is not None
    assert [c["n_segments"] for c in choice] == [2, 3, 4, 5]
    assert "largest silhouette" in segments.reason
    X = np.log1p(segments.features.to_pandas()[["money", "visits"]].to_numpy())
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    labels = segments.to_dict()["segment"]
    of_3 = choice[1]
    assert of_3["silhouette"] == pytest.approx(metrics.silhouette_score(X, labels))
    assert of_3["calinski_harabasz"] == pytest.approx(
        metrics.calinski_harabasz_score(X, labels)
    )
    assert of_3["davies_bouldin"] == pytest.approx(
        metrics.davies_bouldin_score(X, labels)
    )
    assert of_3["stability"] > 0.99


def test_groups_are_found_named_kept_and_told(
    three: tuple[pt.Segments, np.ndarray[Any, Any]], tmp_path: Path
) -> None:
    segments, group = three
    assert segments.to_dict()["segment"] == list(group)
    assert segments.columns == [
        "customer",
        "segment",
        "segment_name",
        "distance",
        "margin",
        "fits",
    ]
    segments.name(2, "visitors", by="Ann", why="they come often")
    segments.describe(2, "many small purchases")
    assert "visitors" in repr(segments)
    assert "visitors" in segments._repr_html_()
    path = tmp_path / "segments.json"
    segments.model.save(path)
    for model in (
        pt.SegmentModel.load(path),
        pickle.loads(pickle.dumps(segments.model)),
    ):
        assert model.names == {0: "segment 0", 1: "segment 1", 2: "visitors"}
        assert model.judgements[0]["by"] == "Ann"
        assert (
            model.assign(segments.features).to_dict()["segment"]
            == segments.to_dict()["segment"]
        )
    profile = segments.profile()
    assert "high visits" in profile.to_dict()["traits"][2]
    assert set(profile.traits.to_dict()["basis"]) == {"used"}
    assert set(profile.traits.to_dict()["p_value"]) == {None}
    assert len(profile.representatives) == 9
    rules = segments.explain()
    assert rules.fidelity > 0.99
    assert rules.n_held_out == 300
    assert all("<" in rule or ">=" in rule for rule in rules.to_dict()["rule"])


def test_attributes_are_tested_and_noise_is_not_found(
    three: tuple[pt.Segments, np.ndarray[Any, Any]],
) -> None:
    segments, group = three
    random = np.random.default_rng(1)
    n = 40
    noise = {f"n{i}": random.normal(size=600) for i in range(n)}
    ids = segments.to_dict()["customer"]
    table = pl.DataFrame({"customer": ids, **noise}).with_columns(
        city=pl.Series(np.where(group == 1, "York", "Leeds")),
        vip=pl.Series(random.uniform(size=600) < 0.5),
    )
    profile = segments.profile(table)
    traits = pl.DataFrame(profile.traits)
    tested = traits.filter(pl.col("basis") == "other")
    assert tested.height == 3 * (n + 2 + 2)
    false = tested.filter(
        (pl.col("p_adjusted") <= 0.05) & pl.col("column").str.starts_with("n")
    )
    assert false.height <= 3
    assert "city York" in profile.to_dict()["traits"][1]
    scipy = pytest.importorskip("scipy.stats")
    one = tested.filter((pl.col("column") == "n7") & (pl.col("segment") == 0)).row(
        0, named=True
    )
    inside, outside = noise["n7"][group == 0], noise["n7"][group != 0]
    theirs = scipy.mannwhitneyu(inside, outside, method="asymptotic")
    assert one["p_value"] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert one["superiority"] == pytest.approx(
        theirs.statistic / len(inside) / len(outside)
    )
    assert one["value"] == pytest.approx(np.median(inside))


def test_experts_change_segments_in_place(
    three: tuple[pt.Segments, np.ndarray[Any, Any]],
) -> None:
    segments, group = three
    segments.merge([0, 1], why="both are served alike")
    assert segments.model.names == {0: "segment 0", 2: "segment 2"}
    segments.split(0)
    assert list(segments.model.names) == [2, 3, 4]
    segments.reject(2)
    labels = segments.to_dict()["segment"]
    assert [label is None for label in labels] == list(group == 2)
    segments.restore(2)
    assert None not in segments.to_dict()["segment"]
    actions = [next(iter(j["action"])) for j in segments.model.judgements]
    assert actions == ["merge", "split", "reject", "restore"]
    inner = segments.within(2, k=2)
    assert len(inner) == 100


def test_the_next_month(tx: pt.Transactions) -> None:
    before, after = tx.as_of("2024-10-31"), tx.as_of("2024-11-30")
    segments = before.features("rfm").segment(k=3)
    segments.name(0, "regulars")
    later = segments.refit(after)
    assert "regulars" in later.model.names.values()
    changes = later.changes
    assert changes is not None
    assert segments.changes is None
    assert {s["status"] for s in changes.segments} <= {"stable", "changed"}
    assert list(changes.features) == ["recency_days", "frequency", "monetary"]
    assert changes.stability_index is not None
    assert "regulars" in repr(changes)
    moves = later.moves(segments).to_dict()
    assert sum(moves["n_customers"]) == len(later)
    assert len(segments.assign(after)) == len(later)


def test_gaps_are_items_of_the_segment_that_the_customer_lacks(
    tx: pt.Transactions, bought: pl.DataFrame
) -> None:
    segments = tx.features("rfm").segment(k=3)
    gap = segments.class_gap(tx, fdr=1.0, n_items=2)
    found = pl.DataFrame(gap)
    assert found.height > 0
    assert found.group_by("customer").len()["len"].max() == 2
    assert found.join(bought, on=["customer", "item"]).height == 0
    assert (found["share"] > found["share_elsewhere"]).all()
    # Buyers by counting customers.
    of = pl.DataFrame(segments).select("customer", "segment")
    counted = bought.unique().join(of, on="customer").group_by("segment", "item").len()
    items = pl.DataFrame(gap.items).join(counted, on=["segment", "item"])
    assert (items["n_buyers"] == items["len"]).all()
    assert gap.items.columns[0] == "segment"
    circular = tx.features("basket").segment(k=3).class_gap(tx)
    assert circular.notices
    assert set(circular.items.to_dict()["p_adjusted"]) <= {None}


def test_every_table_and_bad_arguments() -> None:
    values = {"customer": [1, 2, 3, 4], "a": [1.0, 2.0, 50.0, 60.0]}
    expected = [0, 0, 1, 1]
    for table in (pd.DataFrame(values), pl.DataFrame(values), pa.table(values)):
        found = pt.Features.from_table(table).segment(k=2).to_dict()["segment"]
        assert found == expected
    features = pt.Features.from_table(pa.table(values))
    for arguments, error in [
        ({"k": 0}, pt.ParameterError),
        ({"k": 1.5}, TypeError),
        ({"k": 5}, pt.TooFewRowsError),
        ({"scale": "cube"}, pt.ParameterError),
        ({"reach": 2.0}, pt.ParameterError),
        ({"max_segments": 2, "min_segments": 3}, pt.ParameterError),
        ({"min_share": 0.7}, pt.ParameterError),
        ({"random_state": -1}, pt.ParameterError),
    ]:
        with pytest.raises(error):
            features.segment(**arguments)  # type: ignore[arg-type]
    segments = features.segment(k=2)
    with pytest.raises(pt.ParameterError, match="one of 0, 1"):
        segments.name(7, "nobody")
    with pytest.raises(TypeError):
        segments.name(0, 5)  # type: ignore[arg-type]
    with pytest.raises(pt.FeatureMismatchError):
        segments.assign(pt.Features.from_table(pa.table({"customer": [1], "b": [2.0]})))
    with pytest.raises(TypeError, match="Transactions"):
        segments.assign([1, 2])  # type: ignore[arg-type]
    with pytest.raises(pt.ColumnNotFoundError):
        pt.Features.from_table(pa.table(values), "id")
    with pytest.raises(pt.BadValuesError, match="`a`"):
        nulls = pa.table({"customer": [1, 2], "a": [1.0, None]})
        pt.Features.from_table(nulls)
    with pytest.raises(pt.ParameterError, match="compared"):
        segments.plot("choice")
    with pytest.raises(pt.SavedFormatError):
        _core.SegmentModel.from_json("{}")


def test_identifiers_are_ones_own_and_of_any_type(
    shop: pt.simulate.Shop, tx: pt.Transactions, bought: pl.DataFrame
) -> None:
    table = pl.DataFrame({"customer": [1, 1, 2], "a": [1.0, 2.0, 3.0]})
    with pytest.raises(pt.BadValuesError, match="have a row already"):
        pt.Features.from_table(table)
    table = pl.DataFrame({"customer": [1, None, 2], "a": [1.0, 2.0, 3.0]})
    with pytest.raises(pt.BadValuesError, match="are no identifiers"):
        pt.Features.from_table(table)
    with pytest.raises(pt.ParameterError, match="share"):
        pt.Features.from_table(pl.DataFrame({"customer": [1], "share": [0.5]}))
    # Integers for features, text in the lines, and floats for attributes: as pandas has them.
    lines = pl.DataFrame(shop).with_columns(pl.col("customer").cast(pl.String))
    as_text = pt.Transactions(
        lines,
        customer="customer",
        transaction="invoice",
        item="item",
        time="time",
        amount="amount" if lines["amount"].null_count() == 0 else "price",
    )
    own = pl.DataFrame(tx.features("rfm"))
    assert own["customer"].dtype.is_integer()
    given = pt.Features.from_table(own.rename({"frequency": "orders"}))
    segments = given.segment(k=3)
    gap = pl.DataFrame(segments.class_gap(as_text, fdr=1.0))
    assert gap.height > 100
    assert gap.join(bought, on=["customer", "item"]).height == 0
    floats = own.select(pl.col("customer").cast(pl.Float64), age=pl.lit(30.0))
    assert not segments.profile(floats.to_pandas()).notices
    with pytest.raises(pt.FeatureMismatchError, match="written alike"):
        segments.profile(floats.with_columns(pl.col("customer") + 1e6))
    with pytest.raises(TypeError, match="profile"):
        segments.profile("ages.csv")


def test_a_copy_stays_as_it_is() -> None:
    values = {"customer": [1, 2, 3, 4], "a": [1.0, 2.0, 50.0, 60.0]}
    segments = pt.Features.from_table(pa.table(values)).segment(k=2)
    before = copy.deepcopy(segments)
    segments.name(0, "the first")
    assert before.model.names[0] == "segment 0"
    assert segments.model.names[0] == "the first"
    with pytest.raises(pt.ParameterError, match="at least two"):
        pt.Features.from_table(pa.table(values)).segment(k=1).plot()
    assert segments.reason == "the number was given"
    again = segments.refit(segments.features)
    assert again.reason == "the segments are those of the fit before"


def test_pictures_are_drawn(tx: pt.Transactions) -> None:
    pytest.importorskip("matplotlib")
    segments = tx.features("rfm").segment(max_segments=4)
    names = list(segments.model.names.values())
    ax = segments.plot()
    assert [t.get_text() for t in ax.get_xticklabels()] == names
    assert [t.get_text() for t in ax.get_yticklabels()] == segments.features.names
    rates = pt.Features.from_table(
        pa.table({"customer": [1, 2, 3, 4], "rate": [0.25, 0.25, 0.75, 0.75]})
    )
    shown = {t.get_text() for t in rates.segment(k=2).plot().texts}
    assert shown == {"0.25", "0.75"}
    ax = segments.plot("choice")
    assert len(ax.get_lines()) == 4
    ax = segments.plot("projection")
    shown = sum(len(c.get_offsets()) for c in ax.collections)
    assert shown == len(segments)
    moved = segments.plot_moves(tx.as_of("2024-06-30").features("rfm").segment(k=2))
    assert any("(new)" in t.get_text() for t in moved.texts)
    import matplotlib.pyplot as plt

    plt.close("all")


def test_customers_of_online_retail_fall_into_segments_one_can_tell(
    online_retail_path: Path,
) -> None:
    tx = pt.Transactions(online_retail_path, **pt.datasets.ONLINE_RETAIL_ROLES)
    features = tx.features("rfm")
    assert len(features) == len(tx.rfm())
    segments = features.segment()
    shares = segments.segments.to_dict()["share"]
    # Unscaled, k-means leaves 4,300 of them in one segment.
    assert max(shares) < 0.75
    assert min(shares) > 0.01
    unscaled = features.segment(k=4, scale="none")
    assert any("holds" in notice for notice in unscaled.notices)
    rules = segments.explain()
    assert rules.fidelity > 0.9 > rules.baseline


def test_signatures_show_the_defaults_of_the_core() -> None:
    features, segment, profile, explain, gap = json.loads(_core.segment_defaults())

    def shown(method: Any) -> dict[str, Any]:
        parameters = inspect.signature(method).parameters.values()
        return {p.name: p.default for p in parameters}

    def agree(method: Any, core: dict[str, Any], *names: str) -> None:
        face = shown(method)
        assert {n: face[n] for n in names} == {n: core[n] for n in names}

    agree(pt.Transactions.features, features, "n_components", "min_customers")
    assert [shown(pt.Transactions.features)["sets"]] == features["sets"]
    agree(pt.Features.segment, segment, "scale", "n_init", "reach")
    choose = segment["choose"]
    agree(pt.Features.segment, choose, "min_segments", "max_segments", "min_share")
    agree(pt.Features.segment, choose, "sample")
    agree(pt.Segments.profile, profile, "fdr", "n_representatives")
    agree(pt.Segments.explain, explain, "max_depth", "min_share")
    agree(pt.Segments.class_gap, gap, "n_items", "min_share", "fdr")


def test_classes_beside_the_season() -> None:
    shop = pt.simulate.Shop(n_customers=1_500, n_days=500, seed=2)
    tx = shop.transactions()
    with_season = tx.features("classes", n_classes=6)
    without = tx.features("classes", n_classes=6, season=False)
    assert with_season.to_dict() != without.to_dict()
    # A month is too short to have one.
    month = tx.as_of("2024-02-10")
    alike = [month.features("classes", n_classes=3, season=s) for s in (True, False)]
    assert alike[0].to_dict() == alike[1].to_dict()
    with pytest.raises(TypeError, match="season"):
        tx.features("classes", season="no")  # type: ignore[arg-type]


def test_a_customer_alone_is_of_the_same_class() -> None:
    shop = pt.simulate.Shop(n_customers=800, n_days=500, seed=4)
    lines = pl.DataFrame(shop)
    roles = {
        "customer": "customer",
        "transaction": "invoice",
        "item": "item",
        "time": "time",
        "quantity": "quantity",
        "price": "price",
    }
    tx = pt.Transactions(lines, **roles)
    past, _ = tx.split("2024-12-01")
    model = past.features("classes", n_classes=4).segment().model
    told = model.assign(tx).to_polars()
    some = told["customer"].gather([3, 77, 400]).to_list()
    for customer in some:
        own = lines.filter(pl.col("customer") == customer)
        alone = model.assign(pt.Transactions(own, **roles)).to_polars()
        among = told.filter(pl.col("customer") == customer)
        assert alone.to_dicts() == among.to_dicts()
