"""k-means beside scikit-learn's: the same centres from the same starts, and its conventions."""

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

cluster = pytest.importorskip("sklearn.cluster")


def numeric(path: Path) -> np.ndarray[Any, Any]:
    """The number columns of a real table, each of variance one, without rows that miss any."""
    if not path.is_file():
        pytest.skip(f"PATRONOMY_DATA holds no {path.name}")
    frame = pd.read_parquet(path).select_dtypes("number").dropna()
    values = frame.to_numpy(dtype=np.float64)
    values = values[:, values.std(axis=0) > 0]
    return (values - values.mean(axis=0)) / values.std(axis=0)


@pytest.mark.parametrize(
    "name", ["wholesale_customers", "customer_personality", "adult"]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_starts_lead_to_the_same_centres(
    data_dir: Path, name: str, dtype: type
) -> None:
    X = numeric(data_dir / "segmentation" / f"{name}.parquet").astype(dtype)
    assert len(X) > 400
    for k in (2, 5, 9):
        start = X[np.linspace(0, len(X) - 1, k).astype(int)]
        ours = pt.KMeans(k, init=start).fit(X)
        # Of 32-bit numbers its sums are too coarse for this; ours are not.
        wide = X.astype(np.float64)
        theirs = cluster.KMeans(k, init=start.astype(np.float64), n_init=1).fit(wide)
        assert np.abs(ours.cluster_centers_ - theirs.cluster_centers_).max() < 1e-5
        assert (ours.labels_ == theirs.labels_).mean() > 0.9999
        assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)
        assert (ours.predict(X) == ours.labels_).all()
        assert ours.n_iter_ == theirs.n_iter_
        assert np.allclose(ours.transform(X), theirs.transform(wide), atol=1e-4)
        assert ours.score(X) == pytest.approx(theirs.score(wide))


def blobs(n: int = 600, d: int = 3, seed: int = 0) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(seed)
    return random.normal(size=(n, d)) + 6 * random.integers(0, 4, size=(n, 1))


def test_every_kind_of_table_is_read_alike() -> None:
    X = blobs()
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    start = X[:4]
    expected = pt.KMeans(4, init=start).fit(X)
    tables: list[Any] = [
        np.asfortranarray(X),
        X[::1, ::1],
        np.repeat(X, 2, axis=1)[:, ::2],
        X.astype(">f8"),
        X.tolist(),
        frame,
        frame.astype({"a": object}),
        pl.DataFrame(frame),
        pa.table(frame),
        pa.Table.from_batches(pa.table(frame).to_batches(max_chunksize=100)),
    ]
    for table in tables:
        found = pt.KMeans(4, init=start).fit(table)
        assert (found.labels_ == expected.labels_).all(), type(table)
        assert np.allclose(found.cluster_centers_, expected.cluster_centers_)
        assert (found.predict(table) == expected.labels_).all()
    named = pt.KMeans(4, init=start).fit(frame)
    assert list(named.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(pt.FeatureMismatchError, match="column `b` where the model"):
        named.predict(frame[["b", "a", "c"]])
    with pytest.raises(pt.FeatureMismatchError, match="X has 2 features"):
        named.predict(frame[["a", "b"]])


def test_starts_are_good_and_repeat() -> None:
    X = blobs(2_000, 2, 3)
    k_means = pt.KMeans(4, random_state=1)
    inertia = k_means.fit(X).inertia_
    assert k_means.fit(X).inertia_ == inertia
    best = cluster.KMeans(4, n_init=20, random_state=0).fit(X).inertia_
    assert inertia <= best * 1.001
    assert pt.KMeans(4, init="random", random_state=5).fit(X).inertia_ <= best * 1.001
    for threads in (1, 2, 7):
        again = pt.KMeans(4, random_state=1, n_jobs=threads).fit(X)
        assert again.inertia_ == inertia
    drawn = pt.KMeans(4, random_state=np.random.RandomState(3)).fit(X)
    assert drawn.inertia_ <= best * 1.5


@pytest.mark.parametrize("init", ["k-means++", "k-means||", "random"])
def test_starts_of_every_kind(init: str) -> None:
    X = blobs(3_000, 2, 4)
    best = cluster.KMeans(4, n_init=20, random_state=0).fit(X).inertia_
    found = [pt.KMeans(4, init=init, random_state=s).fit(X).inertia_ for s in range(5)]
    assert min(found) <= best * 1.001


def test_indices_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    X = blobs(900, 3, 5)
    model = pt.KMeans(5, random_state=0).fit(X)
    found = model.indices(X)
    assert found["inertia"] == pytest.approx(model.inertia_)
    assert found["silhouette"] == pytest.approx(
        metrics.silhouette_score(X, model.labels_)
    )
    assert found["silhouette_n_rows"] == 900
    assert found["silhouette_standard_error"] == 0
    # Centres are means to the last iteration's move.
    exact = pt.KMeans(5, random_state=0, tol=0.0).fit(X)
    assert exact.indices(X)["calinski_harabasz"] == pytest.approx(
        metrics.calinski_harabasz_score(X, exact.labels_)
    )
    assert exact.indices(X)["davies_bouldin"] == pytest.approx(
        metrics.davies_bouldin_score(X, exact.labels_)
    )
    few = model.indices(X, sample=300)
    assert few["silhouette_n_rows"] == 300
    assert pt.KMeans(1).fit(X).indices(X)["silhouette"] is None
    with pytest.raises(pt.ParameterError, match="`sample`"):
        model.indices(X, sample=1)


def test_weights() -> None:
    X = np.array([[0.0], [1.0], [5.0], [6.0]])
    k_means = pt.KMeans(2, init=np.array([[0.0], [9.0]]))
    fitted = k_means.fit(X, sample_weight=[1, 3, 2, 0])
    assert fitted.cluster_centers_.ravel().tolist() == [0.75, 5.0]
    with pytest.raises(pt.ParameterError, match="must be one for each of 4 rows"):
        k_means.fit(X, sample_weight=[1, 2])
    with pytest.raises(pt.ParameterError, match="from 0 to 1e100; got -1"):
        k_means.fit(X, sample_weight=[1, 3, 2, -1])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"n_clusters": 0}, "`n_clusters`"),
        ({"n_clusters": 2.5}, "`n_clusters`"),
        ({"n_clusters": 99}, "must be at most 4, the number of rows; got 99"),
        ({"init": "k-mean"}, "`init`"),
        ({"init": [[1.0]]}, "must be 2 centres of 1 numbers; got 1 of 1"),
        ({"n_init": 0}, "`n_init`"),
        ({"max_iter": 0}, "`max_iter`"),
        ({"tol": -1.0}, "`tol`"),
        ({"tol": float("nan")}, "`tol`"),
        ({"random_state": -1}, "`random_state`"),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_bad_parameters_are_named(params: dict[str, Any], said: str) -> None:
    with pytest.raises((pt.ParameterError, TypeError)) as error:
        pt.KMeans(**{"n_clusters": 2, **params}).fit([[0.0], [1.0], [2.0], [3.0]])
    assert said in str(error.value)


def test_bad_numbers_are_named() -> None:
    frame = pd.DataFrame({"spent": [1.0, 2.0, 3.0], "orders": [1.0, np.nan, np.nan]})
    with pytest.raises(pt.BadValuesError, match="column `orders`: 2 value"):
        pt.KMeans(2).fit(frame)
    with pytest.raises(pt.BadValuesError, match="column `0`: 1 value.*at row 2: `inf`"):
        pt.KMeans(2).fit([[1.0], [2.0], [np.inf]])
    with pytest.raises(ValueError, match="must hold numbers"):
        pt.KMeans(2).fit([["a"], ["b"]])
    with pytest.raises(ValueError, match="two dimensions"):
        pt.KMeans(2).fit([1.0, 2.0])
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="sparse"):
        pt.KMeans(2).fit(sparse.csr_matrix(np.eye(3)))


def test_models_are_kept(tmp_path: Path) -> None:
    X = blobs()
    fitted = pt.KMeans(3, random_state=2).fit(X)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict(X) == fitted.labels_).all()
    assert repr(again) == "KMeans(n_clusters=3, random_state=2)"
    fitted.save(tmp_path / "model.json")
    assert json.loads((tmp_path / "model.json").read_text())["kind"] == "kmeans"
    loaded = pt.KMeans.load(tmp_path / "model.json")
    assert (loaded.predict(X) == fitted.labels_).all()
    assert loaded.get_params() == fitted.get_params()
    start = pt.KMeans(2, init=X[:2], n_init=3).fit(pd.DataFrame(X, columns=list("abc")))
    start.save(tmp_path / "start.json")
    loaded = pt.KMeans.load(tmp_path / "start.json")
    assert (loaded.init == X[:2]).all() and loaded.n_init == 3
    assert list(loaded.feature_names_in_) == ["a", "b", "c"]
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(pt.SavedFormatError):
        pt.KMeans.load(tmp_path / "bad.json")
    with pytest.raises(Exception, match="not fitted yet"):
        pt.KMeans().predict(X)


def test_the_signature_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.kmeans_defaults())
    parameters = inspect.signature(pt.KMeans).parameters
    assert core.pop("n_init") is None and parameters["n_init"].default == "auto"
    assert core.pop("seed") == 0 and parameters["random_state"].default is None
    assert {name: parameters[name].default for name in core} == core


@pytest.mark.filterwarnings("ignore:Estimator KMeans does not inherit")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_keeps_the_conventions_of_scikit_learn() -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    # Rows are drawn: a row that is there twice takes other draws than a row of weight two.
    drawn = {"check_sample_weight_equivalence_on_dense_data": "rows are drawn"}
    done = checks.check_estimator(pt.KMeans(), expected_failed_checks=drawn)
    assert len(done) > 40
    # Where none is drawn they are the same.
    X = np.array([[0.0], [1.0], [1.0], [4.0], [4.0], [9.0]])
    start = pt.KMeans(2, init=np.array([[0.0], [9.0]]))
    weighted = start.fit(X[[0, 1, 3, 5]], sample_weight=[1, 2, 2, 1]).cluster_centers_
    assert np.allclose(weighted, start.fit(X).cluster_centers_)
