"""How a file is read: what is not given is found out."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, get_args

from patronomy import _arguments
from patronomy._frozen import Frozen
from patronomy.errors import ParameterError

__all__ = ["Reading"]

Quote: TypeAlias = Literal["double", "single", "none"]


class Reading(Frozen):
    """Options of reading a file, each found out where it is left away.

    Parameters
    ----------
    delimiter : str, optional
        CSV: the character between fields; found out among ``, ; | tab``.
    quote : {"double", "single", "none"}, optional
        CSV: the quotes around fields that hold delimiters.
    encoding : str, optional
        CSV: such as "utf-8", "gb18030", "windows-1252", "big5", "utf-16le". UTF-8,
        UTF-16, GB18030 and Windows-1252 are found out.
    has_header : bool, optional
        CSV and Excel: whether the first row holds names.
    decimal_comma : bool, optional
        CSV: whether numbers are written ``1.234,5``.
    skip_lines : int, default 0
        Lines (rows of a sheet) before the header that are left out.
    nulls : iterable of str, default ()
        Words that stand for a missing value beside the empty text.
    as_text : iterable of str, default ()
        Columns that stay text, whatever they hold.
    sheet : str or int, optional
        Excel: the name of the sheet or its place from 0; ``"*"`` for all sheets, one
        after the other. Needed where a workbook has several.

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.Reading(encoding="gb18030", nulls=["NULL"])
    Reading(encoding='gb18030', nulls=('NULL',))
    """

    __slots__ = ("_given",)

    _given: dict[str, Any]

    def __init__(
        self,
        *,
        delimiter: str | None = None,
        quote: Quote | None = None,
        encoding: str | None = None,
        has_header: bool | None = None,
        decimal_comma: bool | None = None,
        skip_lines: int = 0,
        nulls: Iterable[str] = (),
        as_text: Iterable[str] = (),
        sheet: str | int | None = None,
    ) -> None:
        given: dict[str, Any] = {
            "delimiter": _one_character(delimiter),
            "quote": quote
            and _arguments.choice("Reading", "quote", quote, get_args(Quote)),
            "encoding": _text("encoding", encoding),
            "has_header": _flag("has_header", has_header),
            "decimal_comma": _flag("decimal_comma", decimal_comma),
            "skip_lines": _arguments.whole_number(
                "Reading", "skip_lines", skip_lines, 0, 2**32
            )
            or None,
            "nulls": _texts("nulls", nulls) or None,
            "as_text": _texts("as_text", as_text) or None,
            "sheet": _sheet(sheet),
        }
        self._set(_given={k: v for k, v in given.items() if v is not None})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self._given == other._given

    def __hash__(self) -> int:
        return hash(tuple(self._given.items()))

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self._given.items())
        return f"Reading({options})"


def options_json(
    owner: str,
    reading: Reading | None,
    roles: Mapping[str, str] | None = None,
    columns: Literal["all", "roles"] = "roles",
) -> str:
    """Return the core's options as JSON."""
    if not (reading is None or isinstance(reading, Reading)):
        raise TypeError(
            f"`reading` of `{owner}` must be a `Reading`, such as "
            f'pt.Reading(encoding="gb18030"); got {_arguments.shown(reading)}'
        )
    options: dict[str, Any] = dict(reading._given) if reading is not None else {}
    sheet = options.get("sheet")
    if isinstance(sheet, int):
        options["sheet"] = {"index": sheet}
    elif sheet is not None:
        options["sheet"] = "all" if sheet == "*" else {"name": sheet}
    options["roles"] = list((roles or {}).items())
    options["columns"] = "all" if columns == "all" else "bound"
    return json.dumps(options)


def _one_character(value: object) -> str | None:
    text = _text("delimiter", value)
    if text is not None and len(text) != 1:
        raise ParameterError(
            f"`delimiter` of `Reading` must be one character, such as ';'; got {text!r}"
        )
    return text


def _text(name: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(
        f"`{name}` of `Reading` must be a text (str); got {_arguments.shown(value)}"
    )


def _texts(name: str, value: object) -> tuple[str, ...]:
    texts = _arguments.items("Reading", name, value, "a list of texts")
    for text in texts:
        _text(name, text if text is not None else 0)
    return tuple(texts)


def _flag(name: str, value: object) -> bool | None:
    return None if value is None else _arguments.flag("Reading", name, value)


def _sheet(value: object) -> str | int | None:
    if value is None or isinstance(value, str):
        return value
    return _arguments.whole_number("Reading", "sheet", value, 0, 2**31)
