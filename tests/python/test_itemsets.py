"""Item sets from Python: results by hand, results that speak Arrow, parameters that are refused by name."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest
from patronomy import _core

from frames import ipc_bytes
from test_interrupt import run

E = pt.errors

ALGORITHMS = ["auto", "apriori", "fp_growth", "eclat", "lcm"]
LISTS = [["a", "b", "c"], ["a", "b"], ["a", "c"], ["a"], ["b", "c"], ["d"]]

#: The sets that two or more of the baskets have.
BY_HAND = {
    "frequent": [("a", 4), ("b", 3), ("c", 3), ("ab", 2), ("ac", 2), ("bc", 2)],
    "closed": [("a", 4), ("b", 3), ("c", 3), ("ab", 2), ("ac", 2), ("bc", 2)],
    "maximal": [("ab", 2), ("ac", 2), ("bc", 2)],
    "generators": [("a", 4), ("b", 3), ("c", 3), ("ab", 2), ("ac", 2), ("bc", 2)],
}


@pytest.fixture(scope="module")
def baskets() -> pt.Baskets:
    return pt.Baskets.from_lists(LISTS)


@pytest.fixture(scope="module")
def many() -> pt.Baskets:
    random = np.random.default_rng(5)
    shares = random.uniform(0.02, 0.6, 18)
    return pt.Baskets.from_one_hot(random.uniform(size=(2_000, 18)) < shares)


def sets_of(sets: pt.Itemsets) -> list[tuple[str, int]]:
    found = sets.to_dict()
    pairs = zip(found["itemset"], found["support_count"], strict=True)
    return sorted(("".join(sorted(items)), n) for items, n in pairs)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("target", BY_HAND)
def test_sets_by_hand(baskets: pt.Baskets, target: Any, algorithm: Any) -> None:
    sets = baskets.itemsets(min_support_count=2, target=target, algorithm=algorithm)
    assert sets_of(sets) == sorted(BY_HAND[target])
    assert len(sets) == sets.n_itemsets == len(BY_HAND[target])
    counted = baskets.itemsets(
        min_support_count=2, target=target, algorithm=algorithm, count_only=True
    )
    assert counted.n_itemsets == len(BY_HAND[target])


def test_columns(baskets: pt.Baskets) -> None:
    sets = baskets.itemsets(min_support=0.5)
    expected = {
        "itemset": [["b"], ["c"], ["a"]],
        "support_count": [3, 3, 4],
        "support": [0.5, 0.5, 4 / 6],
        "length": [1, 1, 1],
    }
    assert sets.to_dict() == expected
    assert sets.columns == list(expected)
    assert sets.min_support_count == 3
    assert sets.params["min_support"] == 0.5
    assert sets.baskets.labels == ["a", "b", "c", "d"]


def test_choices(baskets: pt.Baskets) -> None:
    def found(**options: Any) -> list[str]:
        sets = baskets.itemsets(**({"min_support_count": 2} | options))
        return [items for items, _ in sets_of(sets)]

    assert found(max_len=1) == ["a", "b", "c"]
    assert found(min_len=2) == ["ab", "ac", "bc"]
    assert found(required=["a"]) == ["a", "ab", "ac"]
    assert found(required=["a", "a"]) == ["a", "ab", "ac"]
    assert found(forbidden=("a",)) == ["b", "bc", "c"]
    assert found(item_min_support_counts={"b": 4}) == ["a", "ab", "ac", "bc", "c"]
    assert found(item_min_support_counts={"d": 1}) == [
        "a",
        "ab",
        "ac",
        "b",
        "bc",
        "c",
        "d",
    ]
    assert sets_of(baskets.itemsets(top_k=2)) == [("a", 4), ("b", 3), ("c", 3)]
    assert len(baskets.itemsets()) == 8 + 0


def test_arrow_reaches_every_library(baskets: pt.Baskets) -> None:
    for label in (str, int):
        lists = [[label(ord(i)) for i in basket] for basket in LISTS]
        sets = pt.Baskets.from_lists(lists).itemsets(min_support_count=2)
        expected = sets.to_dict()["itemset"]
        assert pa.table(sets)["itemset"].to_pylist() == expected
        assert sets.to_arrow().equals(pa.table(sets))
        assert pl.DataFrame(sets)["itemset"].to_list() == expected
        assert sets.to_polars().explode("itemset").height == sum(map(len, expected))
        assert [list(x) for x in sets.to_pandas()["itemset"]] == expected
        assert len(pd.DataFrame.from_arrow(sets)) == len(sets)
        rows = duckdb.sql("select itemset, support_count from sets").fetchall()
        assert [row[0] for row in rows] == expected
        one = duckdb.sql(
            "select count(*) from (select unnest(itemset) from sets)"
        ).fetchall()
        assert one == [(sum(map(len, expected)),)]


def test_batches_are_the_whole(many: pt.Baskets) -> None:
    sets = many.itemsets(min_support_count=20)
    whole = pa.table(sets)
    parts = [pa.table(batch) for batch in sets.batches(1_000)]
    assert len(whole) == len(sets) > 2_000
    assert {len(part) for part in parts[:-1]} == {1_000}
    assert pa.concat_tables(parts).combine_chunks() == whole.combine_chunks()
    empty = many.itemsets(min_support_count=2_000)
    assert [len(batch) for batch in empty.batches()] == [0]
    assert empty.to_polars().height == len(empty) == 0
    assert empty.columns == sets.columns
    assert "0 frequent item sets" in repr(empty)
    required = many.itemsets(min_support_count=20, required=[3])
    assert pa.table(required)["itemset"].to_pylist()[0] == [3]
    assert len(pa.table(required)) == len(required)


def test_the_strongest(baskets: pt.Baskets, many: pt.Baskets) -> None:
    best = baskets.itemsets(min_support_count=1).strongest(3, min_len=2).to_dict()
    assert best["itemset"] == [["b", "c"], ["b", "a"], ["c", "a"]]
    assert best["support_count"] == [2, 2, 2]
    sets = many.itemsets(min_support_count=20)
    by_hand = sorted(
        zip(*(sets.to_dict()[c] for c in ("support_count", "length")), strict=True),
        reverse=True,
    )
    top = sets.strongest(50).to_dict()
    assert list(zip(top["support_count"], top["length"], strict=True)) == by_hand[:50]
    assert len(sets.strongest(10**6)) == len(sets)


def test_names_are_shown() -> None:
    tx = pt.simulate.shop(n_customers=100, n_days=365, seed=1)
    sets = tx.itemsets(min_support=0.02)
    best = sets.strongest(3)
    assert best.columns == ["itemset", "names", "support_count", "support", "length"]
    assert best.to_dict()["names"][0][0] in repr(sets)
    assert "<table>" in sets._repr_html_()


def test_counted_sets_have_no_table(baskets: pt.Baskets) -> None:
    sets = baskets.itemsets(min_support_count=2, count_only=True)
    assert sets.n_itemsets == 6
    assert sets.is_counted_only
    assert repr(sets) == "Itemsets: 6 frequent item sets, counted only"
    assert "counted only" in sets._repr_html_()
    for ask in (
        lambda: pa.table(sets),
        sets.to_polars,
        sets.to_dict,
        sets.strongest,
        lambda: sets.columns,
        lambda: sets.baskets,
        lambda: list(sets.batches()),
    ):
        with pytest.raises(E.ParameterError, match="only counted.*count_only"):
            ask()


def test_numbers_beyond_64_bits() -> None:
    everything = pt.Baskets.from_lists([range(100)] * 3)
    assert (
        everything.itemsets(min_support=1.0, count_only=True).n_itemsets == 2**100 - 1
    )


def test_an_explosion_is_refused_with_a_support_that_would_do() -> None:
    random = np.random.default_rng(1)
    dense = pt.Baskets.from_one_hot(random.uniform(size=(500, 60)) < 0.9)
    with pytest.raises(
        E.BudgetError, match=r"minimum support of (\d+) baskets"
    ) as caught:
        dense.itemsets(min_support=0.01, max_itemsets=10_000)
    import re

    found = re.search(r"minimum support of (\d+) baskets", str(caught.value))
    assert found
    fits = dense.itemsets(min_support_count=int(found[1]), max_itemsets=10_000)
    assert 0 < len(fits) <= 10_000
    with pytest.raises(E.BudgetError):
        dense.itemsets(min_support=0.2, memory_mb=0.1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_support": 0}, "min_support.*got 0"),
        ({"min_support": 1.5}, "min_support.*1.5"),
        ({"min_support": -0.1}, "min_support.*-0.1"),
        ({"min_support": float("nan")}, "min_support.*nan"),
        ({"min_support": 30}, "percentage.*got 30"),
        ({"min_support": 0.1, "min_support_count": 2}, "min_support_count.*together"),
        ({"min_support_count": 0}, "min_support_count.*got 0"),
        ({"algorithm": "magic"}, "algorithm.*apriori.*magic"),
        ({"target": "all"}, "target.*maximal.*all"),
        ({"min_len": 3, "max_len": 2}, "max_len.*min_len"),
        ({"max_len": 0}, "max_len.*got 0"),
        ({"top_k": 0}, "top_k.*got 0"),
        ({"required": ["bb"]}, "required.*did you mean `b`.*got bb"),
        ({"required": [7]}, "required.*type"),
        ({"forbidden": ["x" * 9]}, "forbidden.*got x"),
        ({"required": ["a"], "forbidden": ["a"]}, "required.*forbidden"),
        ({"item_min_support_counts": {"q": 2}}, "item_min_support_counts.*got q"),
        ({"item_min_support_counts": {"a": 0}}, "item_min_support_counts.*got 0"),
        ({"item_min_support_counts": {"a": 2}, "target": "closed"}, "frequent"),
        ({"taxonomy": {"a": "b"}, "target": "closed"}, "target.*taxonomy"),
        ({"n_jobs": 0}, "n_jobs.*got 0"),
        ({"memory_mb": -1}, "memory_mb"),
    ],
)
def test_bad_parameters(
    baskets: pt.Baskets, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(E.ParameterError, match=said):
        baskets.itemsets(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"min_support": "0.1"},
        {"min_support_count": 2.5},
        {"algorithm": 3},
        {"required": "a"},
        {"forbidden": 7},
        {"item_min_support_counts": [("a", 2)]},
        {"count_only": 1},
        {"progress": "yes"},
        {"taxonomy": "a"},
    ],
)
def test_parameters_of_another_type(
    baskets: pt.Baskets, options: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        baskets.itemsets(**options)


def test_few_baskets() -> None:
    assert len(pt.Baskets.from_lists([]).itemsets()) == 0
    assert len(pt.Baskets.from_lists([[], []]).itemsets()) == 0
    assert sets_of(pt.Baskets.from_lists([["a", "b"]]).itemsets()) == [
        ("a", 1),
        ("ab", 1),
        ("b", 1),
    ]


@pytest.mark.parametrize("target", BY_HAND)
def test_the_same_bits_with_any_number_of_threads(
    many: pt.Baskets, target: Any
) -> None:
    expected = ipc_bytes(many.itemsets(min_support_count=20, target=target, n_jobs=1))
    for n_jobs in (2, 7):
        sets = many.itemsets(min_support_count=20, target=target, n_jobs=n_jobs)
        assert ipc_bytes(sets) == expected
    for algorithm in ALGORITHMS[1:]:
        sets = many.itemsets(min_support_count=20, target=target, algorithm=algorithm)
        assert ipc_bytes(sets) == expected


def test_the_signatures_show_the_defaults_of_the_core() -> None:
    core = json.loads(_core.itemset_defaults())
    of = inspect.signature(pt.Baskets.itemsets).parameters
    assert inspect.signature(pt.Transactions.itemsets).parameters == of
    face = {name: p.default for name, p in of.items() if name in core}
    assert face.keys() == core.keys()
    empty = ("required", "forbidden", "item_min_support_counts")
    assert {k: [] if k in empty else v for k, v in face.items()} == core


def test_results_are_frozen(baskets: pt.Baskets) -> None:
    sets = baskets.itemsets()
    with pytest.raises(AttributeError, match="frozen"):
        sets.n_itemsets = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(sets)
    with pytest.raises(TypeError, match="constructor"):
        pt.Itemsets()


def test_a_picture(baskets: pt.Baskets) -> None:
    import matplotlib.pyplot as plt

    ax = baskets.itemsets(min_support_count=2).plot(4, min_len=1)
    assert len(ax.patches) == 4
    assert ax.get_yticklabels()[0].get_text() == "a"
    plt.close("all")


def test_no_name_is_a_formula() -> None:
    import matplotlib.pyplot as plt

    names = ["2 for $5", "3 for \\frac$"]
    ax = pt.Baskets.from_lists([names] * 3).itemsets(min_support=1.0).plot(min_len=1)
    # Names that are read as formulas fail to draw, or lose their dollars.
    ax.figure.canvas.draw()
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert set(names) <= set(shown)
    assert not any(label.get_parse_math() for label in ax.get_yticklabels())
    plt.close("all")


def test_progress(many: pt.Baskets) -> None:
    seen: list[float] = []
    many.itemsets(min_support_count=20, progress=lambda done, stage: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


INTERRUPT = """
import signal, threading
import numpy as np
import patronomy as pt

cells = np.random.default_rng(1).uniform(size=(400, 200)) < 0.7
baskets = pt.Baskets.from_one_hot(cells)
# Hours of work, on few baskets: only the signal ends it.
threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGINT)).start()
try:
    baskets.itemsets(min_support_count=2, count_only=True, algorithm={algorithm!r}, progress=False)
except KeyboardInterrupt:
    print("interrupted")
assert baskets.itemsets(min_support_count=390, count_only=True).n_itemsets == 0
"""


@pytest.mark.parametrize("algorithm", ["auto", "eclat"])
def test_ctrl_c_ends_a_long_count(algorithm: str) -> None:
    assert run(INTERRUPT.format(algorithm=algorithm)).strip() == "interrupted"


MINERS = [pt.Apriori, pt.FPGrowth, pt.Eclat, pt.LCM, pt.FPMax]


@pytest.mark.parametrize("miner", MINERS)
def test_miners(miner: Any, baskets: pt.Baskets) -> None:
    one = miner(min_support_count=2)
    assert one.fit(baskets) is one
    target = {"LCM": "closed", "FPMax": "maximal"}.get(miner.__name__, "frequent")
    assert sets_of(one.itemsets_) == sorted(BY_HAND[target])
    assert one.n_itemsets_ == len(BY_HAND[target])
    assert one.get_params()["target"] == target
    assert repr(one) == f"{miner.__name__}(min_support_count=2)"
    assert one.set_params(max_len=1).max_len == 1
    with pytest.raises(ValueError, match="min_suport"):
        one.set_params(min_suport=1)
    # Nothing is checked before the fit.
    with pytest.raises(E.ParameterError, match="min_support"):
        miner(min_support=30).fit(baskets)


def test_what_miners_take(small: pa.Table) -> None:
    from frames import ROLES

    labels = ["a", "b", "c", "d"]
    hot = np.array([[label in basket for label in labels] for basket in LISTS])
    frame = pd.DataFrame(hot, columns=labels)
    for X in (LISTS, frame, pl.DataFrame(frame), pa.array(LISTS), pl.Series(LISTS)):
        assert sets_of(pt.Eclat(min_support_count=2).fit(X).itemsets_) == sorted(
            BY_HAND["frequent"]
        )
    assert pt.Eclat(min_support_count=2).fit(hot).n_itemsets_ == 6
    assert pt.Eclat(0.4).fit(pt.Transactions(small, **ROLES)).n_itemsets_ > 0
    sparse = pytest.importorskip("scipy.sparse")
    assert pt.Eclat(min_support_count=2).fit(sparse.csr_matrix(hot)).n_itemsets_ == 6
    base = pytest.importorskip("sklearn.base")
    assert base.clone(pt.LCM(min_support=0.3, max_len=2)).max_len == 2


@pytest.mark.parametrize(
    ("name", "count", "n"), [("retail", 88, 7_712), ("mushroom", 1_625, 53_583)]
)
def test_public_data(data_dir: Path, name: str, count: int, n: int) -> None:
    path = data_dir / "market_basket" / "fimi" / f"{name}.dat"
    if not path.is_file():
        pytest.skip(f"PATRONOMY_DATA holds no {path.name}")
    baskets = pt.Baskets.read(path)
    sets = baskets.itemsets(min_support_count=count)
    assert sets.n_itemsets == len(pa.table(sets)) == n
    for algorithm in ALGORITHMS:
        counted = baskets.itemsets(
            min_support_count=count, algorithm=algorithm, count_only=True
        )
        assert counted.n_itemsets == n
