"""k-means whose clusters have limited sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import patronomy as pt
import pytest

from test_kmeans import blobs, numeric

optimize = pytest.importorskip("scipy.optimize")


def test_real_customers_in_groups_of_equal_size(data_dir: Path) -> None:
    X = numeric(data_dir / "segmentation" / "wholesale_customers.parquet")
    free = pt.KMeans(5, random_state=1).fit(X)
    assert free.sizes_.min() < 40
    even = pt.KMeans(5, random_state=1, min_size=88, max_size=88).fit(X)
    assert even.sizes_.tolist() == [88] * 5
    assert (np.bincount(even.labels_) == 88).all()
    assert even.inertia_ > free.inertia_


def test_the_assignment_is_the_cheapest_there_is(data_dir: Path) -> None:
    X = numeric(data_dir / "segmentation" / "wholesale_customers.parquet")[:120]
    model = pt.KMeans(4, random_state=2, min_size=30, max_size=30).fit(X)
    squares = model.transform(X) ** 2
    # Each cluster is thirty places for a row.
    places = np.repeat(squares, 30, axis=1)
    rows, columns = optimize.linear_sum_assignment(places)
    assert model.inertia_ == pytest.approx(places[rows, columns].sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"min_size": 31}, "must be at most 30: 20 clusters share 600 rows; got 31"),
        ({"max_size": 29}, "must be at least 30: 20 clusters share 600 rows; got 29"),
        ({"min_size": 0}, "`min_size`"),
        ({"max_size": 2.5}, "`max_size`"),
        ({"min_size": 9, "max_size": 8}, "must be at least 9, the `min_size`; got 8"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(
    params: dict[str, Any], said: str
) -> None:
    with pytest.raises((pt.ParameterError, TypeError)) as error:
        pt.KMeans(20, **params).fit(blobs())
    assert said in str(error.value)


def test_a_model_with_limits_is_kept(tmp_path: Path) -> None:
    X = blobs(300)
    model = pt.KMeans(3, min_size=90).fit(X)
    model.save(tmp_path / "model.json")
    loaded = pt.KMeans.load(tmp_path / "model.json")
    assert loaded.get_params() == {**model.get_params(), "random_state": 0}
    assert (loaded.predict(X) == model.predict(X)).all()
