"""Transactions: a table whose roles are named once, and what every job starts from."""

import inspect
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Literal, NoReturn, Self, TypeAlias, get_args

from patronomy import _arguments, _core, _render
from patronomy._arguments import TimeLike
from patronomy._buying import Buying
from patronomy._checking import Checking
from patronomy._opening import no_table, opened, speaks_arrow
from patronomy._progress import Progress, reporting
from patronomy._rfm_params import Convention, Monetary, Nesting, params_json
from patronomy._segmenting import Segmenting
from patronomy._valuing import Valuing
from patronomy.breaks import Breaks
from patronomy.guess import RoleGuess
from patronomy.reading import Reading, options_json
from patronomy.rfm import Rfm
from patronomy.segment_map import SegmentMap

__all__ = ["Transactions"]

Returns: TypeAlias = Literal["net", "exclude", "keep"]


class Transactions(Checking, Buying, Segmenting, Valuing):
    """Sales lines with their roles, ready for every job.

    A line is one item of one transaction. The table is read by capability: pandas,
    polars, pyarrow and DuckDB objects all fit, and so does a file.
    Columns without a role are looked at by the check for duplicates alone.

    Parameters
    ----------
    data
        Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``, or the path of
        a Parquet, CSV or Excel file, of a folder of them, or a pattern such as
        ``"sales/*.csv"``; see `read_table`.
    customer, time : str
        Names of the columns that hold the customer's id and the time of the line.
    transaction : str, optional
        Column of the order or invoice number. Without it, every line is an order.
    item, item_name : str, optional
        Columns of the item's code and of its name.
    quantity, price, amount : str, optional
        Columns of the number of pieces, the price of one, and the money of the line.
        The money is `amount` where it is given, else `quantity` times `price`.
    discount, cost : str, optional
        Columns of the money taken off the line, where its money is that before
        discounts, and of what its goods cost; for `profit`.
    channel, customer_kind, currency : str, optional
        Further roles, for jobs that use them.
    returns : {"net", "exclude", "keep"}, default "net"
        What becomes of return lines: matched with the customer's own earlier
        purchases and taken out of them; left out; or kept as negative money.
        A return is never an order, whichever is chosen.
    time_format : str, optional
        Format of times that are text, such as ``"%d/%m/%Y %H:%M"``; ISO otherwise.
    reading : Reading, optional
        How a file is read: encoding, delimiter, sheet and the like; what is left away
        is found out.

    Raises
    ------
    ColumnNotFoundError
        If a role names a column that the table lacks.
    ColumnTypeError
        If a column's type does not fit its role.
    TypeError
        If `data` is not a table or a path, or a role is not a text.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=100, n_days=365, seed=1)
    >>> tx.returns
    'net'
    >>> {"customer", "transaction", "time"} <= tx.roles.keys()
    True
    >>> len(tx.rfm()) <= 100
    True
    """

    __slots__ = ("_inner", "_known")

    _inner: _core.Transactions

    def __init__(
        self,
        data: object,
        *,
        customer: str,
        transaction: str | None = None,
        item: str | None = None,
        item_name: str | None = None,
        time: str,
        quantity: str | None = None,
        price: str | None = None,
        amount: str | None = None,
        discount: str | None = None,
        cost: str | None = None,
        channel: str | None = None,
        customer_kind: str | None = None,
        currency: str | None = None,
        returns: Returns = "net",
        time_format: str | None = None,
        reading: Reading | None = None,
    ) -> None:
        needed: dict[str, object] = {"customer": customer, "time": time}
        optional: dict[str, object] = {
            "transaction": transaction,
            "item": item,
            "item_name": item_name,
            "quantity": quantity,
            "price": price,
            "amount": amount,
            "discount": discount,
            "cost": cost,
            "channel": channel,
            "customer_kind": customer_kind,
            "currency": currency,
        }
        bound = needed | {k: v for k, v in optional.items() if v is not None}
        owner = "Transactions"
        roles = {k: _arguments.column_name(owner, k, v) for k, v in bound.items()}
        rule = _arguments.choice(owner, "returns", returns, get_args(Returns))
        if time_format is not None and not isinstance(time_format, str):
            raise TypeError(
                "`time_format` of `Transactions` must be a text such as "
                f'"%d/%m/%Y %H:%M"; got {_arguments.shown(time_format)}'
            )
        options = options_json(owner, reading)
        inner = opened(data, roles, rule, time_format, options)
        self._set(_inner=inner, _known={})

    @staticmethod
    def guess(data: object, *, reading: Reading | None = None) -> RoleGuess:
        """Propose roles for the columns of a table or a file; nothing is bound.

        Names are understood in English and Chinese; what the values are speaks for
        or against a role. Look at the proposals before you pass them on.

        Parameters
        ----------
        data
            A table or a path, as for `Transactions`; of a file, the first records are
            read.
        reading : Reading, optional
            How a file is read.

        Returns
        -------
        RoleGuess
            With `roles`, a dict to pass on, and the reason of each proposal.

        Examples
        --------
        >>> import patronomy as pt
        >>> table = pt.simulate.shop(n_customers=50, seed=1).rfm()
        >>> pt.Transactions.guess(table).roles["customer"]
        'customer'
        """
        if isinstance(data, (str, os.PathLike)):
            path = _arguments.path_text("Transactions.guess", data)
            text = _core.inspect_file(path, options_json("Transactions.guess", reading))
            found = _arguments.parsed_dict(text)["guess"]
        elif speaks_arrow(data):
            found = _arguments.parsed_dict(_core.guess_roles(data))
        else:
            raise TypeError(no_table("Transactions.guess", data))
        known = inspect.signature(Transactions).parameters
        found["proposals"] = [p for p in found["proposals"] if p["role"] in known]
        return RoleGuess._from(found)

    @property
    def roles(self) -> dict[str, str]:
        """The bound roles and the columns that fill them."""
        return self._inner.roles

    @property
    def returns(self) -> str:
        """What becomes of return lines: "net", "exclude" or "keep"."""
        return self._inner.returns

    @property
    def clock(self) -> datetime | None:
        """The time up to which rows are known, or None where all of them are."""
        return _arguments.parsed_time(self._inner.clock)

    @property
    def n_rows(self) -> int:
        """The number of rows of the table, used or not."""
        return self._inner.n_rows

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, the rows used, and those left out by reason; reads the table.

        Examples
        --------
        >>> import patronomy as pt
        >>> counts = pt.simulate.shop(n_customers=50, seed=1).counts
        >>> sorted(counts)
        ['left_out', 'rows_in', 'rows_used']
        """
        with reporting(None) as report:
            return _arguments.parsed_dict(self._inner.counts(report, None))

    def as_of(self, t: TimeLike) -> Self:
        """Return the transactions as they were known at a time.

        Parameters
        ----------
        t : str, date, datetime, pandas.Timestamp or numpy.datetime64
            Rows up to and including this time stay. A date alone means the end of
            that day.

        Returns
        -------
        Transactions
            The same table with its clock set; later rows are left out and counted.

        Examples
        --------
        >>> import patronomy as pt
        >>> pt.simulate.shop(n_customers=20).as_of("2030-06-30").clock.day
        30
        """
        text = _arguments.iso_text("Transactions.as_of", "t", t)
        return self._wrap(self._inner.as_of(text))

    def split(self, t: TimeLike) -> tuple[Self, Self]:
        """Return the transactions before a time, and those from it on.

        Nothing computed from the first part depends on a row of the second: a return
        after the cut is unknown before it.

        Parameters
        ----------
        t : str, date, datetime, pandas.Timestamp or numpy.datetime64
            The cut. A date alone means the start of that day.

        Returns
        -------
        past, later : Transactions

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, n_days=365, seed=1)
        >>> past, later = tx.split(tx.rfm().reference)
        >>> past.clock < tx.rfm().reference
        True
        """
        text = _arguments.iso_text("Transactions.split", "t", t)
        past, later = self._inner.split(text)
        return self._wrap(past), self._wrap(later)

    def append(self, data: object, *, reading: Reading | None = None) -> Self:
        """Return the transactions with new rows after those there are.

        What any job gives is what it would give of one table of all rows; returns,
        rules and clock stay. Only the new rows are looked at here. The netting of
        returns and the flags of `without` may change for old rows too: the first job
        that needs them computes them anew, of all rows. So append many rows at a time.

        Parameters
        ----------
        data
            A table or the path of a file, with the columns that the table has.
        reading : Reading, optional
            How a file is read.

        Raises
        ------
        FeatureMismatchError
            If a column is missing, is one too many, or does not fit its type.

        Examples
        --------
        >>> import patronomy as pt
        >>> shop = pt.simulate.Shop(n_customers=20, seed=1)
        >>> tx = shop.transactions()
        >>> tx.append(shop).n_rows == 2 * tx.n_rows
        True
        """
        options = options_json("Transactions.append", reading)
        if isinstance(data, (str, os.PathLike)):
            path = _arguments.path_text("Transactions.append", data)
            return self._wrap(self._inner.append_path(path, options))
        if not speaks_arrow(data):
            raise TypeError(no_table("Transactions.append", data))
        return self._wrap(self._inner.append(data))

    def rfm(
        self,
        *,
        n_bins: int | Sequence[int] = 5,
        convention: Convention = "together",
        nesting: Nesting = "independent",
        monetary: Monetary = "sum",
        reference: TimeLike | None = None,
        period_days: int | None = None,
        breaks: Breaks | Mapping[str, Any] | None = None,
        segments: SegmentMap | str | None = "auto",
        weights: Sequence[float] = (100, 10, 1),
        breadth: bool = False,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Rfm:
        """Score every customer by recency, frequency and money.

        Parameters
        ----------
        n_bins : int or (int, int, int), default 5
            Number of bins, for all three measures or for recency, frequency and
            money in turn. A high score is good in each.
        convention : str, default "together"
            How cut points are found and ties fall. "together" keeps equal values in
            one bin. The others reproduce their owners: "ntile" (SQL), "row_number"
            (the hand-written formula), "qcut", "qcut_drop" and "qcut_rank_first"
            (pandas), "left_closed" (R rfm 0.3).
        nesting : {"independent", "nested"}, default "independent"
            Whether frequency is binned within each recency score, and money within
            each pair of both.
        monetary : {"sum", "mean"}, default "sum"
            Money of all orders, or money per order.
        reference : str, date or datetime, optional
            The time recency is counted to; rows after it are left out. A date alone
            means that day. By default the clock, else the latest used row of a
            customer with an order.
        period_days : int, optional
            Use only the last so many calendar days up to the reference.
        breaks : Breaks or mapping, optional
            Cut points to score with, such as those of an earlier result, instead of
            new ones. A mapping has the keys recency, frequency and monetary.
        segments : SegmentMap or str or None, default "auto"
            The map from scores to named segments: "rf_grid", "rfm_package", one of
            your own, or None. "auto" takes "rf_grid" where all bins are 5.
        weights : (float, float, float), default (100, 10, 1)
            Weights of the three scores in `rfm_score`.
        breadth : bool, default False
            Whether to count the distinct items of each customer too.
        progress : bool or callable, optional
            None shows a bar where somebody watches a job of over two seconds, True
            always, False never; a function is called with (fraction, stage).
        n_jobs : int, optional
            Number of threads. The result has the same bits for any of them.
        memory_mb : float, optional
            Megabytes the job may take for what grows with the rows. It works in
            rounds to stay below, and refuses with an estimate where it cannot.

        Returns
        -------
        Rfm
            One row for each customer with an order, sorted by customer.

        Raises
        ------
        ColumnNotFoundError
            If no role gives the money of a line.
        ParameterError
            If a parameter breaks its rule.
        TooFewRowsError
            If no customer has an order.
        BudgetError
            If `memory_mb` is too little for any number of rounds.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> r = tx.rfm()
        >>> r.columns[:4]
        ['customer', 'recency_days', 'frequency', 'monetary']
        >>> tx.rfm(n_bins=4, convention="ntile", segments=None).params["n_bins"]
        [4, 4, 4]
        """
        params = params_json(
            n_bins=n_bins,
            convention=convention,
            nesting=nesting,
            monetary=monetary,
            reference=reference,
            period_days=period_days,
            breaks=breaks,
            segments=segments,
            weights=weights,
            breadth=breadth,
        )
        jobs = _arguments.optional_whole_number("rfm", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("rfm", "memory_mb", memory_mb)
        with reporting(progress) as report:
            return Rfm._wrap(self._inner.rfm(params, report, jobs, memory))

    def __len__(self) -> int:
        return self._inner.n_rows

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "`Transactions` cannot be pickled or copied across processes; pass the "
            "table or its path, and bind the roles there"
        )

    def _summary(self) -> str:
        clock = "none" if self.clock is None else _render.shown(self.clock)
        rows = _render.counted(self.n_rows, "row")
        return f"{rows}, returns: {self.returns}, clock: {clock}"

    def __repr__(self) -> str:
        roles = _render.text_table(_role_columns(self.roles))
        return f"Transactions: {self._summary()}\n{roles}"

    def _repr_html_(self) -> str:
        head = f"<b>Transactions</b>: {escape(self._summary())}"
        return f"<div>{head}{_render.html_table(_role_columns(self.roles))}</div>"


def _role_columns(roles: Mapping[str, str]) -> dict[str, list[str]]:
    return {"role": list(roles), "column": list(roles.values())}
