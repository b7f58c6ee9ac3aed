"""The generated shop in Python: parameters, truth, dirt and the oracle."""

from __future__ import annotations

import inspect
import json
import pickle
from datetime import date
from typing import Any

import duckdb
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest
from patronomy import _core

from frames import ipc_bytes

SMALL: dict[str, Any] = {"n_customers": 200, "n_days": 365, "seed": 1}


def test_the_signatures_show_the_defaults_of_the_core() -> None:
    core = json.loads(_core.shop_defaults())
    assert core.pop("dirt") == []
    for face in (pt.simulate.Shop, pt.simulate.shop):
        parameters = inspect.signature(face).parameters
        shown = {k: p.default for k, p in parameters.items()}
        assert shown.pop("n_lines") is None
        assert shown.pop("dirt") is None
        if face is pt.simulate.shop:
            for name in ("progress", "n_jobs", "memory_mb"):
                assert shown.pop(name) is None
        assert shown == core


def test_any_library_reads_the_lines() -> None:
    shop = pt.simulate.Shop(**SMALL)
    table = pa.table(shop)
    assert table.num_rows == shop.transactions().n_rows
    assert pl.DataFrame(shop).height == table.num_rows
    counted = duckdb.sql("select count(*) from shop").fetchall()
    assert counted == [(table.num_rows,)]
    assert table.schema.names[:4] == ["customer", "invoice", "item", "item_name"]
    assert table.schema.field("time").type == pa.timestamp("us")
    tx = pt.Transactions(
        shop, customer="customer", time="time", amount="amount", transaction="invoice"
    )
    # `shop` has been asked for its lines twice: they are the same.
    assert tx.n_rows == table.num_rows
    assert table == pa.table(pt.simulate.Shop(**SMALL))


def test_the_short_form_is_the_shop() -> None:
    short = pt.simulate.shop(**SMALL, difficulty="hard").rfm()
    long = pt.simulate.Shop(**SMALL, difficulty="hard").transactions().rfm()
    assert short.to_dict() == long.to_dict()


def test_the_same_bits_with_any_number_of_threads() -> None:
    def drawn(n_jobs: int) -> tuple[bytes, bytes]:
        # So many that they are drawn in several pieces.
        shop = pt.simulate.Shop(3_000, 200, seed=3, dirt={"duplicate": 0.01})
        oracle = shop.oracle(n_jobs=n_jobs)
        tx = shop.transactions(n_jobs=n_jobs)
        assert len(tx) > 50_000
        table = pa.table(shop)
        assert len(table) == len(tx)
        return ipc_bytes(table), ipc_bytes(oracle.scores)

    assert drawn(1) == drawn(2) == drawn(7)
    with pytest.raises(pt.ParameterError, match="n_jobs"):
        pt.simulate.shop(n_jobs=-2)
    with pytest.raises(TypeError, match="`n_jobs` of `Shop.oracle`"):
        pt.simulate.Shop().oracle(n_jobs=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["transactions", "oracle"])
def test_progress_and_memory(what: str) -> None:
    shop = pt.simulate.Shop(3_000, 200, seed=3)
    job = getattr(shop, what)
    with pytest.raises(pt.BudgetError, match=r"the shop needs about \d+ MB; .* 1 MB"):
        job(memory_mb=1)
    seen: list[tuple[float, str]] = []
    job(progress=lambda *at: seen.append(at), memory_mb=1_000)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    with pytest.raises(pt.BudgetError, match="the shop needs"):
        # What has been drawn is counted no more, and the rest is.
        job(memory_mb=1)
    with pytest.raises(TypeError, match="progress"):
        job(progress="yes")
    with pytest.raises(pt.ParameterError, match="memory_mb"):
        job(memory_mb=-1)


def test_an_exception_in_progress_comes_out_and_the_shop_stays_whole() -> None:
    shop = pt.simulate.Shop(3_000, 200, seed=3)

    def stop(fraction: float, stage: str) -> None:
        raise InterruptedError(stage)

    with pytest.raises(InterruptedError):
        shop.transactions(progress=stop)
    whole = pt.simulate.shop(3_000, 200, seed=3, progress=False)
    assert ipc_bytes(shop.transactions().rfm()) == ipc_bytes(whole.rfm())


def test_the_truth_is_a_set_of_tables() -> None:
    truth = pt.simulate.Shop(**SMALL, language="mixed", customer_ids="text").truth
    customers = truth.customers.to_pandas()
    assert list(customers["customer"][:2]) == ["K0010001", "K0010002"]
    assert set(customers["segment"].dropna()) == {0, 1, 2, 3, 4}
    items = truth.items.to_dict()
    assert len(set(items["item_name"])) == 240
    assert set(items["trend"]) == {"flat", "rising", "falling"}
    assert set(truth.rules.to_dict()["consequent"]) <= set(items["item"])
    campaign = truth.campaign.to_dict()
    assert {type(x) for x in campaign["sent"]} == {
        type(pd.Timestamp(0).to_pydatetime())
    }
    assert set(truth.returns.columns) == {"row", "purchase_row", "kind"}
    assert len(truth.deviations) < 40
    assert len(truth.dirt) == 0


def test_dirt_is_recorded() -> None:
    dirt = {"customer_missing": 0.02, "duplicate": 0.01, "test_row": 0.005}
    shop = pt.simulate.Shop(**SMALL, dirt=dirt)
    lines = pa.table(shop).to_pandas()
    found = shop.truth.dirt.to_pandas()
    missing = found["row"][found["kind"] == "customer_missing"]
    assert list(missing) == list(lines.index[lines["customer"].isna()])
    tests = found["row"][found["kind"] == "test_row"]
    assert list(tests) == list(lines.index[lines["item"] == "TEST001"])
    n_clean = len(lines) - (found["kind"] != "customer_missing").sum()
    for kind, share in dirt.items():
        assert (found["kind"] == kind).sum() == round(share * n_clean)


def test_every_kind_of_dirt_is_in_the_docstring() -> None:
    doc = pt.simulate.Shop.__doc__ or ""
    for kind in json.loads(_core.shop_choices())["dirt"]:
        assert f"``{kind}``" in doc, kind


def test_the_oracle_scores_and_measures() -> None:
    oracle = pt.simulate.Shop(**SMALL).oracle()
    scores = oracle.scores.to_pandas().set_index("task")
    assert list(scores.index) == json.loads(_core.shop_choices())["task"]
    for task in scores.index:
        assert f"``{task}``" in (pt.simulate.Oracle.__doc__ or "")
    assert (scores["score"] > scores["chance"]).sum() >= 7
    answers = oracle.predictions("churn").to_dict()
    assert oracle.evaluate("churn", answers["oracle"]) == oracle.score("churn")
    assert oracle.evaluate("churn", answers["truth"]) == 1.0
    assert "roc_auc" in repr(oracle)


def test_sizes_by_lines_and_days_by_date() -> None:
    shop = pt.simulate.Shop(n_lines=30_000, first_day=date(2023, 3, 1))
    lines = pl.DataFrame(shop)
    assert 25_000 < lines.height < 35_000
    assert str(lines["time"].min())[:7] == "2023-03"
    assert shop.params["first_day"] == "2023-03-01"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"difficulty": "soft"}, '"easy", "medium", "hard"'),
        ({"language": "german"}, "language"),
        ({"return_rate": 0.7}, "return_rate"),
        ({"return_rate": float("nan")}, "return_rate"),
        ({"wholesale_share": -1}, "wholesale_share"),
        ({"n_items": 0}, "n_items"),
        ({"n_lines": 0}, "n_lines"),
        ({"first_day": "1950-01-01"}, "first_day"),
        ({"dirt": {"dust": 0.1}}, "duplicate"),
        ({"dirt": {"duplicate": 0}}, "above 0"),
        ({"dirt": {"duplicate": 0.4, "test_row": 0.4}}, "0.8"),
    ],
    ids=str,
)
def test_bad_parameters_are_named(options: dict[str, Any], part: str) -> None:
    with pytest.raises(pt.ParameterError, match=part):
        pt.simulate.Shop(**options)


@pytest.mark.parametrize(
    "options",
    [{"dirt": ["duplicate"]}, {"amount": 1}, {"difficulty": 3}, {"first_day": 5}],
    ids=str,
)
def test_wrong_types_are_type_errors(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        pt.simulate.Shop(**options)


def test_what_the_oracle_refuses() -> None:
    oracle = pt.simulate.Shop(**SMALL).oracle()
    with pytest.raises(pt.ParameterError, match="segments"):
        oracle.predictions("profit")
    with pytest.raises(pt.ParameterError, match="each of the 200 rows"):
        oracle.evaluate("churn", [0.5])
    with pytest.raises(TypeError):
        oracle.evaluate("churn", "high")  # type: ignore[arg-type]


def test_objects_are_frozen() -> None:
    shop = pt.simulate.Shop(**SMALL)
    with pytest.raises(AttributeError, match="frozen"):
        shop.seed = 2  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        pickle.dumps(shop)
    for kind in (pt.simulate.Truth, pt.simulate.Oracle):
        with pytest.raises(TypeError, match="constructor"):
            kind()
    assert repr(shop).startswith("Shop(n_customers=200, n_days=365, seed=1")
