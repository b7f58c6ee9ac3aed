"""Miners of item sets with the conventions of scikit-learn."""

from typing import Any, ClassVar, Self

from patronomy._estimator import Estimator
from patronomy._itemset_params import Algorithm, Target
from patronomy._opening import speaks_arrow
from patronomy.baskets import Baskets
from patronomy.itemsets import Itemsets
from patronomy.transactions import Transactions

__all__ = ["LCM", "Apriori", "Eclat", "FPGrowth", "FPMax"]


class _Miner(Estimator):
    """What all miners share: parameters are stored, checked by `fit`.

    Attributes
    ----------
    itemsets_ : Itemsets
        The sets found by `fit`.
    n_itemsets_ : int
        Their number.
    """

    _algorithm: ClassVar[Algorithm]

    itemsets_: Itemsets
    n_itemsets_: int

    def __init__(
        self,
        min_support: float | None = None,
        *,
        min_support_count: int | None = None,
        target: Target = "frequent",
        max_len: int | None = None,
        min_len: int = 1,
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.min_support = min_support
        self.min_support_count = min_support_count
        self.target = target
        self.max_len = max_len
        self.min_len = min_len
        self.max_itemsets = max_itemsets
        self.n_jobs = n_jobs

    def fit(self, X: object, y: object = None) -> Self:
        """Find the item sets of `X`.

        Parameters
        ----------
        X
            Baskets, Transactions, a one-hot table or matrix, a sparse matrix, or lists
            of labels.
        y
            Not used.

        Returns
        -------
        The miner itself.
        """
        baskets = _as_baskets(X)
        self.itemsets_ = baskets.itemsets(
            algorithm=self._algorithm, **self.get_params()
        )
        self.n_itemsets_ = self.itemsets_.n_itemsets
        return self


class Apriori(_Miner):
    """Level by level, candidates counted in passes (Agrawal and Srikant 1994).

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.Apriori(min_support=0.5).fit([["a", "b"], ["a"]]).n_itemsets_
    3
    """

    _algorithm = "apriori"


class FPGrowth(_Miner):
    """Prefix trees and their conditional trees (Han, Pei and Yin 2000).

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.FPGrowth(min_support=0.5, target="maximal").fit([["a", "b"], ["a"]]).n_itemsets_
    1
    """

    _algorithm = "fp_growth"


class Eclat(_Miner):
    """Intersections of lists of baskets, or their differences (Zaki 2000).

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.Eclat(min_support_count=2).fit([["a", "b"], ["a"]]).n_itemsets_
    1
    """

    _algorithm = "eclat"


class LCM(_Miner):
    """Closed sets by prefix-preserving extension (Uno et al. 2004); other targets too.

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.LCM(min_support=0.5).fit([["a", "b"], ["a"]]).n_itemsets_
    2
    """

    _algorithm = "lcm"

    def __init__(
        self,
        min_support: float | None = None,
        *,
        min_support_count: int | None = None,
        target: Target = "closed",
        max_len: int | None = None,
        min_len: int = 1,
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            min_support,
            min_support_count=min_support_count,
            target=target,
            max_len=max_len,
            min_len=min_len,
            max_itemsets=max_itemsets,
            n_jobs=n_jobs,
        )


class FPMax(_Miner):
    """Maximal sets: all frequent sets are their subsets.

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.FPMax(min_support=0.5).fit([["a", "b"], ["a"]]).n_itemsets_
    1
    """

    _algorithm = "lcm"

    def __init__(
        self,
        min_support: float | None = None,
        *,
        min_support_count: int | None = None,
        target: Target = "maximal",
        max_len: int | None = None,
        min_len: int = 1,
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            min_support,
            min_support_count=min_support_count,
            target=target,
            max_len=max_len,
            min_len=min_len,
            max_itemsets=max_itemsets,
            n_jobs=n_jobs,
        )


def _as_baskets(X: Any) -> Baskets:
    if isinstance(X, Baskets):
        return X
    if isinstance(X, Transactions):
        return X.baskets()
    if hasattr(X, "tocsr"):
        return Baskets.from_sparse(X)
    has_columns = hasattr(X, "columns") or hasattr(X, "schema")
    if hasattr(X, "__array_interface__") or (speaks_arrow(X) and has_columns):
        return Baskets.from_one_hot(X)
    return Baskets.from_lists(X)
