"""Quality: what checks find in the rows, what it costs, and a scorecard.

`Transactions.check` and `Transactions.without` take checks of your own: a name, and an
expression that is true for the rows to flag, such as
``quantity > 1000 and price < 0.1``. It is a condition as SQL writes it:

- ``= <> < <= > >=``, ``AND OR NOT``, ``+ - * / %``, parentheses, ``BETWEEN``,
  ``IN (...)``, ``IS [NOT] NULL``, ``LIKE`` and ``ILIKE`` (``%`` any text, ``_`` any
  character), ``abs length lower upper trim``, numbers, ``'text'``, ``TRUE``, ``FALSE``.
- A plain name is a role (``quantity``, ``price``, ``time``), else a column; a name in
  double quotes (``"Unit Price"``) is a column, else a role.
- A comparison with a null is unknown, and flags nothing; NaN counts as null.
- Integers are compared exactly; decimals are read as floats, arithmetic is in floats,
  division by zero gives null.
- Times are compared with ISO 8601 texts. A date alone is the whole day:
  ``time <= '2011-09-10'`` holds until that day's end.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias

from patronomy import _arguments, _core, _render
from patronomy._arguments import TimeLike
from patronomy._frozen import Frozen
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CheckLike", "Quality", "checks"]

CheckLike: TypeAlias = str | Mapping[str, object]
"""An expression, or a dict with one and options; `Transactions.check` lists them."""


def checks() -> dict[str, str]:
    """Return the built-in checks: what each finds, by its name.

    `Transactions.check` makes further ones, by expression.

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.quality.checks()["duplicate"]
    'the row equals an earlier one'
    """
    return {check["name"]: check["finds"] for check in _core.quality_checks()}


class Quality(Frozen):
    """What the checks found, as far as the clock of the transactions knows the rows.

    Nothing is removed: rows are flagged, and each job says which rows it leaves out.
    `Transactions.without` leaves out flagged rows in every job. Some checks only
    remark on what may be sound business, such as a cancellation; the scorecard does
    not count those.

    There is no public constructor: `Transactions.quality` and `Transactions.check`
    return it.

    Examples
    --------
    >>> import patronomy as pt
    >>> quality = pt.simulate.shop(n_customers=50, seed=1).quality
    >>> quality["duplicate"]
    0
    >>> quality.findings.columns[:4]
    ['check', 'dimension', 'role', 'is_remark']
    """

    __slots__ = ("_findings", "_inner")

    _inner: _core.Quality
    _findings: dict[str, list[Any]]

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`Quality` has no public constructor: take `Transactions.quality`"
        )

    @classmethod
    def _wrap(cls, inner: _core.Quality) -> Self:
        quality = object.__new__(cls)
        quality._set(_inner=inner, _findings=inner.findings().to_dict())
        return quality

    @property
    def n_rows(self) -> int:
        """The number of rows of the table."""
        return self._inner.n_rows

    @property
    def n_checked(self) -> int:
        """The number of rows looked at: those that the clock knows."""
        return self._inner.n_checked

    @property
    def findings(self) -> ArrowTable:
        """One row for each check made, with the rows it flagged and their money.

        Columns: check, dimension, role, is_remark, n_rows, share (of the rows looked
        at, 0 to 1), money (what is at stake, each row without its sign), finds, note.
        """
        return ArrowTable._wrap(self._inner.findings())

    @property
    def scorecard(self) -> ArrowTable:
        """The share of rows without a fault, by role and side of quality.

        Columns: role, column, completeness, validity, uniqueness, consistency,
        timeliness; each from 0 to 1, null where nothing was checked. The last row is
        of the whole table.
        """
        return ArrowTable._wrap(self._inner.scorecard())

    @property
    def flags(self) -> ArrowTable:
        """Booleans as long as the table, one column for each check with findings."""
        return ArrowTable._wrap(self._inner.flags())

    def __getitem__(self, check: str) -> int:
        """Return how many rows a check flagged; KeyError if it was not made."""
        names = self._findings["check"]
        if check not in names:
            raise KeyError(
                f"no check `{check}` was made: it is unknown, skipped, or lacks its "
                "columns; `findings` lists those that were"
            )
        count: int = self._findings["n_rows"][names.index(check)]
        return count

    def examples(self, check: str) -> ArrowTable:
        """Return the flagged rows with most money, after a column of row numbers.

        Raises
        ------
        ParameterError
            If there is no such check.
        """
        name = _check_name("examples", check)
        return ArrowTable._wrap(self._inner.examples(name))

    def rows(self, check: str, n: int = 1000) -> ArrowTable:
        """Return the first `n` flagged rows, after a column of row numbers.

        Raises
        ------
        ParameterError
            If there is no such check.
        """
        name = _check_name("rows", check)
        count = _arguments.whole_number("Quality.rows", "n", n, 0, 2**62)
        return ArrowTable._wrap(self._inner.flagged(name, count))

    def require(self, *checks: str) -> Self:
        """Return this if the checks found nothing: a strict mode for pipelines.

        Raises
        ------
        BadValuesError
            If a check found something; the message says what, where and how often.
        ParameterError
            If a check was not made.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, seed=1)
        >>> tx.quality.require("customer_missing", "duplicate") is not None
        True
        """
        self._inner.require([_check_name("require", check) for check in checks])
        return self

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the scorecard as a heat map; needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        """
        from patronomy import plot

        return plot.scorecard(self._inner.scorecard().to_dict(), ax)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "`Quality` cannot be pickled or copied across processes; pass its tables "
            "(`findings`, `scorecard`) instead"
        )

    def _found(self) -> dict[str, list[Any]]:
        """Return what was found, most rows first, without the long texts."""
        table = self._findings
        shown = ["check", "n_rows", "share", "money", "is_remark"]
        found = [
            i
            for i, (n, note) in enumerate(
                zip(table["n_rows"], table["note"], strict=True)
            )
            if n or note
        ]
        found.sort(key=lambda i: (table["is_remark"][i], -table["n_rows"][i]))
        columns = {name: [table[name][i] for i in found] for name in shown}
        columns["share"] = [f"{share:.2%}" for share in columns["share"]]
        columns["kind"] = ["remark" if r else "fault" for r in columns.pop("is_remark")]
        return columns

    def _caption(self) -> str:
        made = len(self._findings["check"])
        rows = _render.counted(self.n_checked, "row")
        out = self.n_rows - self.n_checked
        unseen = f" ({out:,} more outside the view)" if out else ""
        found = len(self._found()["check"])
        return f"Quality: {rows}{unseen}, {made} checks made, {found} with findings"

    def _notes(self) -> list[str]:
        pairs = zip(self._findings["check"], self._findings["note"], strict=True)
        return [f"{check}: {note}" for check, note in pairs if note]

    def __repr__(self) -> str:
        parts = [
            self._caption(),
            _render.text_table(_as_percent(self._inner.scorecard().to_dict())),
            _render.text_table(self._found()),
            *self._notes(),
        ]
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        card = _render.html_table(
            _as_percent(self._inner.scorecard().to_dict()), self._caption()
        )
        return f"<div>{card}{_render.html_table(self._found())}{notes}</div>"


def _as_percent(card: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the shares as texts that do not round a fault away."""

    def shown(share: float | None) -> str:
        if share is None:
            return ""
        # Cut, not rounded: 100 % is a table without a fault.
        return f"{int(share * 10_000) / 100:.2f}%"

    return {
        name: values if name in ("role", "column") else [shown(v) for v in values]
        for name, values in card.items()
    } | {"column": [c or "" for c in card["column"]]}


def _check_name(method: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(
        f"`check` of `Quality.{method}` must be the name of a check (str); "
        f"got {_arguments.shown(value)}; `pt.quality.checks()` lists them"
    )


def params_json(
    *,
    skip: Iterable[str],
    checks: Mapping[str, CheckLike] | None,
    now: TimeLike | None,
    duplicate_columns: Sequence[str] | None,
    **rest: object,
) -> str:
    """Return the arguments of `Transactions.check` in the form of the core."""
    owner = "check"
    rule = "a list of names of checks"
    params: dict[str, object] = {
        "skip": sorted(set(_texts(owner, "skip", skip, rule))),
        "checks": _own_checks(owner, checks),
        "now": None if now is None else _arguments.iso_text(owner, "now", now),
        "duplicate_columns": None
        if duplicate_columns is None
        else _texts(
            owner, "duplicate_columns", duplicate_columns, "a list of names of columns"
        ),
    }
    defaults = json.loads(_core.quality_defaults())
    for name, value in rest.items():
        params[name] = _like(owner, name, value, defaults[name])
    return json.dumps(params)


def own_checks_json(owner: str, checks: object) -> str:
    """Return checks of the caller's own in the form of the core."""
    return json.dumps(_own_checks(owner, checks))


def _own_checks(owner: str, checks: object) -> list[dict[str, object]]:
    rule = (
        f"`checks` of `{owner}` must be a dict of names and expressions, such as "
        '{"cheap_bulk": "quantity > 1000 and price < 0.1"}'
    )
    if checks is None:
        return []
    if not isinstance(checks, Mapping):
        raise TypeError(f"{rule}; got {_arguments.shown(checks)}")
    found = []
    for name, check in checks.items():
        options = {"expression": check} if isinstance(check, str) else check
        if not isinstance(name, str) or not isinstance(options, Mapping):
            raise TypeError(f"{rule}; got {_arguments.shown({name: check})}")
        if not isinstance(options.get("expression"), str):
            raise TypeError(
                f'{rule}, or to dicts with "expression"; `{name}` has no text there'
            )
        found.append({"name": name} | _options(owner, name, options))
    return found


def _options(owner: str, name: str, options: Mapping[str, object]) -> dict[str, object]:
    texts: dict[str, type] = dict.fromkeys(
        ("expression", "finds", "dimension", "role"), str
    )
    kinds = texts | {"is_remark": bool}
    for option, value in options.items():
        if option not in kinds:
            raise TypeError(
                f"check `{name}` of `{owner}` takes {', '.join(kinds)}; "
                f"got {_arguments.shown(option)}"
            )
        if not isinstance(value, kinds[option]):
            raise TypeError(
                f"`{option}` of check `{name}` must be a {kinds[option].__name__}; "
                f"got {_arguments.shown(value)}"
            )
    return dict(options)


def _texts(owner: str, name: str, value: object, rule: str) -> list[str]:
    found = _arguments.items(owner, name, value, rule)
    for text in found:
        if not isinstance(text, str):
            raise TypeError(
                f"`{name}` of `{owner}` must be {rule}; got {_arguments.shown(text)}"
            )
    return found


def _like(owner: str, name: str, value: object, default: object) -> object:
    """Return a value of the default's type, or raise."""
    if isinstance(default, float):
        return _arguments.number(owner, name, value)
    if isinstance(default, int):
        return _arguments.whole_number(owner, name, value, 0, 2**31)
    if isinstance(default, list):
        return _texts(owner, name, value, "a list of words")
    if not isinstance(value, str):
        raise TypeError(
            f"`{name}` of `{owner}` must be a text; got {_arguments.shown(value)}"
        )
    return value
