"""Rules held to the light: later data, periods, customers who come again."""

import json
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from patronomy import _arguments, _core
from patronomy._progress import Progress, job
from patronomy._rule_data import baskets_of
from patronomy.rule_evaluation import RuleEvaluation
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from patronomy.transactions import Transactions

Every: TypeAlias = Literal["week", "month", "quarter", "year"]


class RuleChecks:
    """What says whether rules are true, and remain so."""

    __slots__ = ()

    _inner: _core.Rules

    def evaluate(
        self,
        later: object,
        *,
        alpha: float = 0.05,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> RuleEvaluation:
        """Measure and test the same rules on data that they were not mined from.

        Parameters
        ----------
        later : Transactions or Baskets
            Items are matched by their labels.
        alpha : float, default 0.05
            A rule holds if its p-value there, adjusted by Holm for as many tests as
            there are rules, is at most this.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Examples
        --------
        >>> import patronomy as pt
        >>> rows = [["ink", "pen"], ["cup", "tea"]] * 20
        >>> rules = pt.Baskets.from_lists(rows).rules(min_confidence=0.9)
        >>> rules.evaluate(pt.Baskets.from_lists(rows)).n_holding
        4
        >>> rules.evaluate(pt.Baskets.from_lists([["pen"], ["ink"]] * 20)).n_holding
        0
        """
        owner = "Rules.evaluate"
        baskets = baskets_of(owner, "later", later)
        level = _arguments.number(owner, "alpha", alpha)
        with job(owner, progress, n_jobs, memory_mb) as how:
            inner = self._inner.evaluate(baskets._inner, level, *how)
        return RuleEvaluation._of(inner)

    def intervals(
        self,
        data: object,
        *,
        level: float = 0.95,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ArrowTable:
        """Return how sure confidence and lift are, where customers come again.

        The baskets of one customer are no independent evidence: each customer counts
        as one observation, each basket where no customers are known. Rules were chosen
        because they looked strong, so ask in baskets that they were not mined from.

        Parameters
        ----------
        data : Transactions or Baskets
            Items are matched by their labels.
        level : float, default 0.95
            How often such an interval holds the true value.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        ArrowTable
            One row for each rule: rule (its place), support_count, antecedent_count,
            support_customers, antecedent_customers (different customers with both
            sides, with the antecedent), confidence, confidence_low, confidence_high
            (Wilson, with the effective number of baskets), lift, lift_low, lift_high.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> rules = tx.rules(min_support=0.01, min_confidence=0.2)
        >>> found = rules.intervals(tx).to_dict()
        >>> all(low <= c for low, c in zip(found["confidence_low"], found["confidence"]))
        True
        """
        owner = "Rules.intervals"
        baskets = baskets_of(owner, "data", data)
        asked = _arguments.number(owner, "level", level)
        with job(owner, progress, n_jobs, memory_mb) as how:
            found = self._inner.intervals(baskets._inner, asked, *how)
        return ArrowTable._wrap(found)

    def changes(
        self,
        before: object,
        after: object,
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ArrowTable:
        """Return which rules are new, which are gone, and how the others changed.

        Rules are mined in each of two periods with the parameters of these rules, at
        the share of baskets that these were mined with; each is counted in both.

        Parameters
        ----------
        before, after : Transactions or Baskets
            Two periods. Items are matched by their labels.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        ArrowTable
            One row for each rule of either period: antecedent, consequent, with their
            _names where items have names; status ("kept", "new", "gone");
            before_support_count, before_antecedent_count, before_confidence,
            before_lift, the same as after_; confidence_change; p_value (of no change:
            Fisher's exact test, two-sided), p_adjusted (Holm, for all rules that could
            have been found in either period).

        Examples
        --------
        >>> import patronomy as pt
        >>> spring = pt.Baskets.from_lists([["tea", "cup"]] * 30 + [["tea"], ["cup"]])
        >>> summer = pt.Baskets.from_lists([["ice", "cup"]] * 30 + [["tea"], ["cup"]])
        >>> rules = spring.rules(min_confidence=0.8)
        >>> found = rules.changes(spring, summer).to_dict()
        >>> sorted(set(zip(found["status"], map(str, found["antecedent"]))))[:2]
        [('gone', "['cup']"), ('gone', "['tea']")]
        """
        owner = "Rules.changes"
        first = baskets_of(owner, "before", before)
        second = baskets_of(owner, "after", after)
        with job(owner, progress, n_jobs, memory_mb) as how:
            found = self._inner.changes(first._inner, second._inner, *how)
        return ArrowTable._wrap(found)

    def trend(
        self,
        tx: "Transactions",
        *,
        every: Every = "month",
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ArrowTable:
        """Return how the rules hold period after period.

        Parameters
        ----------
        tx : Transactions
            Any; those the rules were mined from, or others.
        every : {"week", "month", "quarter", "year"}, default "month"
            Periods of the calendar; the first and the last may be cut short.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        ArrowTable
            One row for each rule and period: rule (its place), period (its first day),
            n_baskets, antecedent_count, consequent_count, support_count, confidence,
            lift; and for the rule over all periods trend (change of the confidence a
            year) and trend_p_value (Cochran-Armitage, two-sided, for one rule).

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> rules = tx.rules(min_support=0.01, min_confidence=0.2)
        >>> len(rules.trend(tx, every="quarter")) == 4 * len(rules)
        True
        """
        from patronomy.transactions import Transactions

        owner = "Rules.trend"
        if not isinstance(tx, Transactions):
            raise TypeError(
                f"`tx` of `{owner}` must be Transactions; got {_arguments.shown(tx)}"
            )
        period = _arguments.choice(owner, "every", every, get_args(Every))
        with job(owner, progress, n_jobs, memory_mb) as how:
            found = self._inner.trend(tx._inner, json.dumps(period), *how)
        return ArrowTable._wrap(found)
