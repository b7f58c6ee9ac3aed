"""Readers: the same content gives the same result, whatever file, encoding or database it comes from."""

from __future__ import annotations

import gzip
import io
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import patronomy as pt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from frames import ROLES, ipc_bytes

Write = Callable[[pa.Table, Path], None]


def rfm(data: object, **options: object) -> bytes:
    return ipc_bytes(pt.Transactions(data, **ROLES, **options).rfm())  # type: ignore[arg-type]


def csv_text(table: pa.Table, delimiter: str = ",") -> str:
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(delimiter=delimiter)
    pyarrow.csv.write_csv(table, sink, options)
    return sink.getvalue().decode()


def encoded(encoding: str, delimiter: str = ",") -> Write:
    def write(table: pa.Table, path: Path) -> None:
        path.write_bytes(csv_text(table, delimiter).encode(encoding))

    return write


def excel(table: pa.Table, path: Path) -> None:
    table.to_pandas().to_excel(path, index=False)


FILES: dict[str, Write] = {
    "t.parquet": lambda t, p: pyarrow.parquet.write_table(t, p, row_group_size=77),
    "t.csv": encoded("utf-8"),
    "bom.csv": encoded("utf-8-sig"),
    "gb.csv": encoded("gb18030"),
    "western.csv": encoded("windows-1252"),
    "utf16.csv": encoded("utf-16"),
    "semicolon.csv": encoded("utf-8", ";"),
    "t.tsv": encoded("utf-8", "\t"),
    "pipe.txt": encoded("utf-8", "|"),
    "t.csv.gz": lambda t, p: (
        p.write_bytes(gzip.compress(csv_text(t).encode())) and None
    ),
    "t.xlsx": excel,
}


@pytest.fixture(scope="module")
def sales(shop: pa.Table) -> pa.Table:
    """The shop, with customers that missing ids have not turned into floats in any frame."""
    text = shop["transaction"].combine_chunks()
    return shop.set_column(1, "transaction", text)


@pytest.mark.parametrize("name", FILES)
def test_every_file_gives_the_same_result(
    name: str, tmp_path: Path, sales: pa.Table
) -> None:
    path = tmp_path / name
    FILES[name](sales, path)
    assert rfm(path) == rfm(sales)
    assert rfm(pt.read_table(path, roles=ROLES)) == rfm(sales)
    assert rfm(pt.scan(path, roles=ROLES)) == rfm(sales)


def test_names_and_texts_in_chinese(tmp_path: Path) -> None:
    table = pa.table(
        {
            "客户编号": ["张伟一号", "李娜二号", "张伟一号"],
            "下单时间": ["2024-01-05", "2024-01-07", "2024-02-01"],
            "金额": [1.5, 2.25, 4.0],
        }
    )
    path = tmp_path / "t.csv"
    encoded("gb18030")(table, path)
    assert pt.inspect(path).dialect["encoding"] == "gb18030"  # type: ignore[index]
    tx = pt.Transactions(path, customer="客户编号", time="下单时间", amount="金额")
    expected = pt.Transactions(
        table, customer="客户编号", time="下单时间", amount="金额"
    )
    assert ipc_bytes(tx.rfm()) == ipc_bytes(expected.rfm())


def test_folders_and_patterns(tmp_path: Path, sales: pa.Table) -> None:
    for i, start in enumerate(range(0, sales.num_rows, 300)):
        path = tmp_path / f"part-{i:03}.csv"
        pyarrow.csv.write_csv(sales.slice(start, 300), path)
    assert rfm(tmp_path) == rfm(sales)
    assert rfm(tmp_path / "part-*.csv") == rfm(sales)
    assert pt.inspect(tmp_path).files[0].endswith("part-000.csv")


def test_a_sheet_by_name(tmp_path: Path, sales: pa.Table) -> None:
    import pandas as pd

    path = tmp_path / "t.xlsx"
    frame = sales.to_pandas()
    with pd.ExcelWriter(path) as writer:
        frame.iloc[:500].to_excel(writer, sheet_name="一月", index=False)
        frame.iloc[500:].to_excel(writer, sheet_name="二月", index=False)
    with pytest.raises(pt.ParameterError, match="一月"):
        pt.Transactions(path, **ROLES)
    assert pt.inspect(path).sheets == ["一月", "二月"]
    assert rfm(path, reading=pt.Reading(sheet="*")) == rfm(sales)
    assert rfm(path, reading=pt.Reading(sheet="二月")) == rfm(sales.slice(500))
    assert rfm(path, reading=pt.Reading(sheet=0)) == rfm(sales.slice(0, 500))


def test_duckdb_by_its_arrow_output(sales: pa.Table) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("source", sales)
        connection.execute("create table sales as from source")
        assert rfm(connection.sql("from sales")) == rfm(sales)


def test_sqlite_by_its_arrow_output(tmp_path: Path, sales: pa.Table) -> None:
    from adbc_driver_sqlite import dbapi

    path = tmp_path / "sales.db"
    with dbapi.connect(str(path)) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("sales", as_text_times(sales))
        connection.commit()
        cursor.execute("select * from sales")
        table = cursor.fetch_arrow_table()
    assert rfm(table) == rfm(sales)


def test_sqlite_by_polars(tmp_path: Path, sales: pa.Table) -> None:
    import polars as pl

    rows = as_text_times(sales).to_pylist()
    names = sales.column_names
    connection = sqlite3.connect(tmp_path / "sales.db")
    try:
        quoted = ", ".join(f'"{name}"' for name in names)
        connection.execute(f"create table sales ({quoted})")
        marks = ", ".join("?" * len(names))
        connection.executemany(
            f"insert into sales values ({marks})", [tuple(r.values()) for r in rows]
        )
        frame = pl.read_database(
            "select * from sales", connection, infer_schema_length=None
        )
    finally:
        connection.close()
    assert rfm(frame) == rfm(sales)


def as_text_times(table: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    i = table.schema.get_field_index("time")
    text = pc.strftime(table["time"].cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%S")
    table = table.set_column(i, "time", text)
    i = table.schema.get_field_index("quantity")
    return table.set_column(i, "quantity", table["quantity"].cast(pa.int64()))


# --- streams -----------------------------------------------------------------------------------------


def test_a_scan_is_read_as_often_as_asked(tmp_path: Path, sales: pa.Table) -> None:
    import duckdb
    import polars as pl

    path = tmp_path / "t.csv"
    pyarrow.csv.write_csv(sales, path)
    scan = pt.scan(path, roles=ROLES, columns="roles")
    assert sum(b.num_rows for b in pa.RecordBatchReader.from_stream(scan)) == len(sales)
    assert len(pl.DataFrame(scan)) == len(sales)
    assert duckdb.sql("select count(*) from scan").fetchall() == [(len(sales),)]
    assert "price" in repr(scan)


MEMORY = """
import resource, sys
import patronomy as pt
import pyarrow as pa
path, limit = sys.argv[1], int(sys.argv[2])
roles = {"customer": "customer", "amount": "amount"}
# What the libraries themselves take is no part of it.
size = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (size + limit, size + limit))
scan = pt.scan(path, roles=roles, n_jobs=2)
rows = sum(b.num_rows for b in pa.RecordBatchReader.from_stream(scan))
print(rows)
"""


def test_a_file_larger_than_memory(tmp_path: Path) -> None:
    """A stream takes a few batches: the address space may grow by less than the file holds."""
    n, megabytes = 6_000_000, 220
    path = tmp_path / "large.csv"
    block = "".join(
        f"C{i:07d},{i % 997}.{i % 100:02d},padding of this line\n"
        for i in range(100_000)
    )
    with path.open("w") as file:
        file.write("customer,amount,note\n")
        for _ in range(n // 100_000):
            file.write(block)
    limit = megabytes * 1_000_000 * 3 // 4
    assert path.stat().st_size > megabytes * 1_000_000 > limit
    if not Path("/proc/self/status").exists() or not hasattr(resource, "RLIMIT_AS"):
        pytest.skip("this system tells no sizes")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path), str(limit)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == n


def test_an_id_that_does_not_fit_is_told_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    ids = [str(i) for i in range(100_000)] + ["A7"]
    path.write_text("id,n\n" + "".join(f"{i},1\n" for i in ids))
    with pytest.raises(Exception, match="as_text"):
        pa.table(pt.scan(path, roles={"customer": "id"}))
    table = pa.table(pt.scan(path, reading=pt.Reading(as_text=["id"])))
    assert table["id"][-1].as_py() == "A7"
    assert pa.table(pt.read_table(path))["id"][-1].as_py() == "A7"


# --- errors ------------------------------------------------------------------------------------------


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(pt.FileError, match="line 3 has 3 field"):
        pt.read_table(ragged)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)[:-20])
    with pytest.raises(pt.FileError, match="cut off"):
        pt.read_table(cut)
    with pytest.raises(pt.FileError):
        pt.read_table(tmp_path / "missing.csv")
    with pytest.raises(pt.FileError):
        pt.scan(tmp_path / "missing.csv")
    with pytest.raises(pt.FileError):
        pt.inspect(tmp_path / "missing.xlsx")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_nobody_may_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    with pytest.raises(pt.FileError, match="[Pp]ermission"):
        pt.read_table(path)


def test_memory_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n" + "a long text that takes memory\n" * 200_000)
    with pytest.raises(pt.BudgetError):
        pt.read_table(path, memory_mb=1)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"delimiter": ";;"}, pt.ParameterError),
        ({"delimiter": 5}, TypeError),
        ({"quote": "none at all"}, pt.ParameterError),
        ({"encoding": 8}, TypeError),
        ({"skip_lines": -1}, pt.ParameterError),
        ({"nulls": "NULL"}, TypeError),
        ({"nulls": [None]}, TypeError),
        ({"sheet": 1.5}, TypeError),
        ({"has_header": 1}, TypeError),
    ],
)
def test_options_that_cannot_be(
    options: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error, match="Reading"):
        pt.Reading(**options)  # type: ignore[arg-type]


def test_options_that_the_core_refuses(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    with pytest.raises(pt.ParameterError, match="encoding"):
        pt.read_table(path, reading=pt.Reading(encoding="klingon"))
    with pytest.raises(pt.ParameterError, match="delimiter"):
        pt.read_table(path, reading=pt.Reading(delimiter="，"))
    with pytest.raises(TypeError, match="Reading"):
        pt.read_table(path, reading={"sheet": 1})  # type: ignore[arg-type]
    assert pt.Reading(sheet=1) == pt.Reading(sheet=1) != pt.Reading(sheet="1")
