"""Small tables as text and as HTML, for `repr` and `_repr_html_`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

Columns = Mapping[str, Sequence[Any]]


def shown(value: object) -> str:
    """Return one cell as text: numbers grouped, no more digits than one reads."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        digits = 2 if abs(value) >= 1 or value == 0 else 3
        return f"{value:,.{digits}f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        # A list of lists is a sequence: one thing after the other.
        is_nested = any(isinstance(item, list) for item in value)
        return (" → " if is_nested else ", ").join(shown(item) for item in value)
    return str(value)


def counted(n: int, noun: str) -> str:
    """Return a count with its noun in the right number: 1 row, 1,204 rows."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _cells(columns: Columns) -> dict[str, list[str]]:
    # Ids and scores are whole numbers, but an id must not be grouped: it is a name.
    # So only counts (`n_...`) get their thousands separated.
    return {
        name: [
            f"{v:,}" if name.startswith("n_") and isinstance(v, int) else shown(v)
            for v in values
        ]
        for name, values in columns.items()
    }


def _is_count(value: object) -> bool:
    """Return whether a text is a number that was grouped before it came here."""
    return isinstance(value, str) and value.replace(",", "").isdigit()


def _is_number_column(values: Sequence[Any]) -> bool:
    return any(isinstance(v, (int, float)) or _is_count(v) for v in values)


def text_table(columns: Columns) -> str:
    """Return the columns as aligned text: numbers to the right, texts to the left."""
    lines: list[str] = []
    aligned: list[list[str]] = []
    for name, cells in _cells(columns).items():
        width = max([len(name), *(len(c) for c in cells)])
        right = _is_number_column(columns[name])
        aligned.append(
            [c.rjust(width) if right else c.ljust(width) for c in [name, *cells]]
        )
    for row in zip(*aligned, strict=True):
        lines.append("  ".join(row).rstrip())
    return "\n".join(lines)


def html_table(columns: Columns, caption: str = "") -> str:
    """Return the columns as an HTML table, every text escaped."""
    cells = _cells(columns)
    align = {
        name: "right" if _is_number_column(values) else "left"
        for name, values in columns.items()
    }
    head = "".join(
        f'<th style="text-align:{align[name]}">{escape(name)}</th>' for name in cells
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{align[name]}">{escape(cell)}</td>'
            for name, cell in zip(cells, row, strict=True)
        )
        + "</tr>"
        for row in zip(*cells.values(), strict=True)
    )
    above = (
        f'<caption style="text-align:left">{escape(caption)}</caption>'
        if caption
        else ""
    )
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
