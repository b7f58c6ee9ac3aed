"""Recency, frequency, money: the result of `Transactions.rfm` and what it is made of."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from operator import index
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args

from patronomy import _arguments, _core, _render
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy.breaks import Breaks
from patronomy.errors import CustomerNotFoundError, ParameterError
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from patronomy.transactions import Transactions

__all__ = ["Moves", "Rfm", "RfmModel"]

CellValue: TypeAlias = Literal["n_customers", "monetary_sum"]


class RfmModel(Frozen):
    """Cut points and parameters of a result, to score other transactions with.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=100, n_days=365, seed=1)
    >>> model = tx.rfm().model
    >>> model.score(tx).breaks == model.breaks
    True
    """

    __slots__ = ("_inner",)

    _inner: _core.RfmModel

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`RfmModel` has no public constructor: take `Rfm.model` or `RfmModel.load`"
        )

    @classmethod
    def _wrap(cls, inner: _core.RfmModel) -> Self:
        model = object.__new__(cls)
        model._set(_inner=inner)
        return model

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the model of a file that `save` wrote.

        Raises
        ------
        FileError
            If the file cannot be read.
        SavedFormatError
            If it is damaged or holds something else.
        """
        return cls._wrap(
            _core.RfmModel.load(_arguments.path_text("RfmModel.load", path))
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file that every later version reads."""
        self._inner.save(_arguments.path_text("RfmModel.save", path))

    def score(
        self,
        tx: "Transactions",
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> "Rfm":
        """Score transactions with the cut points of this model.

        Parameters
        ----------
        tx : Transactions
            The transactions to score.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        Rfm
        """
        from patronomy.transactions import Transactions

        if not isinstance(tx, Transactions):
            raise TypeError(
                "`tx` of `RfmModel.score` must be `Transactions`; got an object of "
                f"type {type(tx).__name__}; bind its roles first"
            )
        jobs = _arguments.optional_whole_number("score", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("score", "memory_mb", memory_mb)
        with reporting(progress) as report:
            return Rfm._wrap(self._inner.score(tx._inner, report, jobs, memory))

    @property
    def breaks(self) -> Breaks:
        """The cut points."""
        return Breaks._from_dict(self._json()["breaks"])

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job that found the cut points."""
        params: dict[str, Any] = self._json()["params"]
        return params

    def _json(self) -> dict[str, Any]:
        model: dict[str, Any] = json.loads(self._inner.to_json())["model"]
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        return _model_from_json, (self._inner.to_json(),)

    def __repr__(self) -> str:
        p = self.params
        return (
            f"RfmModel(n_bins={p['n_bins']}, convention={p['convention']!r}, "
            f"nesting={p['nesting']!r}, breaks={self.breaks!r})"
        )


class Rfm(ArrowTable):
    """Customers with their recency, frequency, money, scores and segment.

    One row for each customer with an order, sorted by customer. `Transactions.rfm`
    returns it; Arrow-speaking libraries read it without a copy.

    Examples
    --------
    >>> import patronomy as pt
    >>> r = pt.simulate.shop(n_customers=200, n_days=365, seed=1).rfm()
    >>> r.columns[-5:]
    ['r_score', 'f_score', 'm_score', 'rfm_score', 'segment']
    >>> sum(r.cells().to_dict()["n_customers"]) == len(r)
    True
    """

    __slots__ = ()

    _inner: _core.Rfm

    @property
    def model(self) -> RfmModel:
        """The cut points and parameters, to score other transactions with."""
        return RfmModel._wrap(self._inner.model)

    @property
    def breaks(self) -> Breaks:
        """The cut points that gave the scores."""
        return self.model.breaks

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job."""
        return self.model.params

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, the rows used, and those left out by reason."""
        counts: dict[str, Any] = self._summary()["counts"]
        return counts

    @property
    def reference(self) -> datetime:
        """The time that recency is counted to."""
        return datetime.fromisoformat(self._summary()["reference"])

    @property
    def notices(self) -> list[str]:
        """What the job found worth saying, such as cut points that coincide."""
        return list(self._summary()["notices"])

    @property
    def n_unassigned(self) -> int:
        """The number of customers whose scores no rule of the segment map covers."""
        return int(self._summary()["n_unassigned"])

    def segments(self) -> ArrowTable:
        """Return size and worth of each segment, in the order of the map.

        Returns
        -------
        ArrowTable
            segment, n_customers, share, monetary_sum, monetary_share,
            mean_recency_days, mean_frequency, mean_monetary.
        """
        return ArrowTable._wrap(self._inner.segments())

    def cells(self) -> ArrowTable:
        """Return customers and money of every pair of R and F scores."""
        return ArrowTable._wrap(self._inner.cells())

    def unassigned_cells(self) -> ArrowTable:
        """Return the cells of scored customers that no rule of the map covers."""
        return ArrowTable._wrap(self._inner.unassigned_cells())

    def moves(self, earlier: "Rfm") -> "Moves":
        """Count who moved from which segment to which since an earlier result.

        Parameters
        ----------
        earlier : Rfm
            A result with the same cut points and map. Quintiles that are cut anew
            are relative: they would show movement where there is none.

        Returns
        -------
        Moves

        Raises
        ------
        ParameterError
            Unless both were scored with the same breaks and map.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> r = tx.rfm()
        >>> moves = tx.rfm(breaks=r.breaks).moves(r)
        >>> moves.to_dict()["from_segment"] == moves.to_dict()["to_segment"]
        True
        """
        if not isinstance(earlier, Rfm):
            raise TypeError(
                "`earlier` of `Rfm.moves` must be an `Rfm`; got an object of type "
                f"{type(earlier).__name__}"
            )
        return Moves._of(self._inner.moves(earlier._inner), self.params["segments"])

    def customer(self, id: int | str) -> dict[str, Any]:
        """Return the row of one customer.

        Raises
        ------
        CustomerNotFoundError
            If the result has no such customer; it is a KeyError.
        """
        if not isinstance(id, str) and (isinstance(id, bool) or not _is_integer(id)):
            raise TypeError(
                "`id` of `Rfm.customer` must be an int or a text, as in the data; "
                f"got an object of type {type(id).__name__}"
            )
        try:
            row = self._inner.customer(id if isinstance(id, str) else index(id))
        # An int that fits no column's type is no customer either.
        except (ParameterError, OverflowError):
            # The id stays out of the message: it is personal.
            raise CustomerNotFoundError(
                f"the id given to `Rfm.customer` is not among the {len(self):,} scored "
                "customers; it may have no order, or be of another type (text, number)"
            ) from None
        return {name: v[0] for name, v in ArrowTable._wrap(row).to_dict().items()}

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the rows to a file, .parquet or .csv by its name."""
        self._inner.write(_arguments.path_text("Rfm.write", path))

    def plot(
        self, value: CellValue = "n_customers", ax: "Axes | None" = None
    ) -> "Axes":
        """Draw customers or money of each pair of R and F scores; needs matplotlib.

        Parameters
        ----------
        value : {"n_customers", "monetary_sum"}, default "n_customers"
            What the cells show.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure otherwise.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from patronomy import plot

        shown = _arguments.choice("Rfm.plot", "value", value, get_args(CellValue))
        return plot.score_cells(self.cells().to_dict(), shown, ax)

    def plot_segments(self, ax: "Axes | None" = None) -> "Axes":
        """Draw each segment's share of customers and of money; needs matplotlib.

        Raises
        ------
        ParameterError
            If the result has no segments.
        """
        from patronomy import plot

        if self.params["segments"] is None:
            raise ParameterError(
                "`Rfm.plot_segments` needs segments, and this result has none; "
                "call `rfm` with a segment map"
            )
        return plot.segment_shares(self.segments().to_dict(), ax)

    def _summary(self) -> dict[str, Any]:
        return _arguments.parsed_dict(self._inner.summary_json())

    def _shown_rows(self) -> int:
        return 5

    def _caption(self) -> str:
        summary = self._summary()
        counts = summary["counts"]
        parts = [
            f"Rfm: {_render.counted(len(self), 'customer')}",
            f"reference {_render.shown(self.reference)}",
            f"{counts['rows_used']:,} of {_render.counted(counts['rows_in'], 'row')} used",
        ]
        if summary["notices"]:
            parts.append(_render.counted(len(summary["notices"]), "notice"))
        return ", ".join(parts)


class Moves(ArrowTable):
    """How many customers moved from which segment to which.

    Columns: from_segment, to_segment, n_customers, and share of the from segment.
    "(new)" customers are not in the earlier result, "(gone)" ones not in the later,
    and for "(unassigned)" ones the map has no segment. Only moves that someone made
    have a row. `Rfm.moves` returns it.
    """

    __slots__ = ("_names",)

    _inner: _core.Table
    _names: tuple[str, ...]

    @classmethod
    def _of(cls, inner: _core.Table, segments: Mapping[str, Any] | None) -> Self:
        moves = cls._wrap(inner)
        rules = segments["rules"] if segments else ()
        moves._set(_names=tuple(dict.fromkeys(rule["segment"] for rule in rules)))
        return moves

    def matrix(self) -> tuple[list[str], list[str], list[list[int]]]:
        """Return the counts as a matrix, zeros included.

        Returns
        -------
        row labels, column labels, counts
            Rows are where customers came from, columns where they went, in the
            order of the map; special labels come last, where they occur.

        Examples
        --------
        >>> import patronomy as pt
        >>> r = pt.simulate.shop(n_customers=300, n_days=365, seed=1).rfm()
        >>> rows, columns, counts = r.moves(r).matrix()
        >>> rows == columns and sum(map(sum, counts)) == len(r)
        True
        """
        table = self.to_dict()
        rows, columns = table["from_segment"], table["to_segment"]
        row_labels = list(dict.fromkeys([*self._names, *rows]))
        column_labels = list(dict.fromkeys([*self._names, *columns]))
        n = dict(
            zip(zip(rows, columns, strict=True), table["n_customers"], strict=True)
        )
        counts = [[int(n.get((r, c), 0)) for c in column_labels] for r in row_labels]
        return row_labels, column_labels, counts

    def _columns_of_matrix(self, short: bool) -> dict[str, list[Any]]:
        """Return the matrix as columns; short ones are named by number for a text."""
        rows, columns, counts = self.matrix()
        both = [name for name in rows if name in columns]
        number = {name: str(i) for i, name in enumerate(both, 1)} if short else {}
        table: dict[str, list[Any]] = {
            "from \\ to": [f"{number.get(r, '')} {r}".strip() for r in rows]
        }
        for j, name in enumerate(columns):
            table[number.get(name, name)] = [f"{row[j]:,}" for row in counts]
        return table

    def _caption(self) -> str:
        n = sum(self.to_dict()["n_customers"])
        return f"Moves: {_render.counted(n, 'customer')}, {len(self)} different moves"

    def __repr__(self) -> str:
        table = _render.text_table(self._columns_of_matrix(short=True))
        return f"{table}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return _render.html_table(self._columns_of_matrix(short=False), self._caption())

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the matrix of moves, shaded by share of the row; needs matplotlib."""
        from patronomy import plot

        return plot.movement(*self.matrix(), ax)


def _is_integer(value: object) -> bool:
    return hasattr(value, "__index__")


def _model_from_json(text: str) -> RfmModel:
    """Return the model of its JSON text; a pickle calls this."""
    return RfmModel._wrap(_core.RfmModel.from_json(text))
