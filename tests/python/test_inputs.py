"""The same table gives the same result, whatever frame, type, chunking or file it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import patronomy as pt
import pyarrow as pa
import pytest

from frames import (
    FRAME_KINDS,
    ROLES,
    SINGLE_ROLES,
    by_customer,
    ipc_bytes,
    single_orders,
)


def rfm(data: Any, returns: str = "net", **options: Any) -> pt.Rfm:
    return pt.Transactions(data, **ROLES, returns=returns).rfm(**options)


def replaced(table: pa.Table, name: str, array: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, array)


def with_ids(ids: Sequence[Any], id_type: pa.DataType) -> pa.Table:
    """One order a row: amount = row number + 1, so that a row is known by its money."""
    table = single_orders([float(i + 1) for i in range(len(ids))])
    return replaced(table, "customer", pa.array(ids, id_type))


def money_of(table: Any) -> dict[Any, float]:
    return by_customer(
        pt.Transactions(table, **SINGLE_ROLES).rfm(segments=None), "monetary"
    )


def result_of(table: Any) -> pa.Table:
    return pa.table(pt.Transactions(table, **SINGLE_ROLES).rfm(segments=None))


# --- kinds of frames -------------------------------------------------------------------------------


@pytest.mark.parametrize("returns", ["net", "exclude", "keep"])
@pytest.mark.parametrize("kind", FRAME_KINDS)
def test_every_frame_gives_the_same_result(
    kind: str, returns: str, shop: pa.Table
) -> None:
    expected = pa.table(rfm(shop, returns, breadth=True))
    got = pa.table(rfm(FRAME_KINDS[kind](shop), returns, breadth=True))
    # pandas turns ids with gaps into floats: the int64 that comes back is the same type all the same.
    assert got.schema == expected.schema
    assert got.equals(expected)


@pytest.mark.parametrize("kind", FRAME_KINDS)
def test_every_frame_gives_the_same_counts(kind: str, shop: pa.Table) -> None:
    expected = pt.Transactions(shop, **ROLES).rfm().counts
    assert expected["left_out"]["no_customer"] > 0
    assert pt.Transactions(FRAME_KINDS[kind](shop), **ROLES).rfm().counts == expected


@pytest.mark.parametrize("kind", FRAME_KINDS)
def test_every_frame_with_text_ids(kind: str, small: pa.Table) -> None:
    assert ipc_bytes(rfm(FRAME_KINDS[kind](small))) == ipc_bytes(rfm(small))


@pytest.mark.parametrize(
    "kind", ["pandas", "pandas_arrow", "polars", "duckdb_relation"]
)
def test_online_retail_frames(kind: str, online_retail: pa.Table) -> None:
    names = pt.datasets.ONLINE_RETAIL_ROLES
    expected = pa.table(pt.Transactions(online_retail, **names).rfm())
    got = pa.table(pt.Transactions(FRAME_KINDS[kind](online_retail), **names).rfm())
    if kind == "pandas":
        # Its CustomerID is float64, so the ids come back as int64 and not as int32.
        expected = expected.set_column(
            0,
            pa.field("customer", pa.int64(), nullable=False),
            expected["customer"].cast(pa.int64()),
        )
    assert got.equals(expected)


def test_files_give_the_same_result(tmp_path: Path, shop: pa.Table) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    expected = pa.table(rfm(shop))
    parquet, csv = tmp_path / "shop.parquet", tmp_path / "shop.csv"
    pyarrow.parquet.write_table(shop, parquet, row_group_size=100)
    pyarrow.csv.write_csv(shop, csv)
    assert pa.table(rfm(parquet)).equals(expected)
    assert pa.table(rfm(str(parquet))).equals(expected)
    assert pa.table(rfm(csv)).equals(expected)


def test_the_online_retail_file(
    online_retail_path: Path, online_retail: pa.Table
) -> None:
    names = pt.datasets.ONLINE_RETAIL_ROLES
    expected = ipc_bytes(pt.Transactions(online_retail, **names).rfm())
    assert pt.datasets.online_retail().samefile(online_retail_path)
    assert ipc_bytes(pt.Transactions(online_retail_path, **names).rfm()) == expected


@pytest.mark.parametrize("unfit", ["lazy", "dict", "list", "none", "number"])
def test_what_is_no_table_is_a_type_error_with_a_remedy(
    unfit: str, small: pa.Table
) -> None:
    import polars as pl

    data = {
        "lazy": pl.from_arrow(small).lazy(),  # type: ignore[union-attr]
        "dict": small.to_pydict(),
        "list": small.to_pylist(),
        "none": None,
        "number": 3,
    }[unfit]
    with pytest.raises(TypeError) as caught:
        pt.Transactions(data, **ROLES)
    if unfit == "lazy":
        assert "collect" in str(caught.value)


# --- layout: chunks, slices, offsets ---------------------------------------------------------------


def test_chunks_do_not_matter(shop: pa.Table) -> None:
    expected = ipc_bytes(rfm(shop))
    for size in (1, 7, 64):
        batches = shop.to_batches(max_chunksize=size)
        empty = shop.slice(0, 0).to_batches() or [
            pa.RecordBatch.from_pylist([], schema=shop.schema)
        ]
        chunked = pa.Table.from_batches([*empty, *batches, *empty])
        assert ipc_bytes(rfm(chunked)) == expected
        assert (
            ipc_bytes(rfm(pa.RecordBatchReader.from_batches(shop.schema, batches)))
            == expected
        )


def test_slices_and_offsets(shop: pa.Table) -> None:
    for start, length in [(0, 50), (3, 61), (64, 64), (129, 200)]:
        view = shop.slice(start, length)
        copy = pa.Table.from_pylist(view.to_pylist(), schema=shop.schema)
        expected = ipc_bytes(rfm(copy))
        assert ipc_bytes(rfm(view)) == expected
        assert ipc_bytes(rfm(view.combine_chunks().to_batches()[0])) == expected
    whole = shop.combine_chunks().to_batches()[0]
    assert ipc_bytes(rfm(whole.slice(5, 90))) == ipc_bytes(rfm(shop.slice(5, 90)))


def test_a_sliced_struct_array(shop: pa.Table) -> None:
    struct = FRAME_KINDS["pyarrow_struct_array"](shop)
    assert ipc_bytes(rfm(struct.slice(5, 90))) == ipc_bytes(rfm(shop.slice(5, 90)))


def test_every_second_row_of_a_polars_frame(shop: pa.Table) -> None:
    import polars as pl

    frame = pl.from_arrow(shop)
    assert isinstance(frame, pl.DataFrame)
    taken = shop.take(pa.array(range(0, shop.num_rows, 2)))
    assert ipc_bytes(rfm(frame.gather_every(2))) == ipc_bytes(rfm(taken))


def test_columns_no_role_names_are_never_touched(shop: pa.Table) -> None:
    n = shop.num_rows
    odd = {
        "nested": pa.array([[{"a": 1}]] * n),
        "map": pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int64())),
        "nothing": pa.nulls(n),
        "bytes": pa.array([b"\xff\x00"] * n),
        "interval": pa.array([pa.MonthDayNano([1, 2, 3])] * n),
        "": pa.array(range(n)),
    }
    wide = shop
    for name, array in odd.items():
        wide = wide.add_column(0, name, array)
    assert ipc_bytes(rfm(wide)) == ipc_bytes(rfm(shop))


def test_column_order_does_not_matter(shop: pa.Table) -> None:
    assert ipc_bytes(rfm(shop.select(shop.column_names[::-1]))) == ipc_bytes(rfm(shop))
