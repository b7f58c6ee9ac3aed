"""Rules from Python: what comes out, in which form, and what is refused."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import patronomy as pt
import pyarrow as pa
import pytest
from patronomy.errors import (
    BudgetError,
    ColumnNotFoundError,
    FileError,
    ParameterError,
    SavedFormatError,
)

ROWS = [["ink", "pen"]] * 20 + [["ink"], ["mug"]] * 20
# Pairs of one size: chance would pair each with each.
PAIRS = [["ink", "pen"], ["cup", "tea"]] * 20


@pytest.fixture
def baskets() -> pt.Baskets:
    return pt.Baskets.from_lists(ROWS)


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.simulate.shop(n_customers=400, n_days=365, seed=3)


def test_a_basis_is_made_of_closed_sets_or_generators_as_of_all_sets() -> None:
    rows = [["a", "b", "c", "d"]] * 4 + [["a", "b"], ["b", "c"], ["d"]] * 2 + [["e"]]
    baskets = pt.Baskets.from_lists(rows)
    options: dict[str, Any] = {
        "keep": "basis",
        "max_consequent_len": None,
        "min_confidence": 0.2,
    }
    basis = baskets.rules(min_support=0.1, **options)
    assert (
        0
        < len(basis)
        < len(
            baskets.rules(min_support=0.1, min_confidence=0.2, max_consequent_len=None)
        )
    )
    for target in ("frequent", "closed", "generators"):
        sets = baskets.itemsets(min_support=0.1, target=target)
        rules = sets.rules(**options)
        assert rules.to_dict() == basis.to_dict()
        assert rules.measure("improvement") == basis.measure("improvement")
        assert pickle.loads(pickle.dumps(rules)).to_dict() == basis.to_dict()
    with pytest.raises(ParameterError, match="where `keep` is `basis`"):
        baskets.itemsets(target="closed").rules()
    with pytest.raises(ParameterError, match="where `keep` is `basis`"):
        baskets.itemsets(target="maximal").rules(**options)


def test_columns_and_values(baskets: pt.Baskets) -> None:
    rules = baskets.rules(min_support=0.1, min_confidence=0.4)
    assert rules.columns == [
        "antecedent",
        "consequent",
        "support_count",
        "antecedent_count",
        "consequent_count",
        "support",
        "confidence",
        "lift",
        "expected_count",
        "p_value",
        "p_adjusted",
    ]
    table = rules.to_dict()
    assert table["antecedent"] == [["pen"], ["ink"]] or table["antecedent"] == [
        ["ink"],
        ["pen"],
    ]
    at = table["antecedent"].index(["pen"])
    assert table["consequent"][at] == ["ink"]
    assert (table["support_count"][at], table["antecedent_count"][at]) == (20, 20)
    assert table["support"][at] == 1 / 3
    assert table["lift"][at] == 1.5
    # Both directions of a pair are one hypothesis.
    assert table["p_value"][0] == table["p_value"][1]
    # All baskets of two have both: among baskets of their size nothing else could be.
    assert table["p_value"] == [1.0, 1.0]
    strong = pt.Baskets.from_lists(PAIRS).rules()
    assert 0 < max(strong.measure("p_value")) < 1e-3
    assert rules.n_rules == len(rules) == 2
    assert (rules.n_baskets, rules.n_candidates) == (60, 3.0)
    assert rules.min_support_count == 6
    assert rules.params["min_confidence"] == 0.4


def test_arrow_and_frames(baskets: pt.Baskets) -> None:
    rules = baskets.rules(measures=["phi"])
    table = pa.table(rules)
    assert table.num_rows == len(rules)
    assert "phi" in table.column_names
    frame = rules.to_pandas()
    assert list(frame.columns) == rules.columns
    assert [list(x) for x in frame["antecedent"]] == rules.to_dict()["antecedent"]
    assert [len(batch) for batch in rules.batches(1)] == [1] * len(rules)
    text = repr(rules)
    assert "ink" in text
    assert "Rules: 2 rules" in text or "Rules: 1 rule" in text
    assert "<table" in rules._repr_html_()


def test_one_way_to_the_same_rules(tx: pt.Transactions) -> None:
    options: dict[str, Any] = {"min_confidence": 0.2, "max_antecedent_len": 2}
    direct = tx.rules(min_support=0.01, **options)
    assert len(direct) > 0
    of_baskets = tx.baskets().rules(min_support=0.01, **options)
    of_sets = tx.itemsets(min_support=0.01, max_len=3).rules(**options)
    assert pa.table(direct).equals(pa.table(of_baskets))
    # Sets of three items are as long as these rules get.
    assert direct.to_dict()["antecedent"] == of_sets.to_dict()["antecedent"]
    assert direct.to_dict()["confidence"] == of_sets.to_dict()["confidence"]


def test_the_same_with_any_number_of_threads(tx: pt.Transactions) -> None:
    tables = [
        pa.table(tx.rules(min_support_count=2, min_confidence=0.0, n_jobs=n))
        for n in (1, 2, 7)
    ]
    assert tables[0].num_rows > 1_000
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_sides_and_lengths(tx: pt.Transactions) -> None:
    labels = tx.baskets().labels
    some = labels[:40]
    rules = tx.rules(
        min_support=0.002,
        min_confidence=0.0,
        antecedents=some,
        consequents=labels[40:80],
        max_consequent_len=2,
        max_len=3,
        test="none",
    )
    table = rules.to_dict()
    assert len(rules) > 0
    assert "p_value" not in table
    assert {item for side in table["antecedent"] for item in side} <= set(some)
    assert {item for side in table["consequent"] for item in side} <= set(labels[40:80])
    without = tx.rules(min_support=0.002, min_confidence=0.0, forbidden=some, max_len=2)
    assert not {i for side in without.to_dict()["antecedent"] for i in side} & set(some)


def test_filter_sort_and_measures(tx: pt.Transactions) -> None:
    rules = tx.rules(min_support=0.005, min_confidence=0.05, max_len=3)
    lift = rules.measure("lift")
    strong = rules.filter("lift > 2 and length = 2")
    expected = sum(
        value > 2 and length == 2
        for value, length in zip(lift, rules.measure("length"), strict=True)
    )
    assert len(strong) == expected > 0
    assert rules.filter("improvement <= 0").measure("boost") == pytest.approx(
        [b for b in rules.measure("boost") if b <= 1]
    )
    by_lift = rules.sort_by("lift")
    assert by_lift.measure("lift") == sorted(lift, reverse=True)
    assert rules.sort_by("p_value", descending=False).measure("p_value") == sorted(
        rules.measure("p_value")
    )
    assert len(rules.filter("p_adjusted <= 0.05")) == len(rules.significant(0.05))
    every = rules.with_measures("all")
    assert set(pt.rules.measures()) <= set(every.columns)
    assert len(pt.rules.measures()) >= 50
    assert rules.measure("hyperConfidence") == rules.measure("hyper_confidence")


def test_rules_on_later_data(tx: pt.Transactions) -> None:
    past, later = tx.split("2024-10-01")
    rules = past.rules(min_support=0.005, min_confidence=0.1, alpha=0.05)
    assert len(rules) > 0
    evaluation = rules.evaluate(later)
    assert 0 < evaluation.n_holding <= len(rules)
    assert len(evaluation.holding()) == evaluation.n_holding
    table = evaluation.to_dict()
    assert sum(table["holds"]) == evaluation.n_holding
    again = later.baskets().support_counts
    assert max(table["later_antecedent_count"]) <= max(again)
    assert "of" in repr(evaluation)
    assert len(evaluation.rules) == len(rules)


def test_recommendations_name_their_reason(tx: pt.Transactions) -> None:
    rules = tx.rules(min_support=0.005, min_confidence=0.1)
    found = rules.recommend(tx, k=3).to_dict()
    assert list(found) == [
        "customer",
        "rank",
        "item",
        *(["item_name"] if "item_name" in found else []),
        "score",
        "rule",
        "antecedent",
        "support_count",
        "antecedent_count",
        "confidence",
        "lift",
    ]
    assert max(found["rank"]) <= 3
    bought = tx.baskets().by_customer()
    assert bought.ids is not None
    assert set(found["customer"]) <= set(bought.ids)
    table = rules.to_dict()
    for i, rule in enumerate(found["rule"]):
        assert found["item"][i] in table["consequent"][rule]
        assert found["antecedent"][i] == table["antecedent"][rule]
        assert found["score"][i] == table["confidence"][rule]
    everything = rules.missing_items(tx).to_dict()
    assert everything["score"] == sorted(everything["score"], reverse=True)
    assert len(everything["item"]) >= len(found["item"])


def test_what_is_refused_or_excluded_is_not_recommended() -> None:
    rules = pt.Baskets.from_lists([["a", "b", "c"]] * 5).rules(max_antecedent_len=1)
    asked = pt.Baskets.from_lists([["a"], ["a"]])
    plain = rules.recommend(asked).to_dict()
    assert sorted(plain["item"]) == ["b", "b", "c", "c"]
    assert rules.recommend(asked, exclude=["b"]).to_dict()["item"] == ["c", "c"]
    refused = rules.recommend(asked, refused={1: ["b", "c"], 7: ["a"]}).to_dict()
    assert refused["basket"] == [0, 0]
    worth = rules.recommend(asked, margins={"b": 1.0, "c": 2.5}, k=1).to_dict()
    assert (worth["item"], worth["score"]) == (["c", "c"], [2.5, 2.5])
    again = rules.recommend(asked, repeat="include", k=9).to_dict()
    assert "a" not in again["item"] or again["basket"].count(0) == 3


def test_chance_is_no_finding(tx: pt.Transactions) -> None:
    dealt = tx.baskets().shuffled(random_state=11)
    options: dict[str, Any] = {
        "min_support": 0.005,
        "min_confidence": 0.0,
        "max_len": 2,
    }
    assert len(tx.baskets().rules(alpha=0.05, **options)) > 0
    assert len(dealt.rules(alpha=0.001, **options)) == 0


def test_saved_rules_are_the_same(tx: pt.Transactions, tmp_path: Path) -> None:
    past, later = tx.split("2024-10-01")
    rules = past.rules(min_support=0.005, min_confidence=0.1, max_consequent_len=2)
    rules.save(tmp_path / "rules.json")
    for again in (
        pt.Rules.load(tmp_path / "rules.json"),
        pickle.loads(pickle.dumps(rules)),
    ):
        assert again.to_dict() == rules.to_dict()
        assert again.params == rules.params
        assert again.recommend(later).to_dict() == rules.recommend(later).to_dict()
        assert again.evaluate(later).to_dict() == rules.evaluate(later).to_dict()
    (tmp_path / "rules.json").write_text("{}")
    with pytest.raises(SavedFormatError):
        pt.Rules.load(tmp_path / "rules.json")
    with pytest.raises(FileError):
        pt.Rules.load(tmp_path / "none.json")


def test_in_words(baskets: pt.Baskets) -> None:
    rules = baskets.rules(min_confidence=0.9)
    assert rules.in_words() == [
        "pen → ink: 20 of 20 baskets with it (100 %), 1.5 times as often as by chance"
    ]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"min_support": 0}, ParameterError, "min_support"),
        ({"min_support": 30}, ParameterError, "percentage"),
        ({"min_confidence": 80}, ParameterError, "percentage"),
        ({"min_confidence": math.nan}, ParameterError, "min_confidence"),
        ({"min_confidence": "high"}, TypeError, "min_confidence"),
        ({"max_len": 1}, ParameterError, "2 or more"),
        ({"max_consequent_len": 0}, ParameterError, "max_consequent_len"),
        ({"keep": "best"}, ParameterError, "productive"),
        ({"keep": "basis"}, ParameterError, "basis"),
        ({"test": "chi2"}, ParameterError, "size_conditional"),
        ({"correction": "bonferroni"}, ParameterError, "holm"),
        ({"alpha": 0}, ParameterError, "alpha"),
        ({"alpha": 0.05, "test": "none"}, ParameterError, "needs p-values"),
        ({"antecedents": ["pencil"]}, ParameterError, "did you mean `pen`"),
        ({"measures": ["convction"]}, ParameterError, "did you mean `conviction`"),
        (
            {"max_rules": 1, "min_confidence": 0.0, "min_support": 0.1},
            BudgetError,
            "max_rules",
        ),
    ],
)
def test_bad_parameters_are_named(
    baskets: pt.Baskets, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        baskets.rules(**options)


def test_bad_calls_on_rules_are_named(baskets: pt.Baskets) -> None:
    rules = baskets.rules(min_confidence=0.1)
    with pytest.raises(ParameterError, match="did you mean `lift`"):
        rules.measure("lft")
    with pytest.raises(ColumnNotFoundError, match="lifft"):
        rules.filter("lifft > 1")
    with pytest.raises(ParameterError, match="expression"):
        rules.filter("lift >")
    with pytest.raises(ParameterError, match="alpha"):
        rules.significant(2)
    with pytest.raises(TypeError, match="Transactions or Baskets"):
        rules.evaluate([1])
    with pytest.raises(ParameterError, match="customer"):
        rules.recommend(_NoCustomers())
    with pytest.raises(ParameterError, match="rank_by|measure"):
        rules.recommend(baskets, rank_by="lft")
    with pytest.raises(TypeError, match="refused"):
        rules.recommend(baskets, refused=["pen"])
    with pytest.raises(ParameterError, match="labels"):
        rules.recommend(baskets, exclude=["pencil"])
    untested = baskets.rules(test="none")
    with pytest.raises(ParameterError, match="needs p-values"):
        untested.significant()
    with pytest.raises(ParameterError, match="mine with a `test`"):
        untested.measure("p_value")


class _NoCustomers:
    def baskets(self) -> pt.Baskets:
        return pt.Baskets.from_lists(ROWS)


def test_nothing_in_nothing_out() -> None:
    for rows in ([], [[]], [["a"]], [["a"], ["b"]]):
        rules = pt.Baskets.from_lists(rows).rules()
        assert len(rules) == 0
        assert rules.to_dict()["antecedent"] == []
        assert "Rules: 0 rules" in repr(rules)
        assert len(rules.recommend(pt.Baskets.from_lists([["a"]]))) == 0


def test_trend_and_contrasts(tx: pt.Transactions) -> None:
    rules = tx.rules(min_support=0.01, min_confidence=0.2)
    trend = rules.trend(tx, every="quarter").to_dict()
    assert sorted(set(trend["rule"])) == list(range(len(rules)))
    assert all(0 <= p <= 1 for p in trend["trend_p_value"])
    with pytest.raises(ParameterError, match="quarter"):
        rules.trend(tx, every="decade")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Transactions"):
        rules.trend(tx.baskets())  # type: ignore[arg-type]
    baskets = tx.baskets()
    assert baskets.customers is not None
    groups = {
        c: "even" if c % 2 == 0 else "odd" for c in baskets.customers if c is not None
    }
    by_customer = baskets.contrasts(groups, min_support=0.01)
    each = [groups.get(customer) for customer in baskets.customers]
    assert by_customer.to_dict() == baskets.contrasts(each, min_support=0.01).to_dict()
    # A customer's number says nothing of what is bought.
    assert len(baskets.contrasts(groups, min_support=0.01, alpha=0.01)) == 0
    with pytest.raises(ParameterError, match="one for each basket"):
        baskets.contrasts(["a"])
    with pytest.raises(ParameterError, match="know customers"):
        pt.Baskets.from_lists(ROWS).contrasts({1: "a"})
    with pytest.raises(ParameterError, match="alpha"):
        baskets.contrasts(each, alpha=0)
