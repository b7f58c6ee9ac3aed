"""Kinds of customers by the clock: the result of `Transactions.kinds`."""

from typing import Any, Self

from patronomy import _core
from patronomy.table import ArrowTable

__all__ = ["CustomerKinds"]


class CustomerKinds(ArrowTable):
    """Customers with their kinds, sorted by customer.

    Columns: `customer`; `kind`: prospect, new, active, lapsing, lost, one_time or unclear;
    `n_purchase_days`; `first_order`, `last_order`; `age_days`, `recency_days` since then;
    `usual_gap_days`, and whose `rhythm` that is, own or shop; `silence`, recency in usual gaps;
    `last_return`, `last_contact`; `reason` in words. What is not known is null.

    Examples
    --------
    >>> import patronomy as pt
    >>> kinds = pt.simulate.shop(n_customers=200, n_days=500, seed=1).kinds()
    >>> sum(kinds.n_customers.values()) == len(kinds)
    True
    """

    __slots__ = ("_summary",)

    _summary: list[Any]

    @classmethod
    def _of(cls, table: _core.Table, summary: list[Any]) -> Self:
        kinds = cls._wrap(table)
        kinds._set(_summary=summary)
        return kinds

    @property
    def n_customers(self) -> dict[str, int]:
        """How many customers are of each kind."""
        return dict(self._summary[0])

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, the rows used, and those left out by reason."""
        return dict(self._summary[1])

    @property
    def reference(self) -> str:
        """The day of the clock, as ISO text."""
        return str(self._summary[2])

    @property
    def notices(self) -> list[str]:
        """What you should know, such as where too little is known."""
        return list(self._summary[3])
