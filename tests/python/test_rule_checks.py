"""What rules are asked after they were found: intervals, changes, shelves, PMML."""

from __future__ import annotations

import io
import math
import zipfile
from importlib import metadata
from pathlib import Path

import patronomy as pt
import polars as pl
import pytest
from lxml import etree
from patronomy.errors import ColumnNotFoundError, FileError, ParameterError

PMML = "{http://www.dmg.org/PMML-4_4}"


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.simulate.shop(n_customers=400, n_days=365, seed=3)


@pytest.fixture(scope="module")
def rules(tx: pt.Transactions) -> pt.Rules:
    return tx.rules(min_support=0.005, min_confidence=0.2)


def test_intervals_hold_what_was_measured(tx: pt.Transactions, rules: pt.Rules) -> None:
    found = rules.intervals(tx).to_dict()
    assert found["rule"] == list(range(len(rules)))
    assert found["confidence"] == rules.measure("confidence")
    assert found["lift"] == rules.measure("lift")
    for of in ("confidence", "lift"):
        for low, value, high in zip(
            found[f"{of}_low"], found[of], found[f"{of}_high"], strict=True
        ):
            assert 0 <= low <= value <= high
    assert all(
        c <= n
        for c, n in zip(found["support_customers"], found["support_count"], strict=True)
    )
    wider = rules.intervals(tx, level=0.99).to_dict()
    assert wider["confidence_low"] < found["confidence_low"]
    # The same whether asked of transactions or of their baskets, with one thread or two.
    assert rules.intervals(tx.baskets(), n_jobs=1).to_dict() == found
    assert rules.intervals(tx, n_jobs=2).to_dict() == found


@pytest.mark.parametrize("level", [0, 1, math.nan, 95])
def test_a_level_is_a_fraction(
    tx: pt.Transactions, rules: pt.Rules, level: float
) -> None:
    with pytest.raises(ParameterError, match="`level`"):
        rules.intervals(tx, level=level)


def test_changes_between_two_periods() -> None:
    spring = pt.Baskets.from_lists([["tea", "cup"]] * 30 + [["ink", "pen"]] * 30)
    summer = pt.Baskets.from_lists([["ice", "cup"]] * 30 + [["ink", "pen"]] * 30)
    rules = spring.rules(min_support=0.1, min_confidence=0.8)
    found = rules.changes(spring, summer).to_dict()
    status = {
        (x[0], y[0]): s
        for x, y, s in zip(
            found["antecedent"], found["consequent"], found["status"], strict=True
        )
    }
    assert status == {
        ("ink", "pen"): "kept",
        ("pen", "ink"): "kept",
        ("ice", "cup"): "new",
        ("cup", "ice"): "new",
        ("tea", "cup"): "gone",
        ("cup", "tea"): "gone",
    }
    at = list(status).index(("cup", "tea"))
    assert found["before_confidence"][at] == 1.0
    assert found["after_confidence"][at] == 0.0
    assert found["confidence_change"][at] == -1.0
    assert found["p_adjusted"][at] < 1e-10
    at = list(status).index(("tea", "cup"))
    # Nobody buys tea any more: nothing is known of what is bought with it.
    assert math.isnan(found["after_confidence"][at])
    assert found["p_value"][at] == 1.0


def test_a_period_beside_itself_has_no_change(
    tx: pt.Transactions, rules: pt.Rules
) -> None:
    found = rules.changes(tx, tx).to_dict()
    assert found["status"] == ["kept"] * len(rules)
    assert found["before_confidence"] == rules.measure("confidence")
    assert set(found["confidence_change"]) == {0.0}
    assert set(found["p_value"]) == {1.0}


def test_shelf_pairs_give_their_reason(tx: pt.Transactions, rules: pt.Rules) -> None:
    everything = tx.rules(min_support=0.002, min_confidence=0.0, max_len=2)
    pairs = everything.shelf_pairs(5).to_dict()
    assert len(pairs["item"]) == 5
    assert pairs["extra_count"] == sorted(pairs["extra_count"], reverse=True)
    antecedents = everything.to_dict()["antecedent"]
    for item, rule in zip(pairs["item"], pairs["rule"], strict=True):
        assert antecedents[rule] == [item]
    for n, e, extra in zip(
        pairs["support_count"],
        pairs["expected_count"],
        pairs["extra_count"],
        strict=True,
    ):
        assert extra == n - e
    with pytest.raises(ParameterError, match="`k`"):
        rules.shelf_pairs(0)


def schema() -> etree.XMLSchema:
    """Return the schema of PMML 4.4, as JPMML's model library ships it."""
    package = metadata.distribution("jpmml_evaluator")
    jar = next(f for f in package.files or [] if f.match("pmml-model-[0-9]*.jar"))
    with zipfile.ZipFile(Path(str(jar.locate()))) as archive:
        return etree.XMLSchema(etree.parse(io.BytesIO(archive.read("pmml.xsd"))))


def test_pmml_is_valid_and_says_the_same(rules: pt.Rules, tmp_path: Path) -> None:
    checked = schema()
    awkward = pt.Baskets.from_lists([['"tea" & <cup>', "é\n"]] * 20 + [["☕"]] * 9)
    empty = awkward.rules(min_lift=99.0)
    assert len(empty) == 0
    for these in (rules, awkward.rules(), awkward.rules(test="none"), empty):
        path = tmp_path / "rules.pmml"
        assert these.to_pmml(path) is None
        document = etree.parse(path)
        assert checked.validate(document), checked.error_log
        text = these.to_pmml()
        assert text is not None
        assert text.encode() == path.read_bytes()
        label = {i.get("id"): i.get("value") for i in document.iter(f"{PMML}Item")}
        sets = {
            s.get("id"): [label[ref.get("itemRef")] for ref in s]
            for s in document.iter(f"{PMML}Itemset")
        }
        columns = these.to_dict()
        written = list(document.iter(f"{PMML}AssociationRule"))
        assert len(written) == len(these)
        for i, rule in enumerate(written):
            assert sets[rule.get("antecedent")] == [
                str(item) for item in columns["antecedent"][i]
            ]
            assert sets[rule.get("consequent")] == [
                str(item) for item in columns["consequent"][i]
            ]
            for name in ("support", "confidence", "lift"):
                assert float(rule.get(name)) == columns[name][i]
            said = {e.get("name"): float(e.get("value")) for e in rule}
            for name, value in said.items():
                assert value == columns[name][i]
            assert bool(said) == ("p_value" in columns)


def test_pmml_loses_nothing(tmp_path: Path) -> None:
    rules = pt.Baskets.from_lists([["tea\x01", "cup"]] * 3).rules()
    with pytest.raises(ParameterError, match="XML"):
        rules.to_pmml()
    path = tmp_path / "rules.pmml"
    path.write_text("old")
    with pytest.raises(ParameterError, match="XML"):
        rules.to_pmml(path)
    assert path.read_text() == "old"
    good = pt.Baskets.from_lists([["tea", "cup"]] * 3).rules()
    with pytest.raises(FileError):
        good.to_pmml(tmp_path / "none" / "rules.pmml")


@pytest.mark.parametrize("what", ["intervals", "changes"])
def test_other_things_than_baskets_are_refused(rules: pt.Rules, what: str) -> None:
    arguments = ([1],) if what == "intervals" else ([1], [2])
    with pytest.raises(TypeError, match="Transactions or Baskets"):
        getattr(rules, what)(*arguments)


def test_baskets_need_their_roles(rules: pt.Rules) -> None:
    table = pl.DataFrame({"customer": [1], "time": ["2024-01-01"]})
    bare = pt.Transactions(table, customer="customer", time="time")
    with pytest.raises(ColumnNotFoundError):
        rules.intervals(bare)


def test_what_rules_say_adds_up() -> None:
    rows = [["a", "c"], ["b", "c"], ["a", "b", "c"], ["a"], ["d"]] * 4
    rules = pt.Baskets.from_lists(rows).rules(
        min_support=0.1, min_confidence=0.1, max_len=2, test="none"
    )
    confidence = {
        (x[0], y[0]): c
        for x, y, c in zip(
            *(rules.to_dict()[n] for n in ("antecedent", "consequent", "confidence")),
            strict=True,
        )
    }
    asked = pt.Baskets.from_lists([["a", "b"]])
    sums = rules.recommend(asked, combine="sum").to_dict()
    assert sums["item"][0] == "c"
    assert sums["score"][0] == confidence["a", "c"] + confidence["b", "c"]
    best = rules.recommend(asked).to_dict()
    assert best["score"][0] == max(confidence["a", "c"], confidence["b", "c"])
    # The reason is the strongest rule either way.
    assert sums["rule"] == best["rule"]
    assert rules.missing_items(asked, combine="sum").to_dict()["score"][0] > 1
    with pytest.raises(ParameterError, match="`combine`"):
        rules.recommend(asked, combine="mean")  # type: ignore[arg-type]


def test_sorted_by_what_is_sure(rules: pt.Rules) -> None:
    least = rules.sort_by("least_lift").measure("least_lift")
    assert least == sorted(least, reverse=True)
    ratios = zip(
        rules.measure("least_lift"),
        rules.measure("support_count"),
        rules.measure("expected_count"),
        strict=True,
    )
    assert all(0 < low < n / e for low, n, e in ratios)
    by = rules.sort_by("lift * support", descending=False)
    products = [a * b for a, b in zip(by.measure("lift"), by.measure("support"))]
    assert products == sorted(products)
    with pytest.raises(ParameterError, match="least_lift"):
        rules.measure("least_lyft")
    with pytest.raises(ParameterError, match="number"):
        rules.sort_by("lift > 2")
