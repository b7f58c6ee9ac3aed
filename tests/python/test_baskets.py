"""Baskets: every form of input gives the same, by hand; what cannot be one is refused by name."""

from __future__ import annotations

import copy
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

E = pt.errors

LISTS = [["bread", "milk"], ["milk"], [], ["bread", "eggs", "bread"]]
SETS = [
    (["eggs"], 1),
    (["eggs", "bread"], 1),
    (["bread"], 2),
    (["bread", "milk"], 1),
    (["milk"], 2),
]


def sets_of(baskets: pt.Baskets, **options: Any) -> list[tuple[list[Any], int]]:
    found = baskets.itemsets(**({"min_support_count": 1} | options)).to_dict()
    return list(zip(found["itemset"], found["support_count"], strict=True))


def sorted_sets(baskets: pt.Baskets) -> list[tuple[list[str], int]]:
    return sorted((sorted(map(str, items)), n) for items, n in sets_of(baskets))


def long_table() -> pa.Table:
    pairs = [(f"t{i}", item) for i, basket in enumerate(LISTS) for item in basket]
    pairs.append(("t2", None))
    return pa.table({"order": [p[0] for p in pairs], "product": [p[1] for p in pairs]})


def one_hot() -> pd.DataFrame:
    labels = ["bread", "eggs", "milk"]
    return pd.DataFrame(
        [[label in basket for label in labels] for basket in LISTS], columns=labels
    )


class Csr:
    """A sparse matrix by its parts, with a zero that is written down."""

    shape = (4, 3)
    indptr = np.array([0, 3, 4, 4, 6], dtype=np.int32)
    indices = np.array([0, 1, 2, 2, 1, 0], dtype=np.int32)
    data = np.array([1, 0, 1, 1, 1, 1])

    def tocsr(self) -> Csr:
        return self

    def copy(self) -> Csr:
        return Csr()

    def eliminate_zeros(self) -> None:
        self.indptr = np.array([0, 2, 3, 3, 5], dtype=np.int32)
        self.indices = np.array([0, 2, 2, 1, 0], dtype=np.int32)


def test_every_input_gives_the_same_baskets(tmp_path: Path) -> None:
    lines, names = long_table(), ["bread", "eggs", "milk"]
    columns = {"transaction": "order", "item": "product"}
    text = tmp_path / "baskets.txt"
    text.write_text("bread milk\nmilk\n\nbread eggs bread\n")
    separated = tmp_path / "baskets.csv"
    separated.write_text("bread,milk\nmilk\n\nbread,eggs,bread\n")
    long_file = tmp_path / "lines.csv"
    long_file.write_text(
        "order,product\n"
        + "".join(f"{r['order']},{r['product'] or ''}\n" for r in lines.to_pylist())
    )
    lists = pa.array(LISTS)
    matrix = one_hot().to_numpy()
    made = {
        "lists": pt.Baskets.from_lists(LISTS),
        "tuples": pt.Baskets.from_lists(tuple(b) for b in LISTS),
        "sets": pt.Baskets.from_lists([set(b) for b in LISTS]),
        "array": pt.Baskets.from_lists(lists),
        "chunks": pt.Baskets.from_lists(pa.chunked_array([lists[:1], lists[1:]])),
        "series": pt.Baskets.from_lists(pl.Series(LISTS)),
        "column": pt.Baskets.from_lists(
            pa.table({"n": [1, 2, 3, 4], "b": lists}), column="b"
        ),
        "only column": pt.Baskets.from_lists(
            pl.DataFrame({"n": [1, 2, 3, 4], "b": LISTS})
        ),
        "pandas lists": pt.Baskets.from_lists(pd.DataFrame({"b": LISTS})),
        "table": pt.Baskets.from_table(lines, **columns),
        "pandas": pt.Baskets.from_table(lines.to_pandas(), **columns),
        "polars": pt.Baskets.from_table(pl.DataFrame(lines), **columns),
        "duckdb": pt.Baskets.from_table(duckdb.sql("from lines"), **columns),
        "file": pt.Baskets.from_table(long_file, **columns),
        "one-hot": pt.Baskets.from_one_hot(one_hot()),
        "one-hot, indexed": pt.Baskets.from_one_hot(
            one_hot().set_index(pd.Index(list("wxyz")))
        ),
        "numbers": pt.Baskets.from_one_hot(pl.DataFrame(one_hot()).cast(pl.Int8)),
        "sparse": pt.Baskets.from_sparse(Csr(), names),
        "text": pt.Baskets.read(text),
        "separated": pt.Baskets.read(separated, separator=","),
    }
    for name, baskets in made.items():
        assert len(baskets) == baskets.n_baskets == baskets.total_weight == 4, name
        assert baskets.labels == names, name
        assert baskets.support_counts == [2, 1, 2], name
        assert sets_of(baskets) == SETS, name
    by_number = pt.Baskets.from_one_hot(matrix)
    assert by_number.labels == [0, 1, 2]
    assert by_number.support_counts == [2, 1, 2]


def test_sparse_matrices_of_scipy() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    cells = np.array([[1, 0], [1, 1], [0, 0]])
    for form in (sparse.csr_matrix, sparse.csc_matrix, sparse.coo_array):
        baskets = pt.Baskets.from_sparse(form(cells), ["a", "b"])
        assert baskets.support_counts == [2, 1]
    frame = pd.DataFrame(cells, columns=["a", "b"]).astype(pd.SparseDtype(int, 0))
    assert pt.Baskets.from_one_hot(frame).support_counts == [2, 1]


def test_counts_say_where_entries_went() -> None:
    baskets = pt.Baskets.from_table(long_table(), transaction="order", item="product")
    assert baskets.n_repeated == 1
    assert baskets.counts == {"rows_in": 7, "rows_used": 6, "left_out": {"no_item": 1}}
    assert "4 baskets, 3 items, 1 repeated, 6 of 7 entries used" in repr(baskets)
    assert "4 baskets" in baskets._repr_html_()
    nulls = pt.Baskets.from_lists([["a", None], [None], ["a", ""]])
    assert nulls.labels == ["a"]
    assert nulls.counts["left_out"] == {"no_item": 3}


def test_labels_of_many_types() -> None:
    assert pt.Baskets.from_lists([[3, 1], [2**63 + 1]]).labels == [1, 3, 2**63 + 1]
    assert pt.Baskets.from_lists([[np.int64(3)], [1]]).labels == [1, 3]
    assert pt.Baskets.from_lists([[True], [False, True]]).labels == [False, True]
    assert pt.Baskets.from_lists([[], []]).labels == []
    assert len(pt.Baskets.from_lists([])) == 0


def test_transactions_have_baskets(small: pa.Table) -> None:
    from frames import ROLES

    tx = pt.Transactions(small, **ROLES, returns="exclude")
    baskets = tx.baskets(n_jobs=2)
    assert baskets.labels == ["x", "y", "z"]
    assert sets_of(baskets) == [(["y"], 1), (["y", "x"], 1), (["z"], 2), (["x"], 3)]
    assert baskets.counts["rows_in"] == 7
    assert baskets.counts["left_out"] == {"return_excluded": 1}
    found = tx.itemsets(min_support=0.4)
    assert found.to_dict()["itemset"] == [["z"], ["x"]]
    no_item = pt.Transactions(small, **{k: v for k, v in ROLES.items() if k != "item"})
    with pytest.raises(E.ColumnNotFoundError, match="`item`"):
        no_item.baskets()


def test_weights() -> None:
    baskets = pt.Baskets.from_lists([["a"], ["a", "b"]])
    heavy = baskets.with_weights(np.array([1, 3]))
    assert heavy.total_weight == 4
    assert "weight 4" in repr(heavy)
    assert sets_of(heavy) == [(["b"], 3), (["b", "a"], 3), (["a"], 4)]
    lines = pl.DataFrame({"t": [1, 2, 2], "i": ["a", "a", "b"], "w": [1, 3, 3]})
    same = pt.Baskets.from_table(lines, transaction="t", item="i", weight="w")
    assert sets_of(same) == sets_of(heavy)
    for weights in ([1], [1, 0], [1, 2**32 - 1]):
        with pytest.raises(E.ParameterError, match="weights"):
            baskets.with_weights(weights)
    with pytest.raises(TypeError, match="weights"):
        baskets.with_weights([1, 0.5])  # type: ignore[list-item]


def test_taxonomies() -> None:
    baskets = pt.Baskets.from_lists([["cola"], ["milk"], ["bread", "milk"]])
    tree = {"cola": "drink", "milk": ["drink", "dairy"], "drink": "food", "rye": "food"}
    with_tree = baskets.with_taxonomy(tree)
    assert with_tree.labels == [
        "bread",
        "cola",
        "milk",
        "dairy",
        "drink",
        "food",
        "rye",
    ]
    assert with_tree.support_counts == [1, 1, 2, 2, 3, 3, 0]
    found = sets_of(with_tree, min_support_count=1)
    assert (["bread", "drink"], 1) in [(sorted(items), n) for items, n in found]
    assert not any({"milk", "drink"} <= set(items) for items, _ in found)
    pairs = [
        (c, p) for c, ps in tree.items() for p in ([ps] if isinstance(ps, str) else ps)
    ]
    table = pl.DataFrame(pairs, schema=["item", "parent"], orient="row")
    assert sets_of(baskets.with_taxonomy(table)) == found
    assert sets_of(baskets, taxonomy=tree) == found
    with pytest.raises(E.ParameterError, match="cycles.*cola"):
        baskets.with_taxonomy({"cola": "drink", "drink": "cola"})
    with pytest.raises(E.ParameterError, match="type"):
        baskets.with_taxonomy({"cola": 7})
    with pytest.raises(E.ParameterError, match="two columns"):
        baskets.with_taxonomy(pl.DataFrame({"a": ["x"]}))
    with pytest.raises(TypeError, match="taxonomy"):
        baskets.with_taxonomy([("cola", "drink")])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([["a", 1]], "one type.*str.*int"),
        ([[1], ["a"]], "one type.*int.*str"),
        ([[1, True]], "one type"),
        ([[{"a": 1}]], "dict"),
        ([[2**70]], "64 bits"),
    ],
)
def test_mixed_types_are_refused(data: Any, said: str) -> None:
    with pytest.raises(E.ColumnTypeError, match=said):
        pt.Baskets.from_lists(data)


@pytest.mark.parametrize("data", ["abc", 7, None, {"a": ["b"]}, ["ab", "c"], [3, 4]])
def test_what_is_no_list_of_lists(data: Any) -> None:
    with pytest.raises(TypeError, match=r"Baskets\.from_lists"):
        pt.Baskets.from_lists(data)


def test_bad_input_is_named(tmp_path: Path) -> None:
    table = long_table()
    with pytest.raises(E.ColumnNotFoundError, match="product"):
        pt.Baskets.from_table(table, transaction="order", item="produkt")
    with pytest.raises(TypeError, match="Baskets.from_table"):
        pt.Baskets.from_table([1], transaction="a", item="b")
    with pytest.raises(E.BadValuesError, match="`a`"):
        pt.Baskets.from_one_hot(pl.DataFrame({"a": [1, 2]}))
    with pytest.raises(E.ParameterError, match="0 and 1"):
        pt.Baskets.from_one_hot(np.array([[2]]))
    with pytest.raises(E.ParameterError, match="`column`"):
        pt.Baskets.from_lists(table)
    with pytest.raises(TypeError, match="sparse"):
        pt.Baskets.from_sparse([[1]])
    with pytest.raises(E.ParameterError, match="labels"):
        pt.Baskets.from_sparse(Csr(), ["a"])
    with pytest.raises(E.FileError):
        pt.Baskets.read(tmp_path / "none.txt")
    with pytest.raises(E.ParameterError, match="separator"):
        pt.Baskets.read(tmp_path / "none.txt", separator=", ")


def test_baskets_are_frozen() -> None:
    baskets = pt.Baskets.from_lists([["a"]])
    with pytest.raises(AttributeError, match="frozen"):
        baskets.labels = []  # type: ignore[misc]
    with pytest.raises(TypeError, match="constructor"):
        pt.Baskets()
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(baskets)
    assert copy.copy(baskets) is baskets
    assert bool(pt.Baskets.from_lists([]))


def test_names_of_items_come_along(tmp_path: Path) -> None:
    path = tmp_path / "spmf.txt"
    path.write_text("@CONVERTED_FROM_TEXT\n@ITEM=1=apple\n@ITEM=2=pear\n1 2\n2\n")
    baskets = pt.Baskets.read(path, format="spmf")
    assert baskets.names == ["apple", "pear"]
    best = baskets.itemsets(min_support=0.5).strongest(1).to_dict()
    assert best["names"] == [["pear"]]
    assert pt.Baskets.from_lists([["a"]]).names is None
