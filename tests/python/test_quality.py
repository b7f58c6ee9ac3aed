"""Quality in Python: findings, scorecard, strict mode, rows left out by request."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import patronomy as pt
import polars as pl
import pytest
from patronomy import _core

NOW = "2030-01-01"


def lines(**columns: list[Any]) -> pl.DataFrame:
    """Return three plain lines with some columns replaced."""
    plain: dict[str, list[Any]] = {
        "who": [1, 2, 3],
        "when": ["2024-01-05", "2024-01-06", "2024-01-07"],
        "order": ["100", "101", "102"],
        "code": ["A1", "A2", "A1"],
        "name": ["red mug", "blue mug", "red mug"],
        "n": [1, 2, 1],
        "price": [2.5, 3.0, 2.5],
    }
    return pl.DataFrame(plain | columns)


ROLES = {
    "customer": "who",
    "time": "when",
    "transaction": "order",
    "item": "code",
    "item_name": "name",
    "quantity": "n",
    "price": "price",
}


def found(frame: pl.DataFrame, **roles: str) -> dict[str, int]:
    """Return the rows of each check that flagged any."""
    quality = pt.Transactions(frame, **(ROLES | roles)).check(now=NOW)
    table = quality.findings.to_dict()
    pairs = zip(table["check"], table["n_rows"], strict=True)
    return {check: n for check, n in pairs if n}


def test_plain_lines_have_no_findings() -> None:
    assert found(lines()) == {}


@pytest.mark.parametrize(
    ("columns", "check"),
    [
        ({"who": [1, None, 3]}, "customer_missing"),
        ({"who": [1, -5, 3]}, "customer_malformed"),
        ({"who": ["K1", "n/a", "K3"]}, "customer_malformed"),
        ({"order": ["100", " ", "102"]}, "transaction_missing"),
        ({"order": ["100", "?", "102"]}, "transaction_malformed"),
        ({"code": ["A1", None, "A1"]}, "item_missing"),
        ({"name": ["red mug", "", "red mug"]}, "item_name_missing"),
        ({"name": ["red mug", "blue mug", "Red  Mug"]}, "item_name_varies"),
        ({"code": ["A1", "TEST001", "A1"]}, "test_row"),
        ({"name": ["red mug", "测试商品", "red mug"]}, "test_row"),
        ({"code": ["A1", "POST", "A1"]}, "adjustment_row"),
        ({"when": ["2024-01-05", None, "2024-01-07"]}, "time_missing"),
        ({"when": ["2024-01-05", "1970-01-01", "2024-01-07"]}, "time_impossible"),
        ({"when": ["2024-01-05", "2031-01-06", "2024-01-07"]}, "time_future"),
        ({"n": [1, None, 1]}, "amount_missing"),
        ({"price": [2.5, float("inf"), 2.5]}, "amount_not_finite"),
        ({"n": [1, 0, 1]}, "quantity_zero"),
        ({"price": [2.5, 0.0, 2.5]}, "amount_zero"),
        ({"price": [2.5, -3.0, 2.5]}, "price_negative"),
        ({"order": ["100", "C101", "102"], "n": [1, -2, 1]}, "cancellation"),
        ({"n": [1, -2, 1]}, "negative_quantity"),
        ({"n": [1, -2, 1]}, "return_unmatched"),
        ({"name": ["red mug", "blue ｍug", "red mug"]}, "full_width_text"),
        ({"name": ["red mug", "cafÃ© mug", "red mug"]}, "broken_encoding"),
        ({"name": ["red mug", "blue mug ", "red mug"]}, "untrimmed_text"),
    ],
)
def test_each_fault_is_found_where_it_is(
    columns: dict[str, list[Any]], check: str
) -> None:
    assert found(lines(**columns)).get(check) == 1


def test_further_roles_have_checks_of_their_own() -> None:
    frame = lines().with_columns(
        money=pl.Series([2.5, 7.0, 2.5]), coin=pl.Series(["GBP", "USD", "GBP"])
    )
    result = found(frame, amount="money", currency="coin")
    assert result == {"sum_mismatch": 1, "currency_mixed": 1}


def test_exact_duplicates_are_counted_beyond_the_first() -> None:
    frame = pl.concat([lines(), lines(), lines().head(1)])
    tx = pt.Transactions(frame, **ROLES)
    assert tx.check(now=NOW)["duplicate"] == 4 == frame.height - frame.unique().height
    frame = frame.with_row_index("line")
    tx = pt.Transactions(frame, **ROLES)
    assert tx.check(now=NOW)["duplicate"] == 0
    assert tx.check(now=NOW, duplicate_columns=["who", "order"])["duplicate"] == 4


def test_a_purchase_returned_whole_and_its_flag() -> None:
    frame = lines(who=[1, 1, 3], code=["A1"] * 3, n=[1, -1, 1], price=[2.5] * 3)
    quality = pt.Transactions(frame, **ROLES).check(now=NOW)
    assert quality["order_cancelled"] == 1
    assert quality.examples("order_cancelled").to_dict()["row"] == [0]
    assert quality["return_unmatched"] == 0


def test_partner_tables() -> None:
    tx = pt.Transactions(lines(), **ROLES)
    customers = pd.DataFrame({"id": [1, 2]})
    items = pl.DataFrame({"code": ["A1"]})
    quality = tx.check(now=NOW, customers=(customers, "id"), items=(items, "code"))
    assert (quality["customer_unknown"], quality["item_unknown"]) == (1, 1)
    with pytest.raises(TypeError, match="`customers` of `check`"):
        tx.check(customers=customers)  # type: ignore[arg-type]
    with pytest.raises(pt.ColumnNotFoundError):
        tx.check(customers=(customers, "key"))
    with pytest.raises(pt.FeatureMismatchError, match="integers"):
        tx.check(items=(customers, "id"))


def test_left_out_by_request_in_every_job() -> None:
    frame = pl.concat([lines(), lines()])
    tx = pt.Transactions(frame, **ROLES)
    counts = tx.without("duplicate").counts
    assert counts["left_out"] == {"flagged": 3}
    assert counts["flagged"] == {"duplicate": 3}
    assert counts["rows_used"] == 3
    assert tx.without("duplicate").rfm(segments=None).counts == counts
    assert "flagged" not in tx.counts
    with pytest.raises(pt.ParameterError, match="did you mean `duplicate`"):
        tx.without("duplicates")
    with pytest.raises(TypeError, match="`names` of `without`"):
        tx.without(1)  # type: ignore[arg-type]


def test_kinds_of_customers() -> None:
    frame = lines().with_columns(kind=pl.Series(["private", "wholesale", None]))
    tx = pt.Transactions(frame, **ROLES, customer_kind="kind")
    assert tx.only_kinds("private").counts["left_out"] == {"other_kind": 2}
    assert tx.without_kinds("wholesale").counts["left_out"] == {"other_kind": 1}
    with pytest.raises(pt.ColumnNotFoundError, match="customer_kind"):
        pt.Transactions(frame, **ROLES).only_kinds("private")


def test_strict_mode() -> None:
    tx = pt.Transactions(lines(who=[1, None, 3]), **ROLES)
    quality = tx.check(now=NOW, skip=["duplicate"])
    assert quality.require("time_missing") is quality
    with pytest.raises(pt.BadValuesError, match="1 value.*row 1.*customer_missing"):
        quality.require("time_missing", "customer_missing")
    with pytest.raises(pt.ParameterError, match="skipped"):
        quality.require("duplicate")
    with pytest.raises(KeyError, match="duplicate"):
        quality["duplicate"]


def test_what_comes_after_the_clock_is_not_seen() -> None:
    frame = lines(who=[1, 2, None])
    past, later = pt.Transactions(frame, **ROLES).split("2024-01-07")
    assert past.quality["customer_missing"] == 0
    assert past.quality.n_checked == 2
    assert later.quality["customer_missing"] == 1
    assert later.quality.n_checked == 1


def test_tables_and_pictures() -> None:
    quality = pt.Transactions(lines(who=[1, None, 3]), **ROLES).check(now=NOW)
    card = quality.scorecard.to_pandas().set_index("role")
    assert card.loc["customer", "completeness"] == pytest.approx(2 / 3)
    assert card.loc["table", "uniqueness"] == 1.0
    flags = quality.flags.to_polars()
    assert flags["customer_missing"].to_list() == [False, True, False]
    assert flags.width == 1
    assert quality.rows("customer_missing").to_dict()["row"] == [1]
    text = repr(quality)
    assert "customer_missing" in text and "66.66%" in text
    assert "customer_missing" in quality._repr_html_()
    ax = quality.plot()
    assert ax.get_title() == "Rows without a fault"
    assert copy.copy(quality) is quality
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(quality)
    with pytest.raises(AttributeError, match="frozen"):
        quality.n_rows = 5  # type: ignore[misc]


def test_every_frame_gives_the_same_findings() -> None:
    frame = lines(name=["red mug", "red mug ", None])
    expected = pt.Transactions(frame, **ROLES).check(now=NOW).findings.to_dict()
    for other in (frame.to_arrow(), frame.to_pandas()):
        same = pt.Transactions(other, **ROLES).check(now=NOW).findings.to_dict()
        assert same == expected


def test_defaults_are_those_of_the_core() -> None:
    core = json.loads(_core.quality_defaults())
    parameters = inspect.signature(pt.Transactions.check).parameters
    face = {k: p.default for k, p in parameters.items() if k in core}
    assert face.keys() == core.keys()
    words = ("test_words", "adjustment_words")
    assert all(face.pop(w) is None and core.pop(w) for w in words)
    assert face.pop("skip") == tuple(core.pop("skip"))
    assert face.pop("checks") is None and core.pop("checks") == []
    assert face == core


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"skip": "duplicate"}, TypeError, "`skip` of `check`"),
        ({"skip": ["duplicats"]}, pt.ParameterError, "did you mean `duplicate`"),
        ({"price_ratio": 1}, pt.ParameterError, "over 1"),
        ({"price_ratio": "5"}, TypeError, "`price_ratio`"),
        ({"sum_tolerance": 1.5}, pt.ParameterError, r"\[0, 1\)"),
        ({"duplicate_columns": []}, pt.ParameterError, "must name a column"),
        ({"duplicate_columns": ["colour"]}, pt.ColumnNotFoundError, "colour"),
        ({"now": 5}, TypeError, "`now` of `check`"),
        ({"memory_mb": 0.001}, pt.BudgetError, "budget"),
        ({"cancellation_prefix": None}, TypeError, "`cancellation_prefix`"),
    ],
)
def test_bad_arguments(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    tx = pt.Transactions(lines(), **ROLES)
    with pytest.raises(error, match=words):
        tx.check(**arguments)


def test_the_published_figures_of_online_retail(online_retail_path: Path) -> None:
    frame = pl.read_parquet(online_retail_path)
    quality = pt.Transactions(frame, **pt.datasets.ONLINE_RETAIL_ROLES).quality
    assert quality["customer_missing"] == 135_080
    assert quality["cancellation"] == 9_288
    assert quality["negative_quantity"] == 1_336
    assert quality["duplicate"] == 5_268
    # The two giant orders and what cancelled them.
    giants = quality.examples("order_cancelled").to_dict()["Quantity"][:2]
    assert giants == [80_995, 74_215]
    giants = quality.examples("cancellation").to_dict()["Quantity"][:2]
    assert giants == [-80_995, -74_215]


def test_appended_rows_are_as_good_as_rows_from_the_start(tmp_path: Path) -> None:
    whole = pl.concat([lines(), lines(who=[4, None, 1])])
    expected = pt.Transactions(whole, **ROLES)
    tx = pt.Transactions(whole.head(4), **ROLES).append(whole.tail(2).to_pandas())
    assert tx.check(now=NOW).flags.to_dict() == expected.check(now=NOW).flags.to_dict()
    assert tx.rfm(segments=None).to_dict() == expected.rfm(segments=None).to_dict()
    path = tmp_path / "more.csv"
    whole.tail(2).write_csv(path)
    from_file = pt.Transactions(whole.head(4), **ROLES).append(path)
    assert from_file.counts == expected.counts
    with pytest.raises(pt.FeatureMismatchError, match="no column `price`"):
        tx.append(whole.drop("price"))
    with pytest.raises(pt.FeatureMismatchError, match="`extra` is not in the table"):
        tx.append(whole.with_columns(extra=1))
    with pytest.raises(TypeError, match=r"`data` of `Transactions\.append`"):
        tx.append([1, 2])
