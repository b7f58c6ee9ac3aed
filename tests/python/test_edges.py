"""Cases at the edges that users met: each stands for a family of inputs."""

import os
import stat
from datetime import datetime

import numpy as np
import pandas as pd
import patronomy as pt
import polars as pl
import pyarrow as pa
import pytest

ROLES = {"customer": "c", "time": "t", "amount": "a"}


def days(*texts):
    return pd.to_datetime(list(texts))


def rfm_of(path_or_frame, **roles):
    return pt.Transactions(path_or_frame, **(ROLES | roles)).rfm().to_dict()


# ---- netting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "amounts",
    [(59.95, -29.97, -29.98), (0.3, -0.1, -0.2), (19.99, -9.99, -10.0)],
)
def test_a_purchase_returned_in_parts_is_gone(amounts):
    frame = pd.DataFrame(
        {
            "c": [1, 1, 1, 2],
            "t": days("2024-01-01", "2024-01-05", "2024-01-06", "2024-01-07"),
            "a": [*amounts, 5.0],
        }
    )
    counts = pt.Transactions(frame, **ROLES).rfm().counts
    assert counts["left_out"] == {"cancelled_by_return": 1, "return_netted": 2}


def test_what_is_left_of_a_purchase_is_exact():
    frame = pd.DataFrame(
        {"c": [1, 1], "t": days("2024-01-01", "2024-01-05"), "a": [1000.1, -999.99]}
    )
    assert rfm_of(frame)["monetary"] == [0.11]


@pytest.mark.parametrize("prices", [(0.3 / 3, 0.1), (0.0, -0.0)])
def test_prices_that_are_one_decimal_are_one(prices):
    frame = pd.DataFrame(
        {
            "c": [1, 1, 2],
            "t": days("2024-01-01", "2024-01-05", "2024-01-06"),
            "q": [3, -1, 1],
            "p": [*prices, 5.0],
        }
    )
    tx = pt.Transactions(frame, customer="c", time="t", quantity="q", price="p")
    assert tx.rfm().counts["left_out"] == {"return_netted": 1}


def test_the_last_row_used_is_that_of_a_scored_customer():
    table = pa.table(
        {
            "c": [1, 1, 2],
            "t": [datetime(2024, 1, 1), datetime(2024, 1, 20), datetime(2024, 12, 31)],
            "a": [5.0, 6.0, -3.0],
        }
    )
    tx = pt.Transactions(table, returns="keep", **ROLES)
    assert tx.rfm().reference == datetime(2024, 1, 20)
    assert tx.rfm(period_days=30).to_dict()["recency_days"] == [0]


# ---- CSV -------------------------------------------------------------------------------------------------------


def csv(folder, text):
    path = folder / "table.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        ("%Y-%d-%m", ("2024-05-09", "2024-01-06")),
        ("%Y%m%d", ("20240905", "20240601")),
        ("%Y-%m-%d %I:%M:%S %p", ("2024-09-05 12:00:00 AM", "2024-06-01 12:00:00 AM")),
    ],
)
def test_a_file_s_times_are_read_by_their_format(tmp_path, form, texts):
    path = csv(tmp_path, "c,t,a\n1,{},5\n2,{},7\n".format(*texts))
    first = rfm_of(path, time_format=form)["first_order"]
    assert first[0] == datetime(2024, 9, 5)
    assert (
        first
        == rfm_of(
            pl.read_csv(path, infer_schema=False).cast({"a": pl.Int64}),
            time_format=form,
        )["first_order"]
    )


def test_a_file_s_offsets_count(tmp_path):
    path = csv(tmp_path, "c,t,a\n1,2024-01-01T23:30:00-05:00,5\n")
    tx = pt.Transactions(path, **ROLES)
    assert tx.as_of("2024-01-02T04:30:00Z").counts["rows_used"] == 1
    mixed = csv(
        tmp_path, "c,t,a\n1,2024-01-01T23:30:00-05:00,5\n1,2024-01-03T10:00:00,5\n"
    )
    with pytest.raises(pt.BadValuesError, match="offset"):
        pt.Transactions(mixed, **ROLES)


def test_bad_values_of_a_file_cost_their_row_at_most(tmp_path):
    path = csv(
        tmp_path,
        "c,t,a,name,birth\n"
        "1,2024-01-01,5,Jane Doe,1980-02-30\n"
        "2,2024-02-30 10:00:00,5,John Roe,0000-00-00\n"
        "3,2024-01-02,free,x,\n",
    )
    counts = pt.Transactions(path, **ROLES).counts
    assert counts["rows_used"] == 1
    assert counts["left_out"] == {"no_time": 1, "no_amount": 1}


def test_ids_of_a_file_that_differ_stay_apart(tmp_path):
    path = csv(tmp_path, "c,t,o,a\n1,2024-05-09,12E4,5\n1,2024-06-01,1200E2,7\n")
    assert rfm_of(path, transaction="o")["frequency"] == [2]
    path = csv(tmp_path, "c,t,a\n1.10,2024-05-09,5\n1.1,2024-06-01,7\n")
    assert rfm_of(path)["customer"] == ["1.1", "1.10"]


# ---- times -----------------------------------------------------------------------------------------------------


def test_seconds_may_be_left_away():
    times = ["2010-12-01 08:26:00", "2010-12-01 08:27", "2010-12-01T08:28"]
    table = pa.table({"c": [1, 2, 3], "t": times, "a": [1.0, 2.0, 3.0]})
    assert pt.Transactions(table, **ROLES).counts["rows_used"] == 3
    tx = pt.simulate.shop(50, seed=1)
    noon = tx.as_of("2025-01-05T12:30").clock
    assert noon == datetime(2025, 1, 5, 12, 30)
    assert tx.as_of(np.datetime64("2025-01-05T12:30")).clock == noon
    assert tx.as_of(np.datetime64("2025-01-05T12", "h")).clock == datetime(
        2025, 1, 5, 12
    )
    with pytest.raises(pt.ParameterError, match="one day or one instant"):
        tx.as_of(np.datetime64("2025-03"))


def test_a_format_for_times_that_are_no_text_is_refused():
    frame = pd.DataFrame({"c": [1], "t": days("2024-01-01"), "a": [1.0]})
    with pytest.raises(pt.ParameterError, match="given as text"):
        pt.Transactions(frame, time_format="%d/%m/%Y", **ROLES)


def test_times_in_zone_z_can_be_shown():
    times = pa.array([1_700_000_000_000_000], pa.timestamp("us", tz="Z"))
    result = pt.Transactions(
        pa.table({"c": [1], "t": times, "a": [5.0]}), **ROLES
    ).rfm()
    assert "2023-11-14" in repr(result)
    assert result.customer(1)["first_order"].tzinfo is not None


@pytest.mark.parametrize("far", ["0000-01-01", "+12000-01-01"])
def test_times_no_datetime_can_hold_are_refused(far):
    with pytest.raises(pt.ParameterError, match="years 1 to 9999|ISO 8601"):
        pt.simulate.shop(20, seed=1).as_of(far)


def test_results_give_datetimes():
    row = pt.simulate.shop(20, seed=1).rfm()
    assert all(isinstance(t, datetime) for t in row.to_dict()["first_order"])
    first = row.to_dict()["customer"][0]
    assert row.customer(first)["last_order"] == row.to_dict()["last_order"][0]


# ---- the rest --------------------------------------------------------------------------------------------------


def test_files_obey_the_umask(tmp_path):
    old = os.umask(0o077)
    try:
        pt.simulate.shop(50, seed=1).rfm().write(tmp_path / "r.parquet")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "r.parquet").stat().st_mode) == 0o600


def test_a_column_without_a_role_is_not_in_the_way():
    frame = pd.DataFrame(
        {"c": [1, 2], "t": days("2024-01-01", "2024-01-02"), "a": [1.0, 2.0]}
    )
    frame["misc"] = pd.Series([1, "x"], dtype=object)
    assert len(pt.Transactions(frame, **ROLES).rfm()) == 2


def test_cut_points_that_coincide_are_said():
    frame = pd.DataFrame(
        {"c": range(100), "t": days("2024-01-01")[[0] * 100], "a": 1.0}
    )
    notices = pt.Transactions(frame, **ROLES).rfm().notices
    assert [n.split()[3] for n in notices] == ["recency", "frequency", "monetary"]


def test_breaks_beyond_floats_are_met():
    frame = pd.DataFrame(
        {"c": [1, 2], "t": days("2024-01-01", "2024-01-02"), "a": [1.7e308, -1.7e308]}
    )
    frame = pd.concat([frame, frame.assign(a=1.0)])
    r = pt.Transactions(frame, returns="keep", **ROLES).rfm()
    assert np.isfinite(r.breaks.monetary).all()


def test_wild_arguments_are_refused_by_name():
    tx = pt.simulate.shop(20, seed=1)
    with pytest.raises(pt.CustomerNotFoundError):
        tx.rfm().customer(2**64)
    for weights in [(10**400, 1, 1), (1e305, 1, 1)]:
        with pytest.raises(pt.ParameterError, match="weights"):
            tx.rfm(weights=weights)
    with pytest.raises(pt.ParameterError, match="recency"):
        pt.Breaks([10**400], [1], [1])
    nested = {"recency": [1.0], "monetary": [[1.0]]}
    for wrong in [[[1], 2], [["a"]], [[float("nan")]]]:
        with pytest.raises(
            (pt.ParameterError, TypeError), match="`frequency` of `Breaks`"
        ):
            tx.rfm(breaks=nested | {"frequency": wrong})
    one, other = pt.Breaks([0.0], [1], [1]), pt.Breaks([-0.0], [1], [1])
    assert one == other
    assert hash(one) == hash(other)


def test_too_little_memory_is_refused_with_an_estimate():
    rows = 300_000
    table = pa.table(
        {
            "c": np.arange(rows) * 7_919 % 100_003,
            "t": np.datetime64("2024-01-01", "s") + np.arange(rows) % 86_400,
            "a": np.ones(rows),
        }
    )
    tx = pt.Transactions(table, **ROLES)
    plain = tx.rfm().to_dict()
    assert tx.rfm(memory_mb=2).to_dict() == plain
    with pytest.raises(pt.BudgetError, match="adding up customers needs about"):
        tx.rfm(memory_mb=0.01)
    with pytest.raises(pt.ParameterError, match="memory_mb"):
        tx.rfm(memory_mb=-1)


@pytest.mark.parametrize(
    "blank", ["", " ", "\u00a0", "\u3000", "\x00", "\u200b\u00a0"[1:]]
)
def test_blank_ids_are_missing(blank):
    table = pa.table(
        {"c": ["x", blank], "t": ["2024-01-01", "2024-01-02"], "a": [1.0, 2.0]}
    )
    assert pt.Transactions(table, **ROLES).counts["left_out"] == {"no_customer": 1}


def test_a_dictionary_shared_by_chunks_is_read_once():
    values = pa.array([f"customer number {i}" for i in range(1000)])
    chunk = pa.DictionaryArray.from_arrays(pa.array([1, 2, 999], pa.int32()), values)
    other = pa.DictionaryArray.from_arrays(
        pa.array([0], pa.int32()), pa.array(["customer number 2"])
    )
    n = 50
    table = pa.table(
        {
            "c": pa.chunked_array([*[chunk] * n, other]),
            "t": ["2024-01-01"] * (3 * n + 1),
            "a": [1.0] * (3 * n + 1),
        }
    )
    r = pt.Transactions(table, **ROLES).rfm().to_dict()
    assert r["customer"] == [f"customer number {i}" for i in (1, 2, 999)]
    assert r["monetary"] == [50.0, 51.0, 50.0]
