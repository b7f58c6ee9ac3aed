"""Normalisers in Python: one form, the original kept beside, once as good as twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import patronomy as pt
import polars as pl
import pytest
from patronomy import clean


@pytest.mark.parametrize(
    ("values", "how", "expected"),
    [
        (["  Ｒed　MUG ", None], clean.text(case="lower"), ["red mug", None]),
        (["CafÃ©"], clean.text(), ["Café"]),
        ([" ab‑12 ３ "], clean.code(), ["AB-123"]),
        (["¥12", "(3.50)"], clean.money(yen="JPY"), [12.0, -3.5]),
        (["1.234"], clean.money(decimal=","), [1234.0]),
        (["0.5 kg", "2斤"], clean.unit(), [500.0, 1000.0]),
        (["2024年1月5日"], clean.date(), [datetime(2024, 1, 5)]),
        (["1/2/2024"], clean.date(day_first=True), [datetime(2024, 2, 1)]),
    ],
)
def test_values_come_into_one_form(
    values: list[Any], how: clean.Normaliser, expected: list[Any]
) -> None:
    frame = pl.DataFrame({"x": values, "other": values})
    once = clean.normalise(frame, {"x": how})
    columns = once.to_dict()
    assert columns["x"] == expected
    assert columns["x_original"] == values == columns["other"]
    twice = clean.normalise(once, {"x": how})
    assert twice.to_dict() == columns
    assert twice.report[0]["n_changed"] == 0
    same = clean.normalise(pd.DataFrame({"x": values}), {"x": how})
    assert same.to_dict()["x"] == expected


def test_what_cannot_be_read_is_counted_and_kept() -> None:
    frame = pl.DataFrame({"x": ["5", "free", None, ""]})
    done = clean.normalise(frame, {"x": clean.money()})
    assert done.report == [
        {"column": "x", "n_changed": 1, "n_unreadable": 1, "first_unreadable": 1}
    ]
    assert done.to_dict()["x_original"] == ["5", "free", None, ""]


def test_bad_arguments() -> None:
    frame = pl.DataFrame({"x": ["1/2/2024"], "n": [1]})
    with pytest.raises(pt.BadValuesError, match="day_first"):
        clean.normalise(frame, {"x": clean.date()})
    with pytest.raises(pt.ColumnTypeError, match="`n`"):
        clean.normalise(frame, {"n": clean.text()})
    with pytest.raises(pt.ColumnNotFoundError, match="`y`"):
        clean.normalise(frame, {"y": clean.text()})
    with pytest.raises(TypeError, match="normalisers"):
        clean.normalise(frame, {"x": "text"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="mapping"):
        clean.normalise(frame, ["x"])  # type: ignore[arg-type]
    with pytest.raises(pt.ParameterError, match="`case`"):
        clean.text(case="title")  # type: ignore[arg-type]
    with pytest.raises(pt.ParameterError, match="`decimal`"):
        clean.money(decimal=";")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no public constructor"):
        clean.Normaliser()
    assert repr(clean.text(case="upper")) == "text(case='upper')"
