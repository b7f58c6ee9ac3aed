"""DBSCAN, OPTICS and Gaussian mixtures beside scikit-learn's."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import patronomy as pt
import pytest
from patronomy import _core

from test_kmeans import blobs, numeric

cluster = pytest.importorskip("sklearn.cluster")
metrics = pytest.importorskip("sklearn.metrics")
mixture = pytest.importorskip("sklearn.mixture")

TABLES = [("wholesale_customers", 1.0), ("customer_personality", 3.0)]


@pytest.mark.parametrize(("name", "eps"), TABLES)
def test_dbscan_gives_the_labels_of_scikit_learn(
    data_dir: Path, name: str, eps: float
) -> None:
    X = numeric(data_dir / "segmentation" / f"{name}.parquet")
    for scale in (0.7, 1.0, 1.4):
        ours = pt.DBSCAN(scale * eps, min_samples=4).fit(X)
        theirs = cluster.DBSCAN(eps=scale * eps, min_samples=4).fit(X)
        assert ours.labels_.max() >= 1
        assert (ours.labels_ == theirs.labels_).all()


@pytest.mark.parametrize(("name", "eps"), TABLES)
def test_optics_has_the_core_distances_and_nearly_the_clusters_of_scikit_learn(
    data_dir: Path, name: str, eps: float
) -> None:
    X = numeric(data_dir / "segmentation" / f"{name}.parquet")[:600]
    ours = pt.OPTICS(min_samples=5, eps=eps).fit(X)
    theirs = cluster.OPTICS(min_samples=5, eps=eps, cluster_method="dbscan").fit(X)
    assert np.allclose(ours.core_distances_, theirs.core_distances_)
    assert sorted(ours.ordering_) == list(range(len(X)))
    assert metrics.adjusted_rand_score(ours.labels_, theirs.labels_) > 0.95
    dense = pt.DBSCAN(eps, min_samples=5).fit(X).labels_
    cores = ours.core_distances_ <= eps
    assert metrics.adjusted_rand_score(ours.labels_[cores], dense[cores]) == 1.0


@pytest.mark.parametrize("k", [1, 4])
def test_a_mixture_is_as_likely_as_that_of_scikit_learn(k: int) -> None:
    random = np.random.default_rng(3)
    shapes = random.normal(size=(4, 3, 3))
    X = np.concatenate(
        [random.normal(size=(500, 3)) @ shapes[i] + 8 * i for i in range(4)]
    )
    ours = pt.GaussianMixture(k).fit(X)
    theirs = mixture.GaussianMixture(k, random_state=0, tol=1e-6).fit(X)
    assert ours.score(X) == pytest.approx(theirs.score(X), abs=2e-3)
    order, other = np.argsort(ours.means_[:, 0]), np.argsort(theirs.means_[:, 0])
    assert np.allclose(ours.means_[order], theirs.means_[other], atol=0.05)
    assert np.allclose(
        ours.covariances_[order], theirs.covariances_[other], rtol=0.1, atol=0.1
    )
    same = metrics.adjusted_rand_score(ours.predict(X), theirs.predict(X))
    assert same > 0.99
    assert np.allclose(ours.predict_proba(X).sum(axis=1), 1.0)
    assert ours.bic(X) == pytest.approx(theirs.bic(X), rel=1e-3)
    assert ours.aic(X) == pytest.approx(theirs.aic(X), rel=1e-3)


def test_mixtures_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame(blobs(400, 2, 1), columns=["a", "b"])
    model = pt.GaussianMixture(2, random_state=3).fit(frame)
    model.save(tmp_path / "model.json")
    for other in (
        pt.GaussianMixture.load(tmp_path / "model.json"),
        pickle.loads(pickle.dumps(model)),
    ):
        assert (other.predict(frame) == model.predict(frame)).all()
        assert other.get_params()["random_state"] == 3
        assert list(other.feature_names_in_) == ["a", "b"]
    with pytest.raises(pt.FeatureMismatchError, match="column `b` where"):
        model.predict(frame[["b", "a"]])
    with pytest.raises(Exception, match="not fitted yet"):
        pt.GaussianMixture().predict(frame)


def test_the_same_with_any_number_of_threads() -> None:
    X = blobs(5_000, 3, 2)
    found = [pt.GaussianMixture(4, n_jobs=n).fit(X) for n in (1, 2, 7)]
    for other in found[1:]:
        assert (other.means_ == found[0].means_).all()
        assert (other.predict(X) == found[0].predict(X)).all()


def test_new_rows_have_no_place_in_densities() -> None:
    for model in (pt.DBSCAN(), pt.OPTICS()):
        assert not hasattr(model, "predict") and not hasattr(model, "transform")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (pt.DBSCAN(0.0), "`eps` of `DbscanParams` must be a distance above 0"),
        (pt.DBSCAN(float("nan")), "`eps` of `DBSCAN` must be finite"),
        (
            pt.DBSCAN(min_samples=1),
            "`min_samples` of `DbscanParams` must be at least 2",
        ),
        (pt.OPTICS(min_samples=-1), "`min_samples` of `OPTICS`"),
        (pt.OPTICS(eps=-1.0), "`eps` of `OpticsParams`"),
        (pt.GaussianMixture(5), "must be at most 4, the number of rows; got 5"),
        (pt.GaussianMixture(0), "`n_components`"),
        (
            pt.GaussianMixture(tol=0.0),
            "`tol` of `MixtureParams` must be a number above",
        ),
        (pt.GaussianMixture(reg_covar=-1.0), "`reg_covar`"),
    ],
)
def test_bad_parameters_are_named(model: Any, said: str) -> None:
    with pytest.raises((pt.ParameterError, TypeError)) as error:
        model.fit([[0.0], [1.0], [2.0], [3.0]])
    assert said in str(error.value)


@pytest.mark.parametrize("model", [pt.DBSCAN(), pt.OPTICS(), pt.GaussianMixture()])
def test_bad_numbers_are_named(model: Any) -> None:
    frame = pd.DataFrame({"spent": [1.0, 2.0], "orders": [1.0, np.nan]})
    with pytest.raises(pt.BadValuesError, match="column `orders`: 1 value"):
        model.fit(frame)
    too_many = {"DBSCAN": 50_001, "OPTICS": 10_001, "GaussianMixture": 200_001}
    rows = np.zeros((too_many[type(model).__name__], 1), dtype=np.float32)
    with pytest.raises(pt.ParameterError, match="take a sample"):
        model.fit(rows)


def test_the_signatures_show_the_defaults_of_the_core() -> None:
    classes = (pt.DBSCAN, pt.OPTICS, pt.GaussianMixture)
    for own, text in zip(classes, _core.density_defaults(), strict=True):
        core = json.loads(text)
        parameters = inspect.signature(own).parameters
        assert core.pop("seed", 0) == 0
        assert {name: parameters[name].default for name in core} == core


@pytest.mark.filterwarnings("ignore:Estimator .* does not inherit")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("model", [pt.DBSCAN(), pt.OPTICS(), pt.GaussianMixture()])
def test_they_keep_the_conventions_of_scikit_learn(model: Any) -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    assert len(checks.check_estimator(model)) > 30
