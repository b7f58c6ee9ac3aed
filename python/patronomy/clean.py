"""Normalisers: columns in one form, the original kept beside; once is as good as twice.

Examples
--------
>>> import patronomy as pt
>>> pt.clean.money(decimal=",")
money(decimal=',')
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, Self, get_args

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy.table import ArrowTable

__all__ = [
    "Normalised",
    "Normaliser",
    "code",
    "date",
    "money",
    "normalise",
    "text",
    "unit",
]

Case = Literal["lower", "upper"]
Decimal = Literal[".", ","]


class Normaliser(Frozen):
    """How a column is brought into one form; made by the functions of this module."""

    __slots__ = ("_given",)

    _given: dict[str, Any]

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`Normaliser` has no public constructor: take `clean.text`, `clean.code`, "
            "`clean.money`, `clean.date` or `clean.unit`"
        )

    @classmethod
    def _of(cls, kind: str, **given: object) -> Self:
        normaliser = object.__new__(cls)
        given = {k: v for k, v in given.items() if v is not None}
        normaliser._set(_given={"kind": kind, **given})
        return normaliser

    def __repr__(self) -> str:
        given = [f"{k}={v!r}" for k, v in self._given.items() if k != "kind"]
        return f"{self._given['kind']}({', '.join(given)})"


def text(*, case: Case | None = None) -> Normaliser:
    """Characters of usual width, single blanks between words, mended encoding.

    Parameters
    ----------
    case : {"lower", "upper"}, optional
        The case of letters; as they are by default.
    """
    if case is not None:
        _arguments.choice("clean.text", "case", case, get_args(Case))
    return Normaliser._of("text", case=case)


def code() -> Normaliser:
    """Codes: capital letters, usual width, one kind of dash, no blanks."""
    return Normaliser._of("code")


def money(*, decimal: Decimal | None = None, yen: str = "CNY") -> Normaliser:
    """Money as numbers, with the currency in a column ``<name>_currency``.

    Parameters
    ----------
    decimal : {".", ","}, optional
        What begins the decimals; found out for each value by default.
    yen : str, default "CNY"
        The currency of the sign ¥, which two countries share.
    """
    if decimal is not None:
        _arguments.choice("clean.money", "decimal", decimal, get_args(Decimal))
    if not isinstance(yen, str):
        raise TypeError(
            f"`yen` of `clean.money` must be a text; got {_arguments.shown(yen)}"
        )
    return Normaliser._of("money", decimal=decimal, yen=None if yen == "CNY" else yen)


def date(*, day_first: bool | None = None) -> Normaliser:
    """Dates and times as timestamps without a zone.

    Parameters
    ----------
    day_first : bool, optional
        Whether ``1/2/2024`` is the first of February; found out from dates that allow
        one reading only, by default.
    """
    if day_first is not None:
        _arguments.flag("clean.date", "day_first", day_first)
    return Normaliser._of("date", day_first=day_first)


def unit() -> Normaliser:
    """Amounts with a unit in its base unit (g, ml, mm, piece), see ``<name>_unit``."""
    return Normaliser._of("unit")


class Normalised(ArrowTable):
    """A table with columns in one form, made by `normalise`.

    Attributes
    ----------
    report : list of dict
        For each column its name, n_changed, n_unreadable (null now; the original keeps
        them), and the row of the first of those.
    """

    __slots__ = ("report",)

    report: list[dict[str, Any]]


def normalise(data: object, how: Mapping[str, Normaliser]) -> Normalised:
    """Return the table with columns in one form, each original kept beside.

    A column stays in its place; its original follows as ``<name>_original``. Applying
    the same again changes nothing.

    Parameters
    ----------
    data
        A table that speaks Arrow (pandas, polars, pyarrow, DuckDB).
    how : mapping of str to Normaliser
        The normaliser of each column.

    Raises
    ------
    ColumnNotFoundError
        If a column is missing.
    ColumnTypeError
        If a column holds no text.
    BadValuesError
        If dates may be read in two ways, and none tells which.

    Examples
    --------
    >>> import patronomy as pt
    >>> import pyarrow as pa
    >>> raw = pa.table({"paid": ["£1,234.50", "12,5 €", "free"]})
    >>> done = pt.clean.normalise(raw, {"paid": pt.clean.money()})
    >>> done.to_dict()["paid"], done.to_dict()["paid_currency"]
    ([1234.5, 12.5, None], ['GBP', 'EUR', None])
    >>> done.report[0]["n_unreadable"]
    1
    """
    if not isinstance(how, Mapping):
        raise TypeError(
            "`how` of `normalise` must be a mapping of columns to normalisers, such as "
            f'{{"name": clean.text()}}; got {_arguments.shown(how)}'
        )
    for column, normaliser in how.items():
        if not isinstance(column, str) or not isinstance(normaliser, Normaliser):
            raise TypeError(
                "`how` of `normalise` must map names of columns to normalisers, such "
                f"as clean.text(); got {_arguments.shown(normaliser)}"
            )
    given = json.dumps({column: n._given for column, n in how.items()})
    inner, report = _core.normalise(data, given)
    table = Normalised._wrap(inner)
    table._set(report=json.loads(report))
    return table
