"""What `Transactions` do with baskets: make them, and mine item sets and sequences."""

from collections.abc import Mapping, Sequence
from typing import Any

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._itemset_params import Algorithm, Target
from patronomy._progress import Progress, reporting
from patronomy._rule_params import Correction, Keep, Test
from patronomy.baskets import Baskets
from patronomy.histories import Histories
from patronomy.itemsets import Itemsets
from patronomy.rules import Rules
from patronomy.sequences import Sequences


class Buying(Frozen):
    """The part of `Transactions` that looks at what is bought together, or later."""

    __slots__ = ()

    _inner: _core.Transactions

    def baskets(
        self,
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Baskets:
        """Return a basket for each transaction with a purchase.

        Returns are no purchases; where they are netted, what was returned whole is
        none either. Roles `transaction` and `item` are needed.

        Parameters
        ----------
        progress, n_jobs, memory_mb
            As in `rfm`.

        Returns
        -------
        Baskets

        Raises
        ------
        ColumnNotFoundError
            If no column has role `transaction`, or none has `item`.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, n_days=365, seed=1)
        >>> baskets = tx.baskets()
        >>> baskets.counts["rows_in"] == len(tx)
        True
        """
        jobs = _arguments.optional_whole_number("baskets", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("baskets", "memory_mb", memory_mb)
        with reporting(progress) as report:
            return Baskets._wrap(self._inner.baskets(report, jobs, memory))

    def itemsets(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        algorithm: Algorithm = "auto",
        target: Target = "frequent",
        count_only: bool = False,
        max_len: int | None = None,
        min_len: int = 1,
        required: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        item_min_support_counts: Mapping[Any, int] | None = None,
        top_k: int | None = None,
        max_itemsets: int | None = None,
        taxonomy: object = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Itemsets:
        """Find the sets of items that enough transactions have.

        The same as ``tx.baskets().itemsets(...)``, where every parameter is described.

        Returns
        -------
        Itemsets

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> sets = tx.itemsets(min_support=0.02, target="closed")
        >>> sets.columns
        ['itemset', 'support_count', 'support', 'length']
        """
        baskets = self.baskets(progress=progress, n_jobs=n_jobs, memory_mb=memory_mb)
        return baskets.itemsets(
            min_support=min_support,
            min_support_count=min_support_count,
            algorithm=algorithm,
            target=target,
            count_only=count_only,
            max_len=max_len,
            min_len=min_len,
            required=required,
            forbidden=forbidden,
            item_min_support_counts=item_min_support_counts,
            top_k=top_k,
            max_itemsets=max_itemsets,
            taxonomy=taxonomy,
            progress=progress,
            n_jobs=n_jobs,
            memory_mb=memory_mb,
        )

    def rules(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        min_confidence: float = 0.5,
        min_lift: float | None = None,
        max_len: int | None = None,
        max_antecedent_len: int | None = None,
        max_consequent_len: int | None = 1,
        antecedents: Sequence[object] | None = None,
        consequents: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        keep: Keep = "all",
        test: Test = "size_conditional",
        correction: Correction = "holm",
        alpha: float | None = None,
        measures: Sequence[str] = (),
        algorithm: Algorithm = "auto",
        max_itemsets: int | None = None,
        max_rules: int | None = None,
        taxonomy: object = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Rules:
        """Find rules: what is bought with what, and whether chance does as much.

        The same as ``tx.baskets().rules(...)``, where every parameter is described.

        Returns
        -------
        Rules

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> rules = tx.rules(min_support=0.01, min_confidence=0.2)
        >>> rules.columns[:2]
        ['antecedent', 'consequent']
        """
        baskets = self.baskets(progress=progress, n_jobs=n_jobs, memory_mb=memory_mb)
        return baskets.rules(
            min_support=min_support,
            min_support_count=min_support_count,
            min_confidence=min_confidence,
            min_lift=min_lift,
            max_len=max_len,
            max_antecedent_len=max_antecedent_len,
            max_consequent_len=max_consequent_len,
            antecedents=antecedents,
            consequents=consequents,
            forbidden=forbidden,
            keep=keep,
            test=test,
            correction=correction,
            alpha=alpha,
            algorithm=algorithm,
            max_itemsets=max_itemsets,
            max_rules=max_rules,
            measures=measures,
            taxonomy=taxonomy,
            progress=progress,
            n_jobs=n_jobs,
            memory_mb=memory_mb,
        )

    def histories(
        self,
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Histories:
        """Return the baskets of each customer in order of time.

        The time of a basket is that of its earliest purchase. Baskets without a
        customer are left out and counted; those of one customer and the very same time
        are one element. Roles `transaction` and `item` are needed.

        Parameters
        ----------
        progress, n_jobs, memory_mb
            As in `rfm`.

        Returns
        -------
        Histories

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, n_days=365, seed=1)
        >>> len(tx.histories()) <= 50
        True
        """
        owner = "histories"
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(owner, "memory_mb", memory_mb)
        with reporting(progress) as report:
            return Histories._wrap(self._inner.histories(report, jobs, memory))

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
        """Find what enough customers buy first and what later, within limits of time.

        The same as ``tx.histories().sequences(...)``, where every parameter is
        described.

        Returns
        -------
        Sequences

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> later = tx.sequences(min_support=0.03, window_days=60, min_len=2, max_items=2)
        >>> set(later.to_dict()["length"])
        {2}
        """
        histories = self.histories(
            progress=progress, n_jobs=n_jobs, memory_mb=memory_mb
        )
        return histories.sequences(
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
            count_only=count_only,
            progress=progress,
            n_jobs=n_jobs,
            memory_mb=memory_mb,
        )
