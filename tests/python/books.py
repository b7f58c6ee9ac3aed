"""Workbooks of every kind, written cell by cell."""

from __future__ import annotations

import datetime
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

#: A cell: text, whole number, float, flag, date, time, or None for an empty one.
Cell = str | int | float | bool | datetime.date | None
Row = Sequence[Cell]
#: Rows by sheet.
Sheets = Mapping[str, Sequence[Row]]

# Day 0 of the serial numbers; those before March 1900 are off by one, and none is written here.
_DAY_0 = datetime.datetime(1899, 12, 30)


def _serial(value: datetime.date) -> float:
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    return (value - _DAY_0) / datetime.timedelta(days=1)


def write_xlsx(sheets: Sheets, path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)


def write_xls(sheets: Sheets, path: Path) -> None:
    import xlwt

    book = xlwt.Workbook()
    instant = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, datetime.datetime):
                    sheet.write(r, c, value, instant)
                elif isinstance(value, datetime.date):
                    sheet.write(r, c, value, day)
                elif value is not None:
                    sheet.write(r, c, value)
    book.save(str(path))


def write_ods(sheets: Sheets, path: Path) -> None:
    import odfdo

    book = odfdo.Document("spreadsheet")
    book.body.clear()
    for name, rows in sheets.items():
        table = odfdo.Table(name)
        for row in rows:
            line = odfdo.Row()
            for value in row:
                line.append_cell(odfdo.Cell(value))
            table.append_row(line)
        book.body.append(table)
    book.save(path)


# --- .xlsb: no free package writes it; the few records that a table needs, after [MS-XLSB] ------------------------

_ROW, _SMALL, _BOOL, _REAL, _TEXT, _XF = 0, 2, 4, 5, 7, 47
_TEXT_ITEM, _BEGIN_TEXTS, _END_TEXTS = 19, 159, 160
_BEGIN_SHEET, _END_SHEET, _BEGIN_BOOK, _END_BOOK = 129, 130, 131, 132
_BEGIN_SHEETS, _END_SHEETS, _BEGIN_DATA, _END_DATA = 143, 144, 145, 146
_SIZE, _SHEET, _BEGIN_STYLES, _END_STYLES = 148, 156, 278, 279
_BEGIN_XFS, _END_XFS = 617, 618
#: Numbers of the built-in formats: general, a date, a date with its time.
_FORMATS = (0, 14, 22)


def _record(number: int, body: bytes = b"") -> bytes:
    head = [number] if number < 128 else [number & 127 | 128, number >> 7]
    size = len(body)
    while size >= 128:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes([*head, size]) + body


def _wide(text: str) -> bytes:
    units = text.encode("utf-16-le")
    return struct.pack("<I", len(units) // 2) + units


def _binary_cell(column: int, value: Cell, texts: dict[str, int]) -> bytes:
    at = struct.pack("<I", column)
    style = bytes(4)
    match value:
        case bool():
            return _record(_BOOL, at + style + bytes([value]))
        case str():
            number = texts.setdefault(value, len(texts))
            return _record(_TEXT, at + style + struct.pack("<I", number))
        case datetime.date():
            style = struct.pack("<I", 2 if isinstance(value, datetime.datetime) else 1)
            return _record(_REAL, at + style + struct.pack("<d", _serial(value)))
        case int() if abs(value) < 2**29:
            return _record(_SMALL, at + style + struct.pack("<i", value << 2 | 2))
        case int() | float():
            return _record(_REAL, at + style + struct.pack("<d", value))
        case None:
            return b""


def _binary_sheet(rows: Sequence[Row], texts: dict[str, int]) -> bytes:
    width = max(len(row) for row in rows)
    parts = [
        _record(_BEGIN_SHEET),
        _record(_SIZE, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1)),
        _record(_BEGIN_DATA),
    ]
    for r, row in enumerate(rows):
        parts.append(_record(_ROW, struct.pack("<IIHHBI", r, 0, 300, 0, 0, 0)))
        parts += [_binary_cell(c, value, texts) for c, value in enumerate(row)]
    return b"".join([*parts, _record(_END_DATA), _record(_END_SHEET)])


def write_xlsb(sheets: Sheets, path: Path) -> None:
    names = [
        _record(_SHEET, struct.pack("<II", 0, i) + _wide(f"r{i}") + _wide(name))
        for i, name in enumerate(sheets, 1)
    ]
    book = [_record(_BEGIN_BOOK), _record(_BEGIN_SHEETS), *names]
    book += [_record(_END_SHEETS), _record(_END_BOOK)]
    formats = [_record(_XF, struct.pack("<HH12x", 0, number)) for number in _FORMATS]
    styles = [_record(_BEGIN_STYLES), _record(_BEGIN_XFS, struct.pack("<I", 3))]
    styles += [*formats, _record(_END_XFS), _record(_END_STYLES)]
    texts: dict[str, int] = {}
    pages = [_binary_sheet(rows, texts) for rows in sheets.values()]
    shared = [_record(_BEGIN_TEXTS, struct.pack("<II", len(texts), len(texts)))]
    shared += [_record(_TEXT_ITEM, b"\0" + _wide(text)) for text in texts]
    shared.append(_record(_END_TEXTS))
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    links = [
        f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.bin"/>'
        for i in range(1, len(sheets) + 1)
    ]
    for name in ("styles", "sharedStrings"):
        links.append(
            f'<Relationship Id="{name}" Type="{office}/{name}" Target="{name}.bin"/>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types">'
            '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            "</Types>",
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="b" '
            f'Type="{office}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        )
        file.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{package}/relationships">{"".join(links)}</Relationships>',
        )
        file.writestr("xl/workbook.bin", b"".join(book))
        file.writestr("xl/styles.bin", b"".join(styles))
        file.writestr("xl/sharedStrings.bin", b"".join(shared))
        for i, page in enumerate(pages, 1):
            file.writestr(f"xl/worksheets/sheet{i}.bin", page)


WRITERS: dict[str, Callable[[Sheets, Path], None]] = {
    "xlsx": write_xlsx,
    "xlsm": write_xlsx,
    "xlsb": write_xlsb,
    "xls": write_xls,
    "ods": write_ods,
}
