"""Customers by the period of their first order: the result of `Transactions.cohorts`."""

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from patronomy import _arguments, _core
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Cohorts"]

_MEASURES = (
    "retention",
    "n_active",
    "revenue",
    "revenue_per_customer",
    "cumulative_revenue_per_customer",
)
Measure: TypeAlias = Literal[
    "retention",
    "n_active",
    "revenue",
    "revenue_per_customer",
    "cumulative_revenue_per_customer",
]


class Cohorts(ArrowTable):
    """Cohorts of customers through the periods since their first orders.

    One row for each cohort and each period from its own to the one in which observation ended,
    sorted by both. Columns: `cohort` and `period`, their first days; `age`, periods between, from
    0; `n_customers` of the cohort; `n_active`, those with an order in the period; `retention`,
    their share; `revenue` of the cohort in the period; `revenue_per_customer`, of all customers
    of the cohort, active or not; `cumulative_revenue_per_customer`, from age 0 on; `is_complete`,
    whether the period was observed to its end. Columns of revenue are null where no role tells
    the money of a line.

    Examples
    --------
    >>> import patronomy as pt
    >>> cohorts = pt.simulate.shop(n_customers=300, n_days=365, seed=1).cohorts("quarter")
    >>> cohorts.to_wide("retention").columns
    ['cohort', 'n_customers', '0', '1', '2', '3']
    """

    __slots__ = ()

    _inner: _core.Cohorts

    def to_wide(self, measure: Measure = "retention") -> ArrowTable:
        """Return a measure with a row for each cohort and a column for each age.

        Columns are `cohort`, `n_customers`, then `0`, `1` and so on; null where a period lies
        after the end of observation. Cells of a period that was not observed to its end have
        what was seen of it: see `is_complete`.

        Parameters
        ----------
        measure : str, default "retention"
            A column of the table: "retention", "n_active", "revenue", "revenue_per_customer" or
            "cumulative_revenue_per_customer".

        Raises
        ------
        ParameterError
            If it is none of these.
        """
        name = _arguments.choice("to_wide", "measure", measure, _MEASURES)
        return ArrowTable._wrap(self._inner.wide(json.dumps(name)))

    def plot(self, measure: Measure = "retention", ax: "Axes | None" = None) -> "Axes":
        """Draw a measure of every cohort and age as a heat map; needs matplotlib.

        Periods that were not observed to their end are in grey and italics.

        Parameters
        ----------
        measure : str, default "retention"
            As in `to_wide`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        ParameterError
            For a measure of revenue where no role tells the money of a line.
        """
        from patronomy import value_plots

        name = _arguments.choice("plot", "measure", measure, _MEASURES)
        return value_plots.cohorts(self.to_dict(), name, self.params["every"], ax)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters they were made with."""
        return dict(self._about()[0])

    @property
    def reference(self) -> str:
        """The day on which observation ended, as ISO text."""
        return str(self._about()[1])

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, the rows used, and those left out by reason."""
        return dict(self._about()[2])

    @property
    def notices(self) -> list[str]:
        """What you should know of the table."""
        return list(self._about()[3])

    def _about(self) -> list[Any]:
        about: list[Any] = json.loads(self._inner.about())
        return about
