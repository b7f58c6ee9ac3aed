"""What `Transactions` do with baskets: make them, and mine item sets of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._itemset_params import Algorithm, Target
from patronomy._progress import Progress, reporting
from patronomy.baskets import Baskets
from patronomy.itemsets import Itemsets


class Buying(Frozen):
    """The part of `Transactions` that looks at what is bought together."""

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
