"""Whom to keep: the result of `CustomerValue.retention`."""

from typing import Any, Self

from patronomy import _core
from patronomy.table import ArrowTable

__all__ = ["Retention"]


class Retention(ArrowTable):
    """Customers with their retention classes, in the order of the valuation.

    Columns: `customer`; `retention_class`: little_value, settled (valuable, likely to stay, not
    after discounts) or shopping_around (valuable, but likely to leave or after discounts: the one
    to get an offer); the chances `p_little_value`, `p_settled`, `p_shopping_around`; `value`,
    `p_alive`, `p_leave` of the valuation; `deal_share`, the expected share of orders with a
    discount; `reason` in words.

    Examples
    --------
    >>> import patronomy as pt
    >>> v = pt.simulate.shop(n_customers=200, n_days=365, seed=1).value(horizon_days=90)
    >>> classes = v.retention()
    >>> list(classes.n_customers)
    ['little_value', 'settled', 'shopping_around']
    """

    __slots__ = ("_summary",)

    _summary: list[Any]

    @classmethod
    def _of(cls, table: _core.Table, summary: list[Any]) -> Self:
        classes = cls._wrap(table)
        classes._set(_summary=summary)
        return classes

    @property
    def n_customers(self) -> dict[str, int]:
        """How many customers are of each class."""
        return dict(self._summary[0])

    @property
    def min_value(self) -> float:
        """What a valuable customer is worth at least within the horizon."""
        return float(self._summary[1])

    @property
    def notices(self) -> list[str]:
        """What you should know, such as where discounts are not known."""
        return list(self._summary[2])
