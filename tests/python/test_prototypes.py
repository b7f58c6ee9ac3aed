"""k-prototypes over tables of numbers and categories."""

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


def shop(n: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(0)
    kind = random.integers(0, 3, n)
    return pd.DataFrame(
        {
            "spent": kind * 2.0 + random.normal(size=n),
            "channel": np.array(["web", "shop", "phone"])[kind],
            "orders": random.normal(size=n),
            "floor": np.array([1, 2, 3])[kind],
        }
    )


def test_groups_that_categories_make_are_found() -> None:
    frame = shop()
    model = pt.KPrototypes(3, categorical=["channel", "floor"], gamma=100.0).fit(frame)
    by_channel = frame.groupby("channel", sort=False).indices.values()
    assert all(len(set(model.labels_[rows])) == 1 for rows in by_channel)
    assert sorted(model.cluster_modes_) == [["phone", "3"], ["shop", "2"], ["web", "1"]]
    assert model.cluster_means_.shape == (3, 2)
    assert (model.predict(frame) == model.labels_).all()
    assert model.notices_ == []
    assert model.sizes_.sum() == 400 and model.n_features_in_ == 4


def test_gamma_is_by_huangs_rule() -> None:
    frame = shop()
    model = pt.KPrototypes(2, categorical=[1, 3]).fit(frame)
    spread = frame[["spent", "orders"]].std(ddof=0).mean()
    assert model.gamma_ == pytest.approx(spread / 2)


def test_every_kind_of_table_is_read_alike() -> None:
    frame = shop()
    expected = pt.KPrototypes(4, categorical=["channel", "floor"]).fit(frame)
    tables: list[Any] = [
        pl.DataFrame(frame),
        pa.table(frame),
        frame.astype({"channel": "category"}),
        frame.astype({"floor": str}),
    ]
    for table in tables:
        found = pt.KPrototypes(4, categorical=["channel", "floor"]).fit(table)
        assert (found.labels_ == expected.labels_).all(), type(table)
    for rows in (frame.to_numpy(dtype=object), frame.to_numpy(dtype=object).tolist()):
        found = pt.KPrototypes(4, categorical=[1, 3]).fit(rows)
        assert (found.labels_ == expected.labels_).all()
        assert found.cluster_modes_ == expected.cluster_modes_


def test_unseen_categories_are_said() -> None:
    frame = shop()
    model = pt.KPrototypes(3, categorical=["channel"], gamma=100.0).fit(
        frame[["spent", "channel"]]
    )
    new = pd.DataFrame({"spent": [0.0, 4.0], "channel": ["fax", "web"]})
    labels = model.predict(new)
    assert model.cluster_modes_[labels[1]] == ["web"]
    assert model.notices_ == [
        "column `channel`: 1 row(s) have a category that the fit had not"
    ]
    with pytest.raises(pt.FeatureMismatchError, match="was fitted with"):
        model.predict(new[["channel", "spent"]])


def test_models_are_kept(tmp_path: Path) -> None:
    frame = shop()
    rows = frame.to_numpy(dtype=object)
    for X, columns in ((frame, ["channel", "floor"]), (rows, [1, 3])):
        model = pt.KPrototypes(3, categorical=columns, random_state=4).fit(X)
        model.save(tmp_path / "model.json")
        loaded = pt.KPrototypes.load(tmp_path / "model.json")
        again = pickle.loads(pickle.dumps(model))
        assert loaded.get_params() == model.get_params()
        for other in (loaded, again):
            assert (other.predict(X) == model.labels_).all()
            assert other.cluster_modes_ == model.cluster_modes_


def test_the_same_bits_with_any_number_of_threads() -> None:
    frame = shop(30_000)
    found = [
        pt.KPrototypes(5, categorical=["channel", "floor"], n_jobs=n).fit(frame)
        for n in (1, 2, 7)
    ]
    for other in found[1:]:
        assert (other.cluster_means_ == found[0].cluster_means_).all()
        assert other.inertia_ == found[0].inertia_


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"categorical": ["chanel"]}, "no column `chanel`"),
        ({"categorical": [4]}, "`categorical`"),
        ({"categorical": "channel"}, "must be a sequence of names"),
        ({"categorical": [1, "channel"]}, "must name each column once"),
        ({"categorical": [0, 1, 2, 3]}, "at least one column of numbers"),
        ({"categorical": [3]}, "channel"),
        ({"n_clusters": 0}, "`n_clusters`"),
        ({"n_clusters": 500}, "must be at most 400, the number of rows; got 500"),
        (
            {"gamma": -1.0},
            "`gamma` of `PrototypesParams` must be a number of 0 or more",
        ),
        ({"gamma": "auto"}, "`gamma`"),
        ({"n_init": 0}, "`n_init`"),
        ({"max_iter": 0}, "`max_iter`"),
    ],
)
def test_bad_parameters_are_named(params: dict[str, Any], said: str) -> None:
    model = pt.KPrototypes(**{"n_clusters": 2, "categorical": [1, 3], **params})
    with pytest.raises((pt.PatronomyError, TypeError)) as error:
        model.fit(shop())
    assert said in str(error.value)


def test_missing_values_are_named() -> None:
    frame = shop(10)
    frame.loc[3, "channel"] = None
    with pytest.raises(pt.BadValuesError, match="column `channel`: 1 value.*row 3"):
        pt.KPrototypes(2, categorical=["channel"]).fit(frame)
    with pytest.raises(pt.BadValuesError, match="column `1`: a category is missing"):
        pt.KPrototypes(2, categorical=[1]).fit(frame.to_numpy(dtype=object))
    frame = shop(10)
    frame.loc[3, "spent"] = np.nan
    with pytest.raises(pt.BadValuesError, match="column `spent`: 1 value"):
        pt.KPrototypes(2, categorical=["channel"]).fit(frame)


def test_the_signature_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.prototypes_defaults())
    parameters = inspect.signature(pt.KPrototypes).parameters
    assert core.pop("seed") == 0
    assert {name: parameters[name].default for name in core} == core
