"""What customers and orders have brought: the result of `Transactions.profit`."""

import json
from typing import Any, Self

from patronomy import _core
from patronomy.table import ArrowTable

__all__ = ["Profit"]


def core_of(owner: str, profit: object) -> _core.Profit | None:
    """Return the ledger of a `Profit`, or None for None."""
    if profit is None:
        return None
    if not isinstance(profit, Profit):
        raise TypeError(
            f"`profit` of `{owner}` must be a `Profit`; got an object of type "
            f"{type(profit).__name__}; take the result of `Transactions.profit`"
        )
    return profit._ledger


def contacts_of(owner: str, contacts: object) -> _core.Transactions | None:
    """Return the table of contacts, or None for None."""
    from patronomy.transactions import Transactions

    if contacts is None:
        return None
    if not isinstance(contacts, Transactions):
        raise TypeError(
            f"`contacts` of `{owner}` must be `Transactions`; got an object of type "
            f"{type(contacts).__name__}; bind at least the roles customer and time"
        )
    return contacts._inner


class Profit(ArrowTable):
    """A ledger: customers with what they brought and cost, sorted by customer.

    Columns: `customer`; `n_orders`; `n_discounted_orders`; `revenue`, `discounts`, `returns` and
    `net_revenue`, the first less the others; `cost` of goods; `service`, the cost to serve;
    `profit`, net revenue less both costs; `n_contacts`; `n_lines`, `n_lines_without_cost`. Where
    the cost of a line is not known, `cost` and `profit` are null.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=100, n_days=365, seed=1)
    >>> ledger = tx.profit(assumed_cost_share=0.6)
    >>> t = ledger.totals
    >>> round(t["net_revenue"] - t["cost"] - t["service"] - t["profit"], 4)
    0.0
    """

    __slots__ = ("_ledger",)

    _ledger: _core.Profit

    @classmethod
    def _of(cls, ledger: _core.Profit) -> Self:
        profit = cls._wrap(ledger.customers())
        profit._set(_ledger=ledger)
        return profit

    @property
    def orders(self) -> ArrowTable:
        """The same for each order and credit note, sorted by customer and time.

        Columns: `customer`, `transaction` (where there is that role), `time` of the first line,
        `is_order` (whether it holds a purchase), and money as of customers; contacts belong to no
        order.
        """
        return ArrowTable._wrap(self._ledger.orders())

    @property
    def totals(self) -> dict[str, Any]:
        """What all customers come to; None for what is not known."""
        totals: dict[str, Any] = self._summary()[0]
        return totals

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, the rows used, and those left out by reason."""
        counts: dict[str, Any] = self._summary()[1]
        return counts

    @property
    def reference(self) -> str:
        """The day up to which the ledger reaches, as ISO text."""
        return str(self._summary()[2])

    @property
    def notices(self) -> list[str]:
        """What you should know: costs that are not known, or assumed."""
        return list(self._summary()[3])

    def _summary(self) -> list[Any]:
        summary: list[Any] = json.loads(self._ledger.summary())
        return summary
