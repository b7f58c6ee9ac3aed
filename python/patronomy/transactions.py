"""Transactions: a table whose roles are named once, and what every job starts from."""

import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Literal, NoReturn, Self, TypeAlias, get_args

from patronomy import _arguments, _core, _render
from patronomy._arguments import TimeLike
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy._rfm_params import Convention, Monetary, Nesting, params_json
from patronomy.breaks import Breaks
from patronomy.guess import RoleGuess
from patronomy.quality import Quality
from patronomy.quality import params_json as quality_json
from patronomy.reading import Reading, options_json
from patronomy.rfm import Rfm
from patronomy.segment_map import SegmentMap

__all__ = ["Transactions"]

Returns: TypeAlias = Literal["net", "exclude", "keep"]


class Transactions(Frozen):
    """Sales lines with their roles, ready for every job.

    A line is one item of one transaction. The table is read by capability: pandas,
    polars, pyarrow and DuckDB objects all fit, and so does a file.
    Columns without a role are never touched.

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
    cost, channel, customer_kind, currency : str, optional
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

    __slots__ = ("_inner",)

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
        self._set(_inner=_opened(data, roles, rule, time_format, options))

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
        elif _speaks_arrow(data):
            found = _arguments.parsed_dict(_core.guess_roles(data))
        else:
            raise TypeError(_no_table("Transactions.guess", data))
        known = inspect.signature(Transactions).parameters
        found["proposals"] = [p for p in found["proposals"] if p["role"] in known]
        return RoleGuess._from(found)

    @classmethod
    def _wrap(cls, inner: _core.Transactions) -> Self:
        tx = object.__new__(cls)
        tx._set(_inner=inner)
        return tx

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
        rules and clock stay. Only the new rows are looked at here.

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
        if not _speaks_arrow(data):
            raise TypeError(_no_table("Transactions.append", data))
        return self._wrap(self._inner.append(data))

    @property
    def quality(self) -> Quality:
        """What the default checks find; reads the table.

        Examples
        --------
        >>> import patronomy as pt
        >>> pt.simulate.shop(n_customers=50, seed=1).quality["customer_missing"]
        0
        """
        return self.check()

    def check(
        self,
        *,
        skip: Iterable[str] = (),
        now: TimeLike | None = None,
        duplicate_columns: Sequence[str] | None = None,
        cancellation_prefix: str = "C",
        sum_tolerance: float = 0.005,
        price_ratio: float = 5.0,
        price_min_lines: int = 10,
        name_similarity: float = 0.85,
        test_words: Sequence[str] | None = None,
        adjustment_words: Sequence[str] | None = None,
        n_examples: int = 5,
        customers: tuple[object, str] | None = None,
        items: tuple[object, str] | None = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Quality:
        """Check the rows that the clock knows: flagged, counted, with their money.

        Nothing is removed. Memory beside the table is about 16 bytes a row.

        Parameters
        ----------
        skip : list of str, default ()
            Names of checks that are switched off; `patronomy.quality.checks()` lists
            all.
        now : str, date or datetime, optional
            The time after which a row lies in the future. By default the clock, else
            the system's time.
        duplicate_columns : list of str, optional
            Columns over which rows are compared; all columns of the table by default.
            Of a file only the columns with a role are read; pass ``read_table(path)``
            to have all.
        cancellation_prefix : str, default "C"
            What numbers of cancelling transactions begin with; "" where there is no
            such custom.
        sum_tolerance : float, default 0.005
            How far an amount may be from quantity times price, as a fraction; a
            hundredth of a currency unit for each piece is always allowed.
        price_ratio : float, default 5.0
            How many times more or less than its item's median an outlying price is.
            It must also be 8 robust standard deviations away, in logarithms.
        price_min_lines : int, default 10
            How many lines an item needs before its prices are judged.
        name_similarity : float, default 0.85
            How alike two names of an item must be to be one name written in two ways:
            the normalised Damerau-Levenshtein similarity.
        test_words, adjustment_words : list of str, optional
            Words in an item's code or name that tell a test, or postage, a fee, a
            discount or an adjustment; English and Chinese ones by default.
        n_examples : int, default 5
            How many rows of each finding are kept as examples.
        customers, items : (table, str), optional
            The table of the customers (items) there are and the column of its keys;
            keys of the transactions that are not in it are flagged.
        progress : bool or callable, optional
            As in `rfm`.
        n_jobs : int, optional
            Number of threads. The result has the same bits for any of them.
        memory_mb : float, optional
            Megabytes the checks may take; they refuse with an estimate.

        Returns
        -------
        Quality

        Raises
        ------
        ParameterError
            If a parameter breaks its rule.
        ColumnNotFoundError
            If a column to compare or a column of keys is missing.
        FeatureMismatchError
            If keys of a partner table are of another type.
        BudgetError
            If `memory_mb` is too little.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, seed=1)
        >>> tx.check(skip=["untrimmed_text"], now="2030-01-01")["time_future"]
        0
        """
        words: dict[str, object] = {
            name: value
            for name, value in (
                ("test_words", test_words),
                ("adjustment_words", adjustment_words),
            )
            if value is not None
        }
        params = quality_json(
            skip=skip,
            now=now,
            duplicate_columns=duplicate_columns,
            cancellation_prefix=cancellation_prefix,
            sum_tolerance=sum_tolerance,
            price_ratio=price_ratio,
            price_min_lines=price_min_lines,
            name_similarity=name_similarity,
            n_examples=n_examples,
            **words,
        )
        jobs = _arguments.optional_whole_number("check", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("check", "memory_mb", memory_mb)
        own = _keys("customers", customers)
        stocked = _keys("items", items)
        with reporting(progress) as report:
            inner = self._inner.quality(params, own, stocked, report, jobs, memory)
        return Quality._wrap(inner)

    def without(self, *checks: str) -> Self:
        """Return the transactions without the rows that checks flag, for every job.

        Each view's flags are those of its own clock. A row is left out for the first
        of the checks that flags it, and counted under ``counts["flagged"]``.

        Parameters
        ----------
        *checks : str
            Names of checks, such as "duplicate" or "test_row".

        Raises
        ------
        ParameterError
            If there is no such check.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, seed=1)
        >>> tx.without("duplicate").n_rows == tx.n_rows
        True
        """
        names = [_text("without", "checks", check) for check in checks]
        return self._wrap(self._inner.without(names))

    def only_kinds(self, *kinds: str) -> Self:
        """Return the transactions of these kinds of customers only.

        Needs the role `customer_kind`; rows of others are left out and counted.

        Raises
        ------
        ColumnNotFoundError
            If no column has the role `customer_kind`.
        """
        names = [_text("only_kinds", "kinds", kind) for kind in kinds]
        return self._wrap(self._inner.of_kinds(names, False))

    def without_kinds(self, *kinds: str) -> Self:
        """Return the transactions without these kinds of customers.

        Raises
        ------
        ColumnNotFoundError
            If no column has the role `customer_kind`.
        """
        names = [_text("without_kinds", "kinds", kind) for kind in kinds]
        return self._wrap(self._inner.of_kinds(names, True))

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


def _text(owner: str, name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(
        f"`{name}` of `{owner}` must be texts; got {_arguments.shown(value)}"
    )


def _keys(name: str, value: object) -> tuple[object, str] | None:
    """Return a table with the name of its column of keys."""
    if value is None:
        return None
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        return (value[0], value[1])
    raise TypeError(
        f"`{name}` of `check` must be a table and the name of its column of keys, such "
        f'as (df, "id"); got {_arguments.shown(value)}'
    )


def _role_columns(roles: Mapping[str, str]) -> dict[str, list[str]]:
    return {"role": list(roles), "column": list(roles.values())}


def _opened(
    data: object,
    roles: dict[str, str],
    returns: str,
    time_format: str | None,
    reading: str,
) -> _core.Transactions:
    """Open a path or an Arrow-speaking object; say what to do about anything else."""
    if isinstance(data, (str, os.PathLike)):
        path = os.fspath(data)
        if isinstance(path, str):
            return _core.Transactions.from_path(
                path, roles, returns, time_format, reading
            )
    elif _speaks_arrow(data):
        try:
            return _core.Transactions.from_arrow(data, roles, returns, time_format)
        except TypeError:
            # A column that has no role, and no form in Arrow, must not be in the way.
            bound = _bound_columns(data, roles)
            if bound is None:
                raise
            return _core.Transactions.from_arrow(bound, roles, returns, time_format)
    raise TypeError(_no_table("Transactions", data))


def _speaks_arrow(data: object) -> bool:
    # LazyFrame first: it may learn to stream, and would then be run unasked.
    return type(data).__name__ != "LazyFrame" and (
        hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")
    )


def _no_table(owner: str, data: object) -> str:
    return (
        f"`data` of `{owner}` must be a table that speaks Arrow (pandas, polars, "
        "pyarrow, DuckDB) or the path of a file; "
        # The type alone: what the object holds may be personal.
        f"got an object of type {type(data).__name__}; {_remedy(data)}"
    )


def _bound_columns(data: Any, roles: dict[str, str]) -> object | None:
    """Return a data frame without the columns that have no role, if it has such."""
    names = list(dict.fromkeys(roles.values()))
    columns = getattr(data, "columns", None)
    if columns is None or type(data).__name__ != "DataFrame":
        return None
    is_smaller = set(names) < set(columns)
    return data[names] if is_smaller else None


def _remedy(data: object) -> str:
    """Return what to do with the objects people pass instead of a table."""
    kind = type(data).__name__
    if kind == "LazyFrame":
        return "call `.collect()` on it first"
    if isinstance(data, (dict, list, tuple)):
        return (
            f"make a table of it first, such as `polars.DataFrame(data)` of the {kind}"
        )
    if isinstance(data, (bytes, os.PathLike)):
        return "pass the path as str or pathlib.Path"
    if kind in ("DataFrame", "Table"):
        return f"this {kind} offers no `__arrow_c_stream__`: update its library"
    return "pass a DataFrame or a path"
