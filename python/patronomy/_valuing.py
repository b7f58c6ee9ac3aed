"""What `Transactions` say of customers' worth."""

import json
from typing import Literal

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy.cohorts import Cohorts
from patronomy.value import CustomerValue

_OWNER = "value"
_PERIODS = ("week", "month", "quarter", "year")
_LAWS = ("bg_nbd", "mbg_nbd", "pareto_nbd")


class Valuing(Frozen):
    """The part of `Transactions` that says what customers are worth."""

    __slots__ = ()

    _inner: _core.Transactions

    def value(
        self,
        horizon_days: int = 365,
        *,
        law: Literal["bg_nbd", "mbg_nbd", "pareto_nbd"] = "bg_nbd",
        n_tiers: int = 4,
        level: float | None = 0.95,
        n_draws: int = 200,
        random_state: int = 0,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> CustomerValue:
        """Value every customer: transactions to come within a horizon, times what one is worth.

        A transaction is a day on which the customer bought. How customers buy and leave is a
        law (see `BGNBD`, `MBGNBD`, `ParetoNBD`), fitted on all of them; what a transaction is
        worth is the gamma-gamma model (`GammaGamma`). Money is that of the roles, net of returns
        as these transactions have them; nothing is discounted.

        Parameters
        ----------
        horizon_days : int, default 365
            Days after the clock, or else after the last used row, within which money counts.
        law : {"bg_nbd", "mbg_nbd", "pareto_nbd"}, default "bg_nbd"
            How customers buy and leave.
        n_tiers : int, default 4
            Tiers of equally many customers, 1 being the most valuable; equal values share one.
        level : float or None, default 0.95
            The chance that an interval holds the mean of customers who did the same; None for
            no intervals. Only the parameters of the law are taken as uncertain.
        n_draws : int, default 200
            How many parameters are drawn for it.
        random_state : int, default 0
            Of what is drawn.
        progress, n_jobs, memory_mb
            As in `rfm`.

        Returns
        -------
        CustomerValue
            One row for each customer with an order, sorted by customer.

        Raises
        ------
        ColumnNotFoundError
            If no role gives the money of a line.
        ParameterError
            If a parameter breaks its rule.
        TooFewRowsError
            If no customer has an order, or none has paid anything.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> v = tx.value(horizon_days=90)
        >>> v.columns[-4:]
        ['value', 'value_low', 'value_high', 'tier']
        """
        interval = None
        if level is not None:
            interval = {
                "level": _arguments.number(_OWNER, "level", level),
                "n_draws": _arguments.whole_number(
                    _OWNER, "n_draws", n_draws, 20, 10_000
                ),
                "seed": _arguments.whole_number(
                    _OWNER, "random_state", random_state, 0, 2**64 - 1
                ),
            }
        params = {
            "law": _arguments.choice(_OWNER, "law", law, _LAWS),
            "horizon_days": _arguments.whole_number(
                _OWNER, "horizon_days", horizon_days, 1, 365_250
            ),
            "n_tiers": _arguments.whole_number(_OWNER, "n_tiers", n_tiers, 1, 100),
            "interval": interval,
        }
        jobs = _arguments.optional_whole_number(_OWNER, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(_OWNER, "memory_mb", memory_mb)
        with reporting(progress) as report:
            inner = _core.CustomerValue.fit(
                self._inner, json.dumps(params), report, jobs, memory
            )
        return CustomerValue._wrap(inner)

    def cohorts(
        self,
        every: Literal["week", "month", "quarter", "year"] = "month",
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Cohorts:
        """Follow the customers who came in each period through all periods after it.

        A customer's cohort is the period of the first order within these transactions: cohorts of
        data that begin in the middle of a company's life hold old customers too. Periods are
        those of the calendar, in the zone of the time column; weeks begin on Monday. Money is
        that of the roles, net of returns as these transactions have them; a return that is kept
        counts in its own period, or in that of the first order where it came before it.

        Observation ends with the clock, or else with the day of the last used line; a period is
        complete where it was observed to its last moment (with a clock) or last day (without).

        Parameters
        ----------
        every : {"week", "month", "quarter", "year"}, default "month"
            The length of a period, and so of a cohort; at most 1,000 of them.
        progress, n_jobs, memory_mb
            As in `rfm`.

        Returns
        -------
        Cohorts
            One row for each cohort and period, sorted.

        Raises
        ------
        ParameterError
            If `every` is none of these, or makes more than 1,000 periods.
        TooFewRowsError
            If no customer has an order.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> first = tx.cohorts("quarter").to_polars().row(0, named=True)
        >>> first["age"], first["retention"], first["n_active"] == first["n_customers"]
        (0, 1.0, True)
        """
        params = {"every": _arguments.choice("cohorts", "every", every, _PERIODS)}
        jobs = _arguments.optional_whole_number("cohorts", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("cohorts", "memory_mb", memory_mb)
        with reporting(progress) as report:
            inner = _core.Cohorts.fit(
                self._inner, json.dumps(params), report, jobs, memory
            )
        return Cohorts._wrap(inner)
