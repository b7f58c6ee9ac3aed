"""What comes out: schema, Arrow out, frozen, shown, written, saved."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import pickle
from pathlib import Path
from typing import Any

import patronomy as pt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from frames import ROLES, by_customer, column, ipc_bytes, random_shop
from reference import CONVENTIONS, VALUE_RULES

BASE_SCHEMA: list[tuple[str, pa.DataType]] = [
    ("customer", pa.int64()),
    ("recency_days", pa.int32()),
    ("frequency", pa.uint32()),
    ("monetary", pa.float64()),
    ("first_order", pa.timestamp("us")),
    ("last_order", pa.timestamp("us")),
    ("tenure_days", pa.int32()),
    ("mean_gap_days", pa.float64()),
]
SCORE_SCHEMA: list[tuple[str, pa.DataType]] = [
    ("r_score", pa.uint8()),
    ("f_score", pa.uint8()),
    ("m_score", pa.uint8()),
    ("rfm_score", pa.float64()),
]
SEGMENT = ("segment", pa.dictionary(pa.int8(), pa.string()))


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.Transactions(random_shop(11, 120), **ROLES)


@pytest.fixture(scope="module")
def result(tx: pt.Transactions) -> pt.Rfm:
    return tx.rfm()


def schema_of(result: Any) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in pa.table(result).schema]


# --- schema ----------------------------------------------------------------------------------------


def test_schema(result: pt.Rfm) -> None:
    assert schema_of(result) == [*BASE_SCHEMA, *SCORE_SCHEMA, SEGMENT]


def test_schema_with_breadth_and_without_segments(tx: pt.Transactions) -> None:
    wanted = [*BASE_SCHEMA, ("breadth", pa.uint32()), *SCORE_SCHEMA]
    assert schema_of(tx.rfm(breadth=True, segments=None)) == wanted


def test_segments_are_given_by_default_only_where_all_bins_are_five(
    tx: pt.Transactions,
) -> None:
    for n_bins, has in [
        (5, True),
        ((5, 5, 5), True),
        (4, False),
        ((5, 5, 4), False),
        ((4, 5, 5), False),
    ]:
        names = pa.table(tx.rfm(n_bins=n_bins)).column_names
        assert ("segment" in names) is has, n_bins


def test_the_schema_alone(result: pt.Rfm) -> None:
    assert pa.schema(result) == pa.table(result).schema
    assert pa.schema(result.segments()) == pa.table(result.segments()).schema


def test_only_unknowns_are_null(result: pt.Rfm) -> None:
    table = pa.table(result)
    assert table["segment"].null_count == result.n_unassigned
    assert table["mean_gap_days"].null_count == sum(
        f == 1 for f in column(result, "frequency")
    )
    for name in table.column_names:
        if name not in ("segment", "mean_gap_days"):
            assert table[name].null_count == 0, name


def test_sorted_by_customer_and_each_once(result: pt.Rfm) -> None:
    customers = column(result, "customer")
    assert len(result) == len(customers) == len(set(customers)) > 50
    assert customers == sorted(customers)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_scores_are_on_the_scale(tx: pt.Transactions, convention: str) -> None:
    result = tx.rfm(convention=convention, n_bins=(3, 2, 4), segments=None)
    for name, bins in [("r_score", 3), ("f_score", 2), ("m_score", 4)]:
        assert set(column(result, name)) <= set(range(1, bins + 1))
    r, f, m = (column(result, name) for name in ("r_score", "f_score", "m_score"))
    expected = [100.0 * a + 10 * b + c for a, b, c in zip(r, f, m, strict=True)]
    assert column(result, "rfm_score") == expected


def test_good_is_high(result: pt.Rfm) -> None:
    # Ties kept together: a better value never scores less.
    for value, score, sign in [
        ("recency_days", "r_score", -1),
        ("frequency", "f_score", 1),
        ("monetary", "m_score", 1),
    ]:
        pairs = sorted(
            (sign * v, s) for v, s in by_customer(result, value, score).values()
        )
        scores = [s for _, s in pairs]
        assert scores == sorted(scores), value
        assert scores[0] < scores[-1], value


# --- Arrow out -------------------------------------------------------------------------------------


def test_arrow_out_to_every_frame(result: pt.Rfm) -> None:
    import duckdb

    table = pa.table(result)
    assert result.to_arrow().equals(table)
    frame = pl.DataFrame(result)
    assert frame.columns == table.column_names
    assert frame["monetary"].to_list() == table["monetary"].to_pylist()
    assert frame["segment"].cast(pl.String).to_list() == table["segment"].to_pylist()
    assert result.to_polars().equals(frame)
    pandas = result.to_pandas()
    assert pandas["r_score"].tolist() == table["r_score"].to_pylist()
    assert list(pandas.columns) == table.column_names
    assert duckdb.sql("select sum(frequency) as n from result").fetchall() == [
        (pc.sum(table["frequency"]).as_py(),)
    ]


def test_arrow_out_may_be_asked_again(result: pt.Rfm) -> None:
    assert pa.table(result).equals(pa.table(result))
    reader = pa.RecordBatchReader.from_stream(result)
    assert reader.read_all().equals(pa.table(result))


def test_the_table_outlives_the_result() -> None:
    result = pt.Transactions(random_shop(11, 120), **ROLES).rfm()
    table, expected = pa.table(result), pa.table(result).to_pylist()
    del result
    gc.collect()
    assert table.to_pylist() == expected


def test_small_tables_come_out_too(result: pt.Rfm) -> None:
    for small in (
        result.segments(),
        result.cells(),
        result.unassigned_cells(),
        result.moves(result),
    ):
        table = pa.table(small)
        assert (
            len(small)
            == table.num_rows
            == len(pl.DataFrame(small))
            == len(small.to_pandas())
        )
        assert small.columns == table.column_names
        assert small.to_dict() == table.to_pydict()
        assert small.to_arrow().equals(table)
        assert small.to_polars().columns == table.column_names


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_write(result: pt.Rfm, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    result.write(path)
    read = pyarrow.parquet.read_table if suffix == "parquet" else pyarrow.csv.read_csv
    back = read(path)
    table = pa.table(result)
    assert back.column_names == table.column_names
    for name in ("customer", "frequency", "monetary", "rfm_score"):
        assert back[name].to_pylist() == table[name].to_pylist()
    if suffix == "parquet":
        assert back["last_order"].type == pa.timestamp("us")
        assert (
            back["segment"].cast(pa.string()).to_pylist()
            == table["segment"].to_pylist()
        )
    result.write(str(path))  # once more, over the first


# --- frozen and shown ------------------------------------------------------------------------------


def faces(tx: pt.Transactions, result: pt.Rfm) -> dict[str, Any]:
    return {
        "Transactions": tx,
        "Rfm": result,
        "Breaks": result.breaks,
        "RfmModel": result.model,
        "SegmentMap": pt.SegmentMap.builtin("rf_grid"),
        "Moves": result.moves(result),
        "ArrowTable": result.segments(),
    }


NAMES = [
    "Transactions",
    "Rfm",
    "Breaks",
    "RfmModel",
    "SegmentMap",
    "Moves",
    "ArrowTable",
]
ATTRIBUTE = {
    "Transactions": "returns",
    "Rfm": "breaks",
    "Breaks": "recency",
    "RfmModel": "params",
    "SegmentMap": "name",
    "Moves": "columns",
    "ArrowTable": "columns",
}


@pytest.mark.parametrize("name", NAMES)
def test_frozen(name: str, tx: pt.Transactions, result: pt.Rfm) -> None:
    thing = faces(tx, result)[name]
    assert isinstance(thing, getattr(pt, name))
    for attribute in (ATTRIBUTE[name], "something_new"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(thing, attribute, 1)
    with pytest.raises((AttributeError, TypeError)):
        delattr(thing, ATTRIBUTE[name])


def test_what_is_handed_out_changes_nothing_inside(tx: pt.Transactions) -> None:
    result = tx.rfm()
    result.breaks.recency.append(1e9)
    result.counts["rows_in"] = -1
    result.params.clear()
    tx.roles.clear()
    assert result.breaks == tx.rfm().breaks
    assert result.counts["rows_in"] == len(tx)
    assert result.params
    assert tx.roles == ROLES


@pytest.mark.parametrize("name", NAMES)
def test_repr(name: str, tx: pt.Transactions, result: pt.Rfm) -> None:
    text = repr(faces(tx, result)[name])
    assert name in text
    assert " at 0x" not in text


def test_repr_tells_the_sizes(tx: pt.Transactions, result: pt.Rfm) -> None:
    def digits_of(text: str) -> str:
        return text.replace(",", "").replace("_", "").replace("\u202f", "")

    assert str(len(tx)) in digits_of(repr(tx))
    assert str(len(result)) in digits_of(repr(result))


def test_html(tx: pt.Transactions, result: pt.Rfm) -> None:
    for thing in (tx, result, result.segments(), result.moves(result)):
        html = thing._repr_html_()
        assert "<" in html
        assert "</" in html
        assert "<script" not in html


def test_html_escapes_what_the_data_says() -> None:
    from frames import orders

    evil = "<script>alert(1)</script>"
    table = orders(
        [(evil, "1", "x", "2020-01-01", 1, 1.0), ("b", "2", "x", "2020-01-02", 1, 1.0)]
    )
    result = pt.Transactions(table, **ROLES).rfm(
        segments=pt.SegmentMap(evil, [(evil, (1, 5), (1, 5), (1, 5))])
    )
    for thing in (result, result.segments(), result.moves(result)):
        assert "<script" not in thing._repr_html_()
    renamed = table.rename_columns([evil, *table.column_names[1:]])
    assert (
        "<script"
        not in pt.Transactions(renamed, **ROLES | {"customer": evil})._repr_html_()
    )


# --- attributes ------------------------------------------------------------------------------------


def test_attributes(tx: pt.Transactions, result: pt.Rfm) -> None:
    assert tx.roles == ROLES
    assert tx.returns == "net"
    assert isinstance(result.reference, dt.datetime)
    assert result.params["convention"] == "together"
    assert isinstance(result.notices, list)
    assert all(isinstance(n, str) for n in result.notices)
    assert isinstance(result.breaks, pt.Breaks)
    assert isinstance(result.model, pt.RfmModel)


def test_the_row_of_a_customer(result: pt.Rfm) -> None:
    table = pa.table(result)
    for i in (0, len(result) // 2, len(result) - 1):
        row = table.slice(i, 1).to_pylist()[0]
        assert result.customer(row["customer"]) == row
    with pytest.raises(KeyError):
        result.customer(10**6)


def test_breaks_of_the_default_are_quantiles(result: pt.Rfm) -> None:
    import numpy as np

    for name, cuts in [
        ("recency_days", result.breaks.recency),
        ("frequency", result.breaks.frequency),
        ("monetary", result.breaks.monetary),
    ]:
        expected = np.quantile(column(result, name), [0.2, 0.4, 0.6, 0.8])
        assert cuts == pytest.approx(expected.tolist(), rel=1e-12)


# --- pickled, copied, saved ------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("nesting", ["independent", "nested"])
def test_breaks_and_model_survive_a_pickle(
    tx: pt.Transactions, protocol: int, nesting: str
) -> None:
    result = tx.rfm(nesting=nesting, n_bins=3, segments=None)
    breaks = pickle.loads(pickle.dumps(result.breaks, protocol))
    assert breaks == result.breaks
    assert ipc_bytes(tx.rfm(n_bins=3, breaks=breaks, segments=None)) == ipc_bytes(
        tx.rfm(n_bins=3, breaks=result.breaks, segments=None)
    )
    model = pickle.loads(pickle.dumps(result.model, protocol))
    assert ipc_bytes(model.score(tx)) == ipc_bytes(result.model.score(tx))
    assert copy.deepcopy(result.breaks) == result.breaks


def test_segment_maps_survive_a_pickle() -> None:
    for one in (
        pt.SegmentMap.builtin("rf_grid"),
        pt.SegmentMap(
            "mine", [("a", (1, 2), (1, 5), (1, 5)), ("b", (3, 5), (1, 5), (1, 5))]
        ),
    ):
        back = pickle.loads(pickle.dumps(one))
        assert (back.name, back.rules, len(back)) == (one.name, one.rules, len(one))


def test_breaks_by_hand() -> None:
    one = pt.Breaks([1, 2], [3], [4.5, 5])
    assert (one.recency, one.frequency, one.monetary) == ([1.0, 2.0], [3.0], [4.5, 5.0])
    assert one == pt.Breaks([1.0, 2.0], [3.0], [4.5, 5.0])
    assert one != pt.Breaks([1.0, 2.5], [3.0], [4.5, 5.0])
    assert one != "breaks"
    made = one.to_dict()
    assert (made["recency"], made["frequency"], made["monetary"]) == (
        [1, 2],
        [3],
        [4.5, 5],
    )


@pytest.mark.parametrize("nesting", ["independent", "nested"])
@pytest.mark.parametrize("convention", VALUE_RULES)
def test_saved_models_score_the_same(
    tx: pt.Transactions, tmp_path: Path, convention: str, nesting: str
) -> None:
    bins = (3, 2, 2) if nesting == "independent" else (2, 2, 2)
    if nesting == "nested" and convention == "qcut":
        pytest.skip("qcut refuses a cell of equal values")
    result = tx.rfm(convention=convention, nesting=nesting, n_bins=bins, segments=None)
    path = tmp_path / "rfm.model"
    result.model.save(path)
    loaded = pt.RfmModel.load(path)
    assert loaded.breaks == result.breaks
    assert loaded.params == result.model.params
    # On the table it was learnt from, the model gives the scores it was learnt with.
    assert ipc_bytes(loaded.score(tx)) == ipc_bytes(result)


def test_a_model_keeps_its_map_and_weights(tx: pt.Transactions, tmp_path: Path) -> None:
    own = pt.SegmentMap(
        "mine", [("best", (4, 5), (4, 5), (1, 5)), ("rest", (1, 5), (1, 5), (1, 5))]
    )
    result = tx.rfm(segments=own, weights=(1, 2, 3), monetary="mean")
    result.model.save(tmp_path / "m.model")
    again = pt.RfmModel.load(str(tmp_path / "m.model")).score(tx)
    assert ipc_bytes(again) == ipc_bytes(result)
    assert column(again.segments(), "segment") == ["best", "rest"]


def test_a_model_file_holds_no_customer(tx: pt.Transactions, tmp_path: Path) -> None:
    from frames import orders

    table = orders(
        [
            (f"customer-{i}", f"t{i}", "x", f"2020-01-{i + 1:02d}", 1, float(i))
            for i in range(20)
        ]
    )
    pt.Transactions(table, **ROLES).rfm().model.save(tmp_path / "m.model")
    assert b"customer-1" not in (tmp_path / "m.model").read_bytes()
