"""Checks of one's own, by expression, and the findings that are kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import patronomy as pt
import polars as pl
import pytest

NOW = "2030-01-01"
ROLES = {
    "customer": "who",
    "time": "when",
    "transaction": "order",
    "quantity": "n",
    "price": "Unit Price",
}


def transactions() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "who": [1, 2, 3, 4],
            "when": ["2024-01-05", "2024-01-06T09:00", "2024-01-07", "2024-01-08"],
            "order": ["100", "101", "102", "103"],
            "n": [1, 2000, 5000, 3000],
            "Unit Price": [2.5, 0.05, 0.01, None],
            "shop": ["north", None, "NORTH", "south"],
        }
    )


CHEAP = {"cheap_bulk": "quantity > 1000 and price < 0.1"}


def test_a_custom_check_is_found_wherever_a_built_in_one_is() -> None:
    tx = pt.Transactions(transactions(), **ROLES)
    quality = tx.check(now=NOW, checks=CHEAP)
    assert quality["cheap_bulk"] == 2
    assert quality.findings.to_dict()["check"][-1] == "cheap_bulk"
    assert quality.findings.to_dict()["finds"][-1] == CHEAP["cheap_bulk"]
    assert quality.flags.to_dict()["cheap_bulk"] == [False, True, True, False]
    assert quality.rows("cheap_bulk").to_dict()["row"] == [1, 2]
    assert quality.examples("cheap_bulk").to_dict()["row"] == [1, 2]
    assert "cheap_bulk" in repr(quality)
    with pytest.raises(pt.BadValuesError, match="quantity > 1000"):
        quality.require("cheap_bulk")
    skipped = tx.check(now=NOW, checks=CHEAP, skip=["cheap_bulk"])
    with pytest.raises(KeyError, match="cheap_bulk"):
        skipped["cheap_bulk"]
    assert tx.as_of("2024-01-06").check(checks=CHEAP)["cheap_bulk"] == 1


def test_options_say_what_a_check_is() -> None:
    tx = pt.Transactions(transactions(), **ROLES)
    check = {
        "expression": "time > '2024-01-06'",
        "finds": "the shop was closed",
        "dimension": "timeliness",
        "is_remark": True,
        "role": "time",
    }
    table = tx.check(now=NOW, checks={"closed": check}).findings.to_dict()
    last = {name: values[-1] for name, values in table.items()}
    assert last["check"] == "closed" and last["n_rows"] == 2
    assert last["finds"] == "the shop was closed"
    assert last["dimension"] == "timeliness" and last["role"] == "time"
    assert last["is_remark"] is True


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ('"Unit Price" IS NULL', [3]),
        ("`Unit Price` * quantity > 50", [1]),
        ("shop ILIKE 'north'", [0, 2]),
        ("shop NOT IN ('north', 'south')", [2]),
        ("time = '2024-01-06'", [1]),
        ("time BETWEEN '2024-01-06' AND '2024-01-07'", [1, 2]),
        ("order = '100' or length(shop) = 5 and not customer <> 3", [0, 2]),
        ("1 / (quantity - 1) > 0", [1, 2, 3]),
        ("true", [0, 1, 2, 3]),
    ],
)
def test_expressions_on_every_frame(expression: str, rows: list[int]) -> None:
    frame = transactions()
    for data in (frame, frame.to_arrow(), frame.to_pandas()):
        tx = pt.Transactions(data, **ROLES)
        quality = tx.check(now=NOW, checks={"own": expression})
        assert quality.rows("own").to_dict()["row"] == rows


def test_left_out_in_every_job() -> None:
    tx = pt.Transactions(transactions(), **ROLES)
    clean = tx.without("cheap_bulk", "amount_missing", checks=CHEAP)
    assert clean.counts["flagged"] == {"cheap_bulk": 2, "amount_missing": 1}
    assert clean.rfm(segments=None).counts == clean.counts
    past = clean.as_of("2024-01-06")
    assert past.counts["flagged"] == {"cheap_bulk": 1}
    with pytest.raises(pt.ParameterError, match="must be named"):
        tx.without("duplicate", checks=CHEAP)
    with pytest.raises(pt.ParameterError, match="must be names of checks"):
        tx.without("cheap_bulk")


@pytest.mark.parametrize(
    ("checks", "error", "words"),
    [
        ("price > 1", TypeError, "must be a dict of names"),
        ({"a": 1}, TypeError, "must be a dict of names"),
        ({1: "price > 1"}, TypeError, "must be a dict of names"),
        ({"a": {}}, TypeError, "no text there"),
        ({"a": {"expression": "true", "rule": 1}}, TypeError, "takes expression"),
        ({"a": {"expression": "true", "is_remark": 1}}, TypeError, "must be a bool"),
        (
            {"a": {"expression": "true", "dimension": "x"}},
            pt.ParameterError,
            "unknown variant `x`",
        ),
        ({"": "true"}, pt.ParameterError, "1 to 100 characters"),
        ({"duplicate": "true"}, pt.ParameterError, "no built-in check has"),
        ({"a": ""}, pt.ParameterError, "must be a condition such as"),
        ({"a": "price >"}, pt.ParameterError, "`expression` of `a` cannot be read"),
        ({"a": "price > 1 price"}, pt.ParameterError, "at character 11"),
        ({"a": "prize > 1"}, pt.ColumnNotFoundError, "did you mean `price`"),
        ({"a": "shop > 1"}, pt.ParameterError, "a text with a number"),
        ({"a": "1; drop table x"}, pt.ParameterError, "has no `;`"),
        ({"a": "(" * 5000}, pt.ParameterError, "at most 2000"),
        ({"a": "(" * 500}, pt.ParameterError, "so deeply"),
        ({"a": "true or " * 100_000 + "true"}, pt.ParameterError, "bytes long"),
    ],
)
def test_mistakes(checks: Any, error: type[Exception], words: str) -> None:
    tx = pt.Transactions(transactions(), **ROLES)
    with pytest.raises(error, match=words):
        tx.check(checks=checks)
    with pytest.raises(error, match=words):
        tx.without(*map(str, checks), checks=checks)


def test_quality_is_computed_once_for_each_view() -> None:
    tx = pt.Transactions(transactions(), **ROLES)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: tx.quality, range(8)))
    assert all(quality is found[0] for quality in found)
    assert tx.quality is found[0]
    past = tx.as_of("2024-01-06")
    assert past.quality is not tx.quality
    assert past.quality is past.quality
    assert past.quality.n_checked == 2
