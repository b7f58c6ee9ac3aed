"""The same bits: with any number of threads, any chunks, any order of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import patronomy as pt
import pyarrow as pa
import pytest

from frames import ROLES, column, ipc_bytes, random_shop, wide_shop
from reference import CONVENTIONS


def everything(tx: pt.Transactions, n_jobs: int | None, **options: Any) -> list[bytes]:
    result = tx.rfm(n_jobs=n_jobs, breadth=True, **options)
    tables: list[Any] = [result]
    if "segment" in pa.table(result).column_names:
        tables += [result.segments(), result.cells()]
    return [ipc_bytes(table) for table in tables]


@pytest.mark.parametrize("returns", ["net", "exclude", "keep"])
def test_the_same_bits_with_any_number_of_threads_small(returns: str) -> None:
    tx = pt.Transactions(random_shop(4, 80), **ROLES, returns=returns)
    expected = everything(tx, 1)
    for n_jobs in (2, 7, None):
        assert everything(tx, n_jobs) == expected


@pytest.mark.parametrize("returns", ["net", "exclude", "keep"])
@pytest.mark.parametrize("text_ids", [False, True], ids=["int", "text"])
def test_the_same_bits_with_any_number_of_threads_large(
    text_ids: bool, returns: str
) -> None:
    # Prices are thirds, so a changed order of adding changes the last bits.
    table = wide_shop(400_000, text_ids=text_ids)
    tx = pt.Transactions(table, **ROLES, returns=returns)
    expected = everything(tx, 1)
    for n_jobs in (2, 7):
        assert everything(tx, n_jobs) == expected


def test_the_same_bits_with_any_chunks_large() -> None:
    table = wide_shop(400_000, seed=1)
    chunked = pa.Table.from_batches(table.to_batches(max_chunksize=30_011))
    for n_jobs in (1, 7):
        one = everything(pt.Transactions(table, **ROLES), n_jobs, nesting="nested")
        assert (
            everything(pt.Transactions(chunked, **ROLES), n_jobs, nesting="nested")
            == one
        )


def test_large_tables_equal_the_sum_of_their_parts() -> None:
    # The parallel path against pandas, not only against itself.
    table = wide_shop(350_000, seed=2)
    result = pt.Transactions(table, **ROLES, returns="exclude").rfm(segments=None)
    frame = table.to_pandas().query("quantity > 0")
    groups = frame.assign(money=frame["quantity"] * frame["price"]).groupby("customer")
    assert column(result, "customer") == list(groups.groups)
    assert column(result, "frequency") == groups["transaction"].nunique().tolist()
    assert column(result, "monetary") == pytest.approx(
        groups["money"].sum().tolist(), rel=1e-9
    )


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("returns", ["net", "exclude", "keep"])
def test_the_order_of_the_rows_does_not_matter(returns: str, convention: str) -> None:
    # Decimal prices: sums are exact. Times differ, so netting has one answer.
    table = random_shop(21, 80)
    options = {
        "convention": convention,
        "n_bins": (3, 2, 3),
        "segments": None,
        "breadth": True,
    }
    first = pt.Transactions(table, **ROLES, returns=returns).rfm(**options)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(table.num_rows)
        shuffled = table.take(pa.array(order))
        again = pt.Transactions(shuffled, **ROLES, returns=returns).rfm(**options)
        assert ipc_bytes(again) == ipc_bytes(first)
        assert again.counts == first.counts


def test_a_job_may_be_run_again() -> None:
    tx = pt.Transactions(random_shop(11, 120), **ROLES)
    assert ipc_bytes(tx.rfm()) == ipc_bytes(tx.rfm())


def test_the_generated_shop_is_a_matter_of_its_seed() -> None:
    one, same, other = (
        pt.simulate.shop(n_customers=200, n_days=300, seed=s) for s in (1, 1, 2)
    )
    assert ipc_bytes(one.rfm()) == ipc_bytes(same.rfm())
    assert ipc_bytes(one.rfm()) != ipc_bytes(other.rfm())
    assert 0 < len(one.rfm()) <= 200
    counts = one.rfm().counts
    assert (
        counts["rows_in"]
        == counts["rows_used"] + sum(counts["left_out"].values())
        == len(one)
    )
