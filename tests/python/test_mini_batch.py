"""Mini-batch k-means beside scikit-learn's, and over streams that are never held whole."""

from __future__ import annotations

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

from test_kmeans import blobs, numeric

cluster = pytest.importorskip("sklearn.cluster")


@pytest.mark.parametrize(
    "name", ["wholesale_customers", "customer_personality", "adult"]
)
def test_it_comes_near_to_k_means_on_real_tables(data_dir: Path, name: str) -> None:
    X = numeric(data_dir / "segmentation" / f"{name}.parquet")
    for k in (3, 8):
        best = min(pt.KMeans(k, random_state=s).fit(X).inertia_ for s in range(5))
        found = [
            pt.MiniBatchKMeans(k, random_state=s).fit(X).inertia_ for s in range(10)
        ]
        theirs = [
            cluster.MiniBatchKMeans(k, random_state=s, n_init=1).fit(X).inertia_
            for s in range(10)
        ]
        assert np.median(found) < 1.05 * np.median(theirs)
        # A few hundred rows are no more than one batch, and single rows are clusters there.
        if len(X) > 1_000:
            assert min(found) < 1.05 * best


def test_one_batch_moves_the_centres_as_scikit_learn_moves_them() -> None:
    X = blobs(900, 3, 1)
    start = X[[0, 100, 200, 300]]
    more: dict[str, Any] = {"init": start, "n_init": 1, "reassignment_ratio": 0.0}
    ours, theirs = pt.MiniBatchKMeans(4, **more), cluster.MiniBatchKMeans(4, **more)
    for batch in np.array_split(X, 7):
        ours.partial_fit(batch)
        theirs.partial_fit(batch)
        assert np.allclose(ours.cluster_centers_, theirs.cluster_centers_)
        assert (ours.labels_ == theirs.labels_).all()
    assert np.allclose(ours.counts_, theirs._counts)
    assert ours.n_steps_ == theirs.n_steps_ == 7
    assert np.allclose(ours.transform(X), theirs.transform(X))
    assert ours.score(X) == pytest.approx(theirs.score(X))
    assert (ours.predict(X) == theirs.predict(X)).all()


def test_streams_of_every_kind_teach_alike() -> None:
    X = blobs(1_200, 3, 2)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    table = pa.table(frame)
    batches = table.to_batches(max_chunksize=200)
    expected = pt.MiniBatchKMeans(4).fit_batches(np.array_split(X, 6))
    assert expected.n_steps_ == 6 and expected.counts_.sum() >= 1_200
    streams: list[Any] = [
        (X[i : i + 200] for i in range(0, 1_200, 200)),
        pa.RecordBatchReader.from_batches(table.schema, batches),
        [batches[0].slice(0, 0), *batches],
        [pl.DataFrame(frame[i : i + 200]) for i in range(0, 1_200, 200)],
        [frame[i : i + 200] for i in range(0, 1_200, 200)],
    ]
    model = pt.MiniBatchKMeans(4)
    for stream in streams:
        found = model.fit_batches(stream)
        assert np.allclose(found.cluster_centers_, expected.cluster_centers_)
        assert (found.labels_ == expected.labels_).all()
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(pt.FeatureMismatchError, match="column `b` where the model"):
        model.partial_fit(frame[["b", "a", "c"]])
    with pytest.raises(pt.BadValuesError, match="must hold rows"):
        pt.MiniBatchKMeans(4).fit_batches([])
    with pytest.raises(pt.ParameterError, match="the number of rows; got 4"):
        pt.MiniBatchKMeans(4).fit_batches([X[:3], X])


def test_a_model_goes_on_after_it_was_kept(tmp_path: Path) -> None:
    X = blobs(2_000, 3, 3)
    names = pd.DataFrame(X, columns=list("abc"))
    model = pt.MiniBatchKMeans(30, random_state=4, reassignment_ratio=0.3)
    model.partial_fit(names[:500])
    model.save(tmp_path / "model.json")
    assert (
        json.loads((tmp_path / "model.json").read_text())["kind"] == "mini_batch_kmeans"
    )
    loaded = pt.MiniBatchKMeans.load(tmp_path / "model.json")
    pickled = pickle.loads(pickle.dumps(model))
    assert loaded.get_params() == model.get_params()
    for other in (model, loaded, pickled):
        for i in range(500, 2_000, 300):
            other.partial_fit(names[i : i + 300])
    for other in (loaded, pickled):
        assert (other.cluster_centers_ == model.cluster_centers_).all()
        assert (other.counts_ == model.counts_).all()
        assert other.n_steps_ == model.n_steps_ == 6
    with pytest.raises(pt.SavedFormatError, match="kind `mini_batch_kmeans`"):
        pt.KMeans.load(tmp_path / "model.json")
    # A fit forgets what was learnt.
    again = model.fit(names)
    fresh = pt.MiniBatchKMeans(30, random_state=4, reassignment_ratio=0.3).fit(names)
    assert (again.cluster_centers_ == fresh.cluster_centers_).all()


def test_a_batch_that_is_refused_changes_nothing() -> None:
    X = blobs()
    model = pt.MiniBatchKMeans(3).partial_fit(X)
    before = model.cluster_centers_.copy()
    for bad in ([[np.nan, 1.0, 2.0]], [[1.0, 2.0]], [["a", "b", "c"]]):
        with pytest.raises(ValueError, match=r".+"):
            model.partial_fit(bad)
    assert (model.cluster_centers_ == before).all() and model.n_steps_ == 1


def test_labels_are_there_where_they_are_wanted() -> None:
    X = blobs()
    model = pt.MiniBatchKMeans(4, compute_labels=False).fit(X)
    assert not hasattr(model, "labels_") and len(model.sizes_) == 0
    labelled = pt.MiniBatchKMeans(4).fit(X)
    assert (labelled.cluster_centers_ == model.cluster_centers_).all()
    assert (np.bincount(labelled.labels_, minlength=4) == labelled.sizes_).all()
    assert model.inertia_ == pytest.approx(labelled.inertia_, rel=0.2)


def test_the_same_bits_with_any_number_of_threads() -> None:
    X = blobs(60_000, 4, 5)
    found = [
        pt.MiniBatchKMeans(7, batch_size=20_000, n_jobs=n).fit(X) for n in (1, 2, 7)
    ]
    for other in found[1:]:
        assert (other.cluster_centers_ == found[0].cluster_centers_).all()
        assert other.inertia_ == found[0].inertia_


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"n_clusters": 99}, "must be at most 4, the number of rows; got 99"),
        ({"init": "k-mean"}, "`init`"),
        ({"init": [[1.0]]}, "must be 2 centres of 1 numbers; got 1 of 1"),
        ({"max_iter": 0}, "`max_iter`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"compute_labels": 1}, "`compute_labels`"),
        ({"tol": -1.0}, "`tol`"),
        ({"max_no_improvement": -1}, "`max_no_improvement`"),
        ({"init_size": 1}, "`init_size` of `MiniBatchParams` must be at least 2"),
        ({"n_init": 0}, "`n_init`"),
        ({"reassignment_ratio": float("nan")}, "`reassignment_ratio`"),
        ({"random_state": -1}, "`random_state`"),
    ],
)
def test_bad_parameters_are_named(params: dict[str, Any], said: str) -> None:
    model = pt.MiniBatchKMeans(**{"n_clusters": 2, **params})
    with pytest.raises((pt.ParameterError, TypeError)) as error:
        model.fit([[0.0], [1.0], [2.0], [3.0]])
    assert said in str(error.value)


def test_the_signature_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.mini_batch_defaults())
    parameters = inspect.signature(pt.MiniBatchKMeans).parameters
    assert core.pop("n_init") is None and parameters["n_init"].default == "auto"
    assert core.pop("seed") == 0 and parameters["random_state"].default is None
    assert {name: parameters[name].default for name in core} == core


@pytest.mark.filterwarnings("ignore:Estimator MiniBatchKMeans does not inherit")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_keeps_the_conventions_of_scikit_learn() -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    drawn = {"check_sample_weight_equivalence_on_dense_data": "rows are drawn"}
    done = checks.check_estimator(pt.MiniBatchKMeans(), expected_failed_checks=drawn)
    assert len(done) > 40
