"""What later periods say of valuations, and what moved customer equity."""

from typing import Any, Self

from patronomy import _core
from patronomy.table import ArrowTable

__all__ = ["EquityChange", "ValueEvaluation"]


class EquityChange(ArrowTable):
    """What moved customer equity from one valuation to the next.

    Columns: `movement`: new, lost, grown, shrunk, unchanged; `n_customers`; their value `before`
    and `after`, and the `change`. Opening and all changes come to closing, to the last
    ten-thousandth of a currency unit.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
    >>> then, now = (tx.as_of(d).value(90) for d in ("2024-09-01", "2024-12-01"))
    >>> moved = now.equity_change(then)
    >>> round(moved.opening + sum(moved.to_dict()["change"]) - moved.closing, 6)
    0.0
    """

    __slots__ = ("_ends",)

    _ends: tuple[float, float]

    @classmethod
    def _of(cls, table: _core.Table, opening: float, closing: float) -> Self:
        change = cls._wrap(table)
        change._set(_ends=(opening, closing))
        return change

    @property
    def opening(self) -> float:
        """What all customers were worth at the earlier valuation."""
        return self._ends[0]

    @property
    def closing(self) -> float:
        """What all are worth at the later one."""
        return self._ends[1]


class ValueEvaluation(ArrowTable):
    """Values held to what then came from the same customers, tier by tier.

    Columns: `tier`; `n_customers`; `expected`; `low` and `high`, the sums of the limits; `actual`,
    what came, and `actual_error`, its standard error over customers; `repeated`, what came in the
    period before, as long as the horizon.

    Examples
    --------
    >>> import patronomy as pt
    >>> past, later = pt.simulate.shop(n_customers=300, n_days=730, seed=1).split("2025-06-01")
    >>> told = past.value(horizon_days=90).evaluate(later)
    >>> told.period
    ('2025-06-01', '2025-08-29')
    >>> sorted(told.expected)[:3]
    ['mean_absolute', 'rank_correlation', 'root_mean_square']
    """

    __slots__ = ("_summary",)

    _summary: list[Any]

    @classmethod
    def _of(cls, table: _core.Table, summary: list[Any]) -> Self:
        told = cls._wrap(table)
        told._set(_summary=summary)
        return told

    @property
    def period(self) -> tuple[str, str]:
        """The first day that counts, and the last, as ISO text."""
        first, last = self._summary[0][0]
        return first, last

    @property
    def n_customers(self) -> int:
        """Customers that were valued, and of whom it is known what came."""
        return int(self._summary[0][1])

    @property
    def n_unknown(self) -> int:
        """Customers whose profit of the period is not known: they are left out."""
        return int(self._summary[0][2])

    @property
    def n_new(self) -> int:
        """Customers of the period who had not been valued."""
        return int(self._summary[0][3])

    @property
    def actual(self) -> float:
        """What came from the customers that were valued."""
        return float(self._summary[1][0])

    @property
    def expected(self) -> dict[str, float | None]:
        """The errors of the valuation.

        `total`, what it said of all; `mean_absolute` and `root_mean_square` error of a customer;
        `rank_correlation` (Spearman); `top_tenth`, the share of all that came from the tenth of
        customers it puts first.
        """
        return dict(self._summary[1][1])

    @property
    def repeated(self) -> dict[str, float | None]:
        """The same of the forecast that the last period repeats."""
        return dict(self._summary[1][2])

    @property
    def gain(self) -> tuple[float, float, float]:
        """By how much a customer's absolute error is smaller than if the last period repeats.

        The mean, and its 95 % limits (normal, over customers).
        """
        mean, low, high = self._summary[1][3]
        return mean, low, high
