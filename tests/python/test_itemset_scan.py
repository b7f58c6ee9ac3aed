"""Item sets that are found while they are taken: the same sets, never all at once, and a search that can be left."""

from __future__ import annotations

import gc
import itertools
import time

import numpy as np
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest

TARGETS = ["frequent", "closed", "maximal", "generators"]


@pytest.fixture(scope="module")
def baskets() -> pt.Baskets:
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 12, 400)
    return pt.Baskets.from_lists(
        [[f"item {i}" for i in rng.integers(0, 20, n)] for n in sizes]
    )


@pytest.mark.parametrize("target", TARGETS)
def test_the_sets_are_those_that_are_kept(baskets: pt.Baskets, target: str) -> None:
    kept = baskets.itemsets(min_support_count=5, target=target)
    scan = baskets.scan_itemsets(min_support_count=5, target=target)
    assert scan.columns == kept.columns
    tables = list(scan.batches(100))
    assert [len(table) for table in tables[:-1]] == [100] * (len(tables) - 1)
    rows = [
        row for table in tables for row in zip(*table.to_dict().values(), strict=True)
    ]
    assert rows == list(zip(*kept.to_dict().values(), strict=True))
    assert len(rows) > 50


def test_arrow_libraries_take_it(baskets: pt.Baskets) -> None:
    scan = baskets.scan_itemsets(min_support_count=5)
    kept = pa.table(baskets.itemsets(min_support_count=5))
    reader = pa.RecordBatchReader.from_stream(scan)
    assert reader.schema == kept.schema
    assert reader.read_all().equals(kept)
    # Each stream is a search of its own.
    assert pl.DataFrame(scan).height == kept.num_rows
    assert "itemset" in repr(scan)


def test_labels_and_options_are_those_of_itemsets(baskets: pt.Baskets) -> None:
    options = {"min_support_count": 4, "required": ["item 3"], "max_len": 3}
    scan = baskets.scan_itemsets(**options)
    sets = [s for table in scan.batches() for s in table.to_dict()["itemset"]]
    assert sets == baskets.itemsets(**options).to_dict()["itemset"]
    assert all("item 3" in s and len(s) <= 3 for s in sets)


def exploding() -> pt.Baskets:
    return pt.Baskets.from_lists([list(range(60))] * 5 + [[0]])


def test_more_sets_than_could_be_kept_come_one_after_the_other() -> None:
    baskets = exploding()
    with pytest.raises(pt.BudgetError):
        baskets.itemsets(min_support_count=2)
    batches = baskets.scan_itemsets(min_support_count=2).batches(10_000)
    first = list(itertools.islice(batches, 20))
    assert [len(table) for table in first] == [10_000] * 20
    # Other jobs go on while nobody takes the next batch.
    assert pt.Baskets.from_lists([["a"]] * 60_000).itemsets().n_itemsets == 1


def test_a_search_that_is_left_ends() -> None:
    baskets = exploding()
    before = native_threads()
    searches = [
        baskets.scan_itemsets(min_support_count=2).batches(1_000) for _ in range(3)
    ]
    for search in searches:
        next(search)
    assert native_threads() > before
    del search, searches
    gc.collect()
    deadline = time.monotonic() + 20
    while native_threads() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert native_threads() <= before


def native_threads() -> int:
    import os

    return len(os.listdir("/proc/self/task"))


def test_a_limit_ends_the_search_with_a_support_that_fits() -> None:
    scan = exploding().scan_itemsets(min_support_count=2, max_itemsets=10_000)
    with pytest.raises(pt.BudgetError, match="a minimum support of"):
        list(scan.batches())
    with pytest.raises(Exception, match="a minimum support of"):
        pa.table(scan)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"min_support": 0.0}, "min_support"),
        ({"min_support": 30}, "min_support"),
        ({"min_support_count": 0}, "min_support_count"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"memory_mb": -1.0}, "memory_mb"),
        ({"max_itemsets": 0}, "max_itemsets"),
    ],
)
def test_bad_parameters_are_refused_at_once(
    baskets: pt.Baskets, options: dict[str, object], name: str
) -> None:
    with pytest.raises(pt.ParameterError, match=name):
        baskets.scan_itemsets(**options)


def test_there_is_no_other_way_to_make_one(baskets: pt.Baskets) -> None:
    import pickle

    with pytest.raises(TypeError, match="scan_itemsets"):
        pt.ItemsetScan()
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(baskets.scan_itemsets())
    with pytest.raises(pt.ParameterError, match="n_rows"):
        baskets.scan_itemsets().batches(0)
