"""Quality: what checks find in the rows, what it costs, and a scorecard."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Self

from patronomy import _arguments, _core, _render
from patronomy._arguments import TimeLike
from patronomy._frozen import Frozen
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Quality", "checks"]


def checks() -> dict[str, str]:
    """Return the built-in checks: what each finds, by its name.

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
    now: TimeLike | None,
    duplicate_columns: Sequence[str] | None,
    **rest: object,
) -> str:
    """Return the arguments of `Transactions.check` in the form of the core."""
    owner = "check"
    rule = "a list of names of checks"
    params: dict[str, object] = {
        "skip": sorted(set(_texts(owner, "skip", skip, rule))),
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
