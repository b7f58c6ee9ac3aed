"""Histories: the baskets of each customer in order of time, and what is mined there."""

import os
from collections.abc import Sequence
from html import escape
from typing import Any, NoReturn, Self

from patronomy import _arguments, _core, _render
from patronomy._frozen import Frozen
from patronomy._opening import no_table, speaks_arrow
from patronomy._progress import Progress, reporting
from patronomy._sequence_params import params_json
from patronomy.reading import Reading, options_json
from patronomy.sequences import Sequences

__all__ = ["Histories"]


class Histories(Frozen):
    """For each customer what was bought, in order of time.

    `Transactions.histories` and `from_table` make them. What a customer bought at one
    and the same time is one element, however many baskets it was.

    Examples
    --------
    >>> import patronomy as pt
    >>> import polars as pl
    >>> frame = pl.DataFrame(
    ...     {
    ...         "who": ["a", "a", "a", "b"],
    ...         "when": ["2024-02-01", "2024-01-05", "2024-02-01", "2024-03-01"],
    ...         "what": ["ink", "printer", "paper", "ink"],
    ...     }
    ... )
    >>> pt.Histories.from_table(frame, customer="who", time="when", item="what")
    Histories: 2 customers, 3 elements, 3 items, 4 of 4 rows used
    """

    __slots__ = ("_inner",)

    _inner: _core.Histories

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`Histories` has no public constructor: take `Histories.from_table` or "
            "`Transactions.histories`"
        )

    @classmethod
    def _wrap(cls, inner: _core.Histories) -> Self:
        histories = object.__new__(cls)
        histories._set(_inner=inner)
        return histories

    @classmethod
    def from_table(
        cls,
        data: object,
        *,
        customer: str,
        time: str,
        item: str,
        time_format: str | None = None,
        reading: Reading | None = None,
    ) -> Self:
        """Return the histories of a long table: a row an item bought at that time.

        Parameters
        ----------
        data
            A table or a path, as for `Transactions`.
        customer, time, item : str
            The columns. Rows that lack one of the three are left out and counted.
        time_format : str, optional
            Format of times that are text; ISO otherwise.
        reading : Reading, optional
            How a file is read.

        Raises
        ------
        ColumnNotFoundError
            If the table lacks one of the columns.
        ColumnTypeError
            If a column's type does not fit.
        """
        owner = "Histories.from_table"
        who = _arguments.column_name(owner, "customer", customer)
        when = _arguments.column_name(owner, "time", time)
        what = _arguments.column_name(owner, "item", item)
        if time_format is not None and not isinstance(time_format, str):
            raise TypeError(
                f"`time_format` of `{owner}` must be a text such as "
                f'"%d/%m/%Y %H:%M"; got {_arguments.shown(time_format)}'
            )
        if isinstance(data, (str, os.PathLike)):
            path = _arguments.path_text(owner, data)
            options = options_json(owner, reading)
            inner = _core.Histories.from_path(
                path, who, when, what, time_format, options
            )
            return cls._wrap(inner)
        if not speaks_arrow(data):
            raise TypeError(no_table(owner, data))
        return cls._wrap(_core.Histories.from_table(data, who, when, what, time_format))

    @property
    def n_customers(self) -> int:
        """The number of customers: what supports are fractions of."""
        return len(self._inner)

    @property
    def n_elements(self) -> int:
        """The number of elements of all customers."""
        return self._inner.n_elements

    @property
    def n_items(self) -> int:
        """The number of different items."""
        return self._inner.n_items

    @property
    def n_merged(self) -> int:
        """How many baskets (or rows) became one with another of the same time."""
        return self._inner.n_merged

    @property
    def n_without_customer(self) -> int:
        """How many baskets were left out because no customer is known."""
        return self._inner.n_without_customer

    @property
    def labels(self) -> list[Any]:
        """What each item is called, in the order of the items' numbers."""
        return self._inner.labels

    @property
    def names(self) -> list[str | None] | None:
        """What people call each item, where the source says so."""
        return self._inner.names

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, those used, and those left out by reason."""
        return _arguments.parsed_dict(self._inner.counts())

    def sequences(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        window_days: float | None = None,
        max_gap_days: float | None = None,
        min_gap_days: float | None = None,
        min_len: int = 1,
        max_len: int | None = None,
        max_items: int | None = None,
        max_element_items: int | None = None,
        required: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        max_sequences: int | None = None,
        count_only: bool = False,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Sequences:
        """Find the sequences that enough customers have in their histories.

        A customer has a sequence if each of its elements is in one of the customer's,
        each later than the one before, and within all limits of time. How often does
        not count.

        Parameters
        ----------
        min_support : float, optional
            The smallest support, as a fraction of the customers; 0.01 where neither it
            nor the count is given.
        min_support_count : int, optional
            The smallest support, as a number of customers.
        window_days : float, optional
            Most days from the first element to the last, that many included.
        max_gap_days, min_gap_days : float, optional
            Most and fewest days from an element to the next, that many included.
        min_len, max_len : int, optional
            Fewest and most elements of a sequence.
        max_items, max_element_items : int, optional
            Most items of a sequence over all its elements, and of one element.
        required, forbidden : list, optional
            Items, by label, that every sequence must have, and that none may have.
        max_sequences : int, optional
            More sequences than these are refused before they fill the memory.
        count_only : bool, default False
            Whether to count the sequences without keeping them: `n_sequences` is all
            that the result then has.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        Sequences

        Raises
        ------
        ParameterError
            If a parameter breaks its rule, or a label is unknown.
        BudgetError
            If there are more sequences than allowed; the message names a support that
            would do. Or if sequences grow beyond 500 items.

        Examples
        --------
        >>> import patronomy as pt
        >>> histories = pt.simulate.shop(n_customers=200, n_days=365, seed=1).histories()
        >>> some = histories.sequences(min_support=0.03, window_days=90, max_len=2)
        >>> some.columns
        ['sequence', 'support_count', 'support', 'length', 'n_items']
        """
        params = params_json(
            self._inner,
            min_support=min_support,
            min_support_count=min_support_count,
            window_days=window_days,
            max_gap_days=max_gap_days,
            min_gap_days=min_gap_days,
            min_len=min_len,
            max_len=max_len,
            max_items=max_items,
            max_element_items=max_element_items,
            required=required,
            forbidden=forbidden,
            max_sequences=max_sequences,
        )
        shown = _arguments.parsed_dict(params)
        owner = "sequences"
        only = _arguments.flag(owner, "count_only", count_only)
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(owner, "memory_mb", memory_mb)
        with reporting(progress) as report:
            if only:
                n = self._inner.count_sequences(params, report, jobs, memory)
                return Sequences._counted(n, shown)
            found = self._inner.sequences(params, report, jobs, memory)
            return Sequences._of(found, shown)

    def __len__(self) -> int:
        return len(self._inner)

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "`Histories` cannot be pickled or copied across processes; pass the table "
            "or its path, and make the histories there"
        )

    def __repr__(self) -> str:
        counts = self.counts
        parts = [
            f"Histories: {_render.counted(len(self), 'customer')}",
            _render.counted(self.n_elements, "element"),
            _render.counted(self.n_items, "item"),
            f"{counts['rows_used']:,} of {counts['rows_in']:,} rows used",
        ]
        if self.n_without_customer:
            without = _render.counted(self.n_without_customer, "basket")
            parts.append(f"{without} without customer")
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"
