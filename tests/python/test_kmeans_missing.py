"""k-means of rows that lack values: refused by default, or filled as asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest

from test_kmeans import blobs

impute = pytest.importorskip("sklearn.impute")


def holes(seed: int = 0) -> np.ndarray[Any, Any]:
    X = blobs(500, 3, seed)
    X[np.random.default_rng(seed).random(X.shape) < 0.1] = np.nan
    X[:, 2] = np.nan_to_num(X[:, 2])
    return X


@pytest.mark.parametrize("how", ["mean", "median"])
def test_filled_as_scikit_learn_fills(how: Literal["mean", "median"]) -> None:
    X = holes()
    imputer = impute.SimpleImputer(strategy=how).fit(X)
    whole = imputer.transform(X)
    start = whole[[0, 100, 200]]
    expected = pt.KMeans(3, init=start).fit(whole)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    nulls = pa.Table.from_pandas(frame)
    assert nulls["a"].null_count > 0
    tables: list[Any] = [
        X,
        np.asfortranarray(X),
        frame,
        nulls,
        pl.DataFrame(nulls),
    ]
    for table in tables:
        model = pt.KMeans(3, init=start, missing=how).fit(table)
        assert model.fill_ is not None
        assert np.allclose(model.fill_, imputer.statistics_)
        assert (model.labels_ == expected.labels_).all()
        assert np.allclose(model.cluster_centers_, expected.cluster_centers_)
        assert (model.predict(table) == expected.labels_).all()
        assert np.allclose(model.transform(table), expected.transform(whole))
        assert model.score(table) == pytest.approx(expected.score(whole))
        assert model.indices(table)["silhouette"] == pytest.approx(
            expected.indices(whole)["silhouette"]
        )
        assert len(model.notices_) == 2
        assert f"missing value(s) filled with its {how}" in model.notices_[0]


def test_new_rows_are_filled_as_those_of_the_fit(tmp_path: Path) -> None:
    model = pt.KMeans(3, missing="median").fit(holes())
    assert model.fill_ is not None
    row = np.full((1, 3), np.nan)
    expected = model.predict(model.fill_.reshape(1, 3))
    assert (model.predict(row) == expected).all()
    model.save(tmp_path / "model.json")
    loaded = pt.KMeans.load(tmp_path / "model.json")
    assert loaded.missing == "median" and loaded.fill_ is not None
    assert (loaded.fill_ == model.fill_).all()
    assert (loaded.predict(row) == expected).all()


def test_by_default_missing_values_are_refused() -> None:
    frame = pd.DataFrame(holes(), columns=["a", "b", "c"])
    with pytest.raises(pt.BadValuesError, match="column `a`: .* are missing"):
        pt.KMeans(3).fit(frame)
    model = pt.KMeans(3).fit(frame.dropna())
    assert model.fill_ is None
    with pytest.raises(pt.BadValuesError, match="column `a`: .* are missing"):
        model.predict(pa.Table.from_pandas(frame))


def test_what_cannot_be_filled_is_refused() -> None:
    with pytest.raises(pt.ParameterError, match='"error", "mean", "median"'):
        pt.KMeans(2, missing="mode").fit(holes())  # type: ignore[arg-type]
    empty = pd.DataFrame({"spent": [1.0, 2.0], "orders": [np.nan, np.nan]})
    with pytest.raises(pt.BadValuesError, match="`orders`: 2 value.*all of them"):
        pt.KMeans(2, missing="mean").fit(empty)
    with pytest.raises(pt.BadValuesError, match="infinite"):
        pt.KMeans(2, missing="mean").fit([[1.0], [np.inf], [np.nan]])
