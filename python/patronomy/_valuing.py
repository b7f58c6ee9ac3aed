"""What `Transactions` say of customers' worth."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy.cohorts import Cohorts
from patronomy.kinds import CustomerKinds
from patronomy.profit import Profit, contacts_of, core_of
from patronomy.value import CustomerValue

if TYPE_CHECKING:
    from patronomy.transactions import Transactions

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
        profit: Profit | None = None,
        discount_rate: float = 0.0,
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
        as these transactions have them; with a `profit` ledger, value is the share of it that is
        profit: a customer's own share as far as it is known well, else that of all (credibility,
        Bühlmann and Straub 1970).

        Parameters
        ----------
        horizon_days : int, default 365
            Days after the clock, or else after the last used row, within which money counts.
        law : {"bg_nbd", "mbg_nbd", "pareto_nbd"}, default "bg_nbd"
            How customers buy and leave.
        profit : Profit, optional
            The ledger of the same transactions; without it, value is money.
        discount_rate : float, default 0.0
            By how much a year money to come is worth less, .1 for 10 %; 0 to 10.
        n_tiers : int, default 4
            Tiers of equally many customers, 1 being the most valuable; equal values share one.
        level : float or None, default 0.95
            The chance that an interval holds the mean of customers who did the same; None for
            no intervals. The parameters of both laws are taken as uncertain, the share of profit
            is not.
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
        BadValuesError
            If the money is of several currencies.
        ColumnNotFoundError
            If no role gives the money of a line.
        FeatureMismatchError
            If the ledger is of another day.
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
            "discount_rate": _arguments.number(_OWNER, "discount_rate", discount_rate),
            "n_tiers": _arguments.whole_number(_OWNER, "n_tiers", n_tiers, 1, 100),
            "interval": interval,
        }
        ledger = core_of(_OWNER, profit)
        jobs = _arguments.optional_whole_number(_OWNER, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(_OWNER, "memory_mb", memory_mb)
        with reporting(progress) as report:
            inner = _core.CustomerValue.fit(
                self._inner, ledger, json.dumps(params), report, jobs, memory
            )
        return CustomerValue._wrap(inner)

    def profit(
        self,
        *,
        contacts: "Transactions | None" = None,
        order_costs: Mapping[str, float] | None = None,
        contact_costs: Mapping[str, float] | None = None,
        assumed_cost_share: float | None = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Profit:
        """Draw up a ledger: what each customer and each order has brought and cost.

        Profit is revenue less discounts (role `discount`), returns, cost of goods (role `cost`)
        and cost to serve, added up in whole ten-thousandths, so that lines, orders and customers
        agree to the last digit. A line counts when it happens: a return is money paid back in its
        own transaction, whatever the rule for returns. Costs that are not known are not guessed:
        profit is null then.

        Parameters
        ----------
        contacts : Transactions, optional
            Contacts with customers, with the roles customer and time, and either channel (see
            `contact_costs`) or the money that each cost. Those after the clock are not looked at;
            customers who were contacted only are in the ledger too.
        order_costs, contact_costs : mapping, optional
            What an order, or a contact, costs by its channel (role `channel`).
        assumed_cost_share : float, optional
            The cost of goods of lines where it is not known, as a share of their money after
            discounts: an assumption of yours, and said to be one.
        progress, n_jobs, memory_mb
            As in `rfm`.

        Returns
        -------
        Profit
            One row for each customer with a line or a contact, sorted by customer.

        Raises
        ------
        BadValuesError
            If a cost or discount is no sum of money, or the money is of several currencies.
        ColumnNotFoundError
            If no role gives the money of a line, or the channels that have costs.
        ParameterError
            If a parameter breaks its rule, or names a channel that there is none of.
        TooFewRowsError
            If no line is left.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=100, n_days=365, seed=1)
        >>> ledger = tx.profit(assumed_cost_share=0.6, order_costs={"web": 0.5})
        >>> ledger.totals["n_customers"] == len(ledger)
        True
        """
        owner = "profit"
        params = {
            "order_costs": _costs(owner, "order_costs", order_costs),
            "contact_costs": _costs(owner, "contact_costs", contact_costs),
            "assumed_cost_share": _arguments.optional_number(
                owner, "assumed_cost_share", assumed_cost_share
            ),
        }
        calls = contacts_of(owner, contacts)
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(owner, "memory_mb", memory_mb)
        with reporting(progress) as report:
            ledger = _core.Profit.fit(
                self._inner, calls, json.dumps(params), report, jobs, memory
            )
        return Profit._of(ledger)

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

    def kinds(
        self,
        *,
        contacts: "Transactions | None" = None,
        new_days: int = 60,
        own_gaps: int = 3,
        lapsing_gaps: float = 2.0,
        lost_gaps: float = 4.0,
        least_gap_days: float = 7.0,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> CustomerKinds:
        """Tell prospects, new, active, lapsing, lost and one-time customers apart.

        A customer is new within `new_days` of the first purchase, one-time with purchases on one
        day only, later on; else active, lapsing or lost by how long it has been silent, in its
        usual gaps. Lost customers are kept, with their last events as reason. Where too little is
        known of a customer's rhythm, the shop's stands for it, and that is said.

        Parameters
        ----------
        contacts : Transactions, optional
            Contacts, sign-ups, visits, with the roles customer and time: who is in them and has
            not bought is a prospect. Those after the clock are not looked at.
        new_days : int, default 60
            Days after the first purchase for which a customer is new.
        own_gaps : int, default 3
            Gaps between days with a purchase from which on a customer has a rhythm of its own.
        lapsing_gaps, lost_gaps : float, default 2.0 and 4.0
            Silence, in usual gaps, beyond which a customer is lapsing, and lost.
        least_gap_days : float, default 7.0
            Usual gaps count as this many days at least.
        progress, n_jobs, memory_mb
            As in `rfm`.

        Returns
        -------
        CustomerKinds
            One row for each customer with an order or a contact, sorted by customer.

        Raises
        ------
        ParameterError
            If a parameter breaks its rule.
        TooFewRowsError
            If no customer has an order.

        Examples
        --------
        >>> import patronomy as pt
        >>> kinds = pt.simulate.shop(n_customers=200, n_days=500, seed=1).kinds()
        >>> kinds.columns[:2]
        ['customer', 'kind']
        """
        owner = "kinds"
        gaps = {
            "lapsing_gaps": lapsing_gaps,
            "lost_gaps": lost_gaps,
            "least_gap_days": least_gap_days,
        }
        params: dict[str, float] = {
            k: _arguments.number(owner, k, v) for k, v in gaps.items()
        }
        params["new_days"] = _arguments.whole_number(
            owner, "new_days", new_days, 0, 36_500
        )
        params["own_gaps"] = _arguments.whole_number(
            owner, "own_gaps", own_gaps, 1, 1_000
        )
        calls = contacts_of(owner, contacts)
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(owner, "memory_mb", memory_mb)
        with reporting(progress) as report:
            table, summary = _core.customer_kinds(
                self._inner, calls, json.dumps(params), report, jobs, memory
            )
        return CustomerKinds._of(table, json.loads(summary))


def _costs(
    owner: str, name: str, costs: Mapping[str, float] | None
) -> dict[str, float]:
    if costs is None:
        return {}
    if not isinstance(costs, Mapping):
        raise TypeError(
            f"`{name}` of `{owner}` must map channels to money; "
            f"got {_arguments.shown(costs)}"
        )
    return {str(k): _arguments.number(owner, name, v) for k, v in costs.items()}
