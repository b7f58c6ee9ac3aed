"""The methods of `Transactions` that check rows, and leave rows out by request."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from patronomy import _arguments, _core
from patronomy._arguments import TimeLike
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy.quality import CheckLike, Quality, own_checks_json
from patronomy.quality import params_json as quality_json


class Checking(Frozen):
    """What `Transactions` can do about the quality of its rows."""

    __slots__ = ()

    _inner: _core.Transactions
    _known: dict[str, Quality]
    """What was computed once, and is kept as long as this is."""

    @classmethod
    def _wrap(cls, inner: _core.Transactions) -> Self:
        view = object.__new__(cls)
        view._set(_inner=inner, _known={})
        return view

    @property
    def quality(self) -> Quality:
        """What the default checks find; reads the table once, and keeps the result.

        Examples
        --------
        >>> import patronomy as pt
        >>> pt.simulate.shop(n_customers=50, seed=1).quality["customer_missing"]
        0
        """
        if "quality" not in self._known:
            # Where two threads meet here, both get what the first of them keeps.
            self._known.setdefault("quality", self.check())
        return self._known["quality"]

    def check(
        self,
        *,
        skip: Iterable[str] = (),
        checks: Mapping[str, CheckLike] | None = None,
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

        Nothing is removed. Memory beside the table is about 18 bytes a row.

        Parameters
        ----------
        skip : list of str, default ()
            Names of checks that are switched off; `patronomy.quality.checks()` lists
            all.
        checks : dict, optional
            Checks of your own, by name: the rows for which an expression is true are
            flagged. A value is the expression, or a dict with ``expression`` and any
            of ``finds`` (what it finds, in words), ``dimension`` (default "validity"),
            ``is_remark`` (default False) and ``role`` (which the scorecard counts it
            for; default the whole table). `patronomy.quality` says what an expression
            can be.
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
            If a column to compare, of an expression or of keys is missing.
        ColumnTypeError
            If an expression names a column of a type that it cannot look at.
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
        >>> own = {"cheap_bulk": "quantity > 1000 and price < 0.1"}
        >>> tx.check(checks=own)["cheap_bulk"]
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
            checks=checks,
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

    def without(
        self, *names: str, checks: Mapping[str, CheckLike] | None = None
    ) -> Self:
        """Return the transactions without the rows that checks flag, for every job.

        Each view's flags are those of its own clock. A row is left out for the first
        of the checks that flags it, and counted under ``counts["flagged"]``.

        Parameters
        ----------
        *names : str
            Names of checks, such as "duplicate" or "test_row".
        checks : dict, optional
            Checks of your own, as of `check`; the rows of those that are named are
            left out.

        Raises
        ------
        ParameterError
            If there is no such check, or an expression cannot be read.
        ColumnNotFoundError
            If a column of an expression is missing.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, seed=1)
        >>> tx.without("duplicate").n_rows == tx.n_rows
        True
        >>> own = {"one_piece": "quantity = 1"}
        >>> "flagged" in tx.without("one_piece", checks=own).counts
        True
        """
        texts = [_text("without", "names", name) for name in names]
        own = own_checks_json("without", checks)
        return self._wrap(self._inner.without(texts, own))

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
