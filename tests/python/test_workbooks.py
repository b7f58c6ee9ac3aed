"""Workbooks: a table is the same from every kind of workbook as from CSV."""

from __future__ import annotations

import csv
import datetime
from datetime import date
from pathlib import Path
from typing import Any

import patronomy as pt
import pytest

from books import WRITERS, Row, Sheets
from frames import ROLES, ipc_bytes

every_kind = pytest.mark.parametrize("kind", WRITERS)

NAMES = ("customer", "transaction", "item", "time", "quantity", "price", "note", "day")


def at(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime.datetime:
    return datetime.datetime(2024, 2, day, hour, minute, second)


#: Ids with leading zeros, codes of digits and of letters, whole prices among others, empty cells, days beside instants.
LINES: tuple[Row, ...] = (
    ("00123", 500_001, "85123A", at(1, 9, 30), 6, 2.55, "first", date(2024, 2, 1)),
    ("00123", 500_001, "22752", at(1, 9, 30), 2, 7.0, None, date(2024, 2, 1)),
    ("0124", 500_002, "22752", at(29), -1, 7.0, "全角 ’n é", None),
    (
        "9",
        500_003,
        "00001",
        at(29, 23, 59, 59),
        1_000_000,
        0.1,
        None,
        date(1999, 12, 31),
    ),
    (None, 500_004, None, at(15, 12), 3, None, " two words ", date(2024, 2, 29)),
)


def written(sheets: Sheets, kind: str, folder: Path) -> Path:
    path = folder / f"book.{kind}"
    WRITERS[kind](sheets, path)
    return path


def as_csv(rows: tuple[Row, ...], folder: Path) -> Path:
    path = folder / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([NAMES, *rows])
    return path


def without_times(table: pt.ArrowTable) -> dict[str, list[Any]]:
    """All columns but those whose type only a workbook tells."""
    return {k: v for k, v in table.to_dict().items() if k not in ("time", "day")}


@every_kind
def test_the_same_table_as_of_csv(kind: str, tmp_path: Path) -> None:
    book = written({"sales": [NAMES, *LINES]}, kind, tmp_path)
    table = pt.read_table(book, roles=ROLES)
    plain = pt.read_table(as_csv(LINES, tmp_path), roles=ROLES)
    assert table.columns == plain.columns == list(NAMES)
    assert without_times(table) == without_times(plain)
    types = [type(v) for v in without_times(table)["quantity"]]
    assert set(types) == {int}
    assert table.to_dict()["time"] == [row[3] for row in LINES]
    days = [d and d.date() for d in table.to_dict()["day"]]
    assert days == [row[7] for row in LINES]


@every_kind
def test_the_same_result_as_of_csv(kind: str, tmp_path: Path) -> None:
    book = written({"sales": [NAMES, *LINES]}, kind, tmp_path)
    of_book = pt.Transactions(book, **ROLES)
    of_csv = pt.Transactions(as_csv(LINES, tmp_path), **ROLES)
    assert ipc_bytes(of_book.rfm()) == ipc_bytes(of_csv.rfm())
    # The third has only sent something back.
    assert of_book.rfm().to_dict()["customer"] == ["00123", "9"]
    assert str(of_book.quality) == str(of_csv.quality)


@every_kind
def test_columns_of_one_kind_of_cell(kind: str, tmp_path: Path) -> None:
    rows: list[Row] = [
        ("whole", "mixed", "flag", "digits", "empty", "text and number"),
        (1, 1, True, "007", None, "A7"),
        (2**40, 2.5, False, "010", None, 7),
        (None, None, None, None, None, None),
        (-3, 1e-9, True, "100", None, 7.25),
    ]
    table = pt.read_table(written({"t": rows}, kind, tmp_path))
    assert table.to_dict() == {
        "whole": [1, 2**40, -3],
        "mixed": [1.0, 2.5, 1e-9],
        "flag": ["true", "false", "true"],
        "digits": ["007", "010", "100"],
        "empty": [None, None, None],
        "text and number": ["A7", "7", "7.25"],
    }


@every_kind
def test_rows_before_the_header_and_a_table_to_the_right(
    kind: str, tmp_path: Path
) -> None:
    rows: list[Row] = [
        ("Sales of February", None, None),
        (None, None, None),
        (None, "customer", "amount"),
        (None, "7", 1.5),
        (None, "8", 2),
    ]
    book = written({"t": rows}, kind, tmp_path)
    table = pt.read_table(book, reading=pt.Reading(skip_lines=2))
    assert table.to_dict() == {"customer": ["7", "8"], "amount": [1.5, 2.0]}
    bare = pt.read_table(book, reading=pt.Reading(skip_lines=3, has_header=False))
    assert bare.to_dict() == {"column_2": ["7", "8"], "column_3": [1.5, 2.0]}


@every_kind
def test_sheets_by_name_and_number(kind: str, tmp_path: Path) -> None:
    head: Row = ("customer", "amount")
    sheets: Sheets = {
        "January": [head, ("01", 1.5)],
        "二月": [head, ("02", 2.5), ("03", 3.0)],
        "other": [("something", "else"), (1, 2)],
    }
    book = written(sheets, kind, tmp_path)
    assert pt.inspect(book, reading=pt.Reading(sheet=0)).sheets == list(sheets)

    def customers(sheet: str | int) -> list[str]:
        table = pt.read_table(book, reading=pt.Reading(sheet=sheet))
        return list(table.to_dict()["customer"])

    assert customers("January") == customers(0) == ["01"]
    assert customers("二月") == customers(1) == ["02", "03"]
    with pytest.raises(pt.ParameterError, match="`January`, `二月`, `other`"):
        pt.read_table(book)
    with pytest.raises(pt.ParameterError, match="got `March`"):
        customers("March")
    with pytest.raises(pt.ParameterError, match="got 3"):
        customers(3)
    with pytest.raises(pt.ColumnNotFoundError):
        customers("*")


@every_kind
def test_one_table_of_all_sheets(kind: str, tmp_path: Path) -> None:
    sheets: Sheets = {
        # The columns of the second sheet stand in another order.
        "January": [NAMES, *LINES[:2]],
        "February": [NAMES[::-1], *(row[::-1] for row in LINES[2:])],
    }
    book = written(sheets, kind, tmp_path)
    whole = written({"all": [NAMES, *LINES]}, kind, tmp_path / "..")
    table = pt.read_table(book, reading=pt.Reading(sheet="*"))
    assert table.to_dict() == pt.read_table(whole).to_dict()


@every_kind
def test_a_workbook_cut_short(kind: str, tmp_path: Path) -> None:
    book = written({"sales": [NAMES, *LINES * 50]}, kind, tmp_path)
    whole = book.read_bytes()
    for share in (0.1, 0.5, 0.9):
        book.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(pt.FileError, match="workbook"):
            pt.read_table(book)


@every_kind
def test_an_empty_sheet(kind: str, tmp_path: Path) -> None:
    book = written({"nothing": [(None,)]}, kind, tmp_path)
    with pytest.raises(pt.FileError, match="empty"):
        pt.read_table(book)


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_days_counted_from_1904(kind: str, tmp_path: Path) -> None:
    """Workbooks of old Macintoshes count their days from another one."""
    path = tmp_path / f"mac.{kind}"
    days = [datetime.datetime(1904, 1, 2), at(29, 23, 59, 59)]
    if kind == "xlsx":
        import openpyxl
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book = openpyxl.Workbook()
        book.epoch = CALENDAR_MAC_1904
        for value in ["time", *days]:
            book.worksheets[0].append([value])
        book.save(path)
    else:
        import xlwt

        old = xlwt.Workbook()
        old.dates_1904 = True
        style = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
        sheet = old.add_sheet("t")
        sheet.write(0, 0, "time")
        for row, value in enumerate(days, 1):
            since = value - datetime.datetime(1904, 1, 1)
            sheet.write(row, 0, since / datetime.timedelta(days=1), style)
        old.save(str(path))
    assert pt.read_table(path).to_dict()["time"] == days
