"""The defaults live in the core; the Python signature must show the same."""

from __future__ import annotations

import inspect
import json

import patronomy as pt
from patronomy import _core


def test_rfm_signature_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.rfm_defaults())
    parameters = inspect.signature(pt.Transactions.rfm).parameters
    face = {k: p.default for k, p in parameters.items() if k in core}
    assert core and face.keys() == core.keys()
    # One int stands for all three bins, and "auto" names a map the core never hears of.
    face["n_bins"] = [face["n_bins"]] * 3
    face["weights"] = [float(w) for w in face["weights"]]
    assert face.pop("segments") == "auto"
    assert core.pop("segments") is None
    assert face == core


def test_value_signature_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.customer_value_defaults()[0])
    face = inspect.signature(pt.Transactions.value).parameters
    for name in ("law", "horizon_days", "discount_rate", "n_tiers"):
        assert face[name].default == core[name]
    assert face["level"].default == core["interval"]["level"]
    assert face["n_draws"].default == core["interval"]["n_draws"]
    assert face["random_state"].default == core["interval"]["seed"]


def test_profit_kinds_and_retention_show_the_defaults_of_the_core() -> None:
    ledger, kinds = map(json.loads, _core.profit_defaults())
    face = inspect.signature(pt.Transactions.profit).parameters
    # An empty mapping is written as None.
    assert {k: face[k].default or {} for k in ("order_costs", "contact_costs")} == {
        k: ledger.pop(k) for k in ("order_costs", "contact_costs")
    }
    assert {k: face[k].default for k in ledger} == ledger
    face = inspect.signature(pt.Transactions.kinds).parameters
    assert {k: face[k].default for k in kinds} == kinds
    classes = json.loads(_core.customer_value_defaults()[1])
    face = inspect.signature(pt.CustomerValue.retention).parameters
    assert face["random_state"].default == classes.pop("seed")
    assert {k: face[k].default for k in classes} == classes


def test_models_of_value_show_the_defaults_of_the_core() -> None:
    lifetime, interval, spend, contract = map(json.loads, _core.value_defaults())
    assert lifetime["law"] == "bg_nbd"
    for model, core in (
        (pt.BGNBD, lifetime),
        (pt.MBGNBD, lifetime),
        (pt.BGCNBD, lifetime),
        (pt.GammaGamma, spend),
        (pt.ShiftedBetaGeometric, contract),
    ):
        face = inspect.signature(model).parameters
        for name, value in core["controls"].items():
            assert face[name].default == value
    asked = inspect.signature(pt.BGNBD.expected_interval).parameters
    assert asked["drawn"].default == interval["drawn"]
    assert asked["random_state"].default == interval["seed"]
    for name in ("level", "n_draws"):
        assert asked[name].default == interval[name]


def test_survival_shows_the_defaults_of_the_core() -> None:
    core = json.loads(_core.survival_defaults())
    face = inspect.signature(pt.KaplanMeier).parameters
    assert core == {name: face[name].default for name in core}
    assert list(core) == ["level"]


def test_cohorts_show_the_defaults_of_the_core() -> None:
    core = json.loads(_core.cohort_defaults())
    face = inspect.signature(pt.Transactions.cohorts).parameters
    assert core == {name: face[name].default for name in core} == {"every": "month"}
