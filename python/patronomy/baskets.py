"""Baskets: for each transaction the set of its items, and what is mined from them."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, NoReturn, Self

from patronomy import _arguments, _core, _render
from patronomy._basket_making import Making
from patronomy._itemset_params import Algorithm, Target, params_json
from patronomy._opening import speaks_arrow
from patronomy._progress import Progress, reporting
from patronomy.itemset_scan import ItemsetScan
from patronomy.itemsets import Itemsets

__all__ = ["Baskets"]


class Baskets(Making):
    """Transactions as sets of items.

    `from_table`, `from_lists`, `from_one_hot`, `from_sparse`, `read` and
    `Transactions.baskets` make them. Items that a basket has twice are dropped and
    counted. What is no item (null, blank) is left out and counted.

    Examples
    --------
    >>> import patronomy as pt
    >>> baskets = pt.Baskets.from_lists([["bread", "milk"], ["bread", "bread"], []])
    >>> baskets
    Baskets: 3 baskets, 2 items, 1 repeated, 4 of 4 entries used
    >>> baskets.labels
    ['bread', 'milk']
    """

    __slots__ = ("_inner",)

    _inner: _core.Baskets

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`Baskets` has no public constructor: take `Baskets.from_table`, "
            "`from_lists`, `from_one_hot`, `from_sparse`, `read` or "
            "`Transactions.baskets`"
        )

    @property
    def n_baskets(self) -> int:
        """The number of baskets, empty ones included."""
        return len(self._inner)

    @property
    def n_items(self) -> int:
        """The number of different items."""
        return self._inner.n_items

    @property
    def n_repeated(self) -> int:
        """How many items were dropped because their basket had them already."""
        return self._inner.n_repeated

    @property
    def total_weight(self) -> int:
        """What supports are fractions of: the weight of all baskets, or their number."""
        return self._inner.total_weight

    @property
    def labels(self) -> list[Any]:
        """What each item is called, in the order of the items' numbers."""
        return self._inner.labels

    @property
    def names(self) -> list[str | None] | None:
        """What people call each item, where the source says so."""
        return self._inner.names

    @property
    def counts(self) -> dict[str, Any]:
        """The entries in, those used, and those left out by reason."""
        return _arguments.parsed_dict(self._inner.counts())

    @property
    def support_counts(self) -> list[int]:
        """For each item the number of baskets that have it."""
        return self._inner.support_counts()

    def with_weights(self, weights: Iterable[int]) -> Self:
        """Return the same baskets, each standing for so many.

        Examples
        --------
        >>> import patronomy as pt
        >>> pt.Baskets.from_lists([["a"], ["b"]]).with_weights([3, 1]).total_weight
        4
        """
        owner = "Baskets.with_weights"
        given = _arguments.items(owner, "weights", weights, "whole numbers")
        numbers = [
            _arguments.whole_number(owner, "weights", w, 0, 2**32 - 1) for w in given
        ]
        return self._wrap(self._inner.with_weights(numbers))

    def with_taxonomy(self, taxonomy: object) -> Self:
        """Return the same baskets, with the ancestors of each item added.

        Sets are then mined over all levels at once; none has an item together with
        its own ancestor.

        Parameters
        ----------
        taxonomy : mapping or table
            The parent of each item, by label, or a list of its parents; or a table
            whose first column is the item and whose second the parent.

        Raises
        ------
        ParameterError
            If an item would be its own ancestor, or labels are of another type.

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["cola"], ["milk"]])
        >>> baskets.with_taxonomy({"cola": "drink", "milk": "drink"}).support_counts
        [1, 1, 2]
        """
        owner = "Baskets.with_taxonomy"
        if not isinstance(taxonomy, Mapping):
            if not speaks_arrow(taxonomy):
                raise TypeError(
                    f"`taxonomy` of `{owner}` must be a dict of items and their "
                    f"parents, or a table of both; got {_arguments.shown(taxonomy)}"
                )
            return self._wrap(self._inner.with_parents_table(taxonomy))
        pairs = [
            (item, parent)
            for item, parents in taxonomy.items()
            for parent in (
                parents if isinstance(parents, (list, tuple, set)) else [parents]
            )
        ]
        children, parents = [p[0] for p in pairs], [p[1] for p in pairs]
        return self._wrap(self._inner.with_parents(children, parents))

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
        """Find the sets of items that enough baskets have.

        Parameters
        ----------
        min_support : float, optional
            The smallest support, as a fraction of the baskets; 0.01 where neither it
            nor the count is given.
        min_support_count : int, optional
            The smallest support, as a number of baskets.
        algorithm : {"auto", "apriori", "fp_growth", "eclat", "lcm"}, default "auto"
            How sets are looked for; the result is the same.
        target : {"frequent", "closed", "maximal", "generators"}, default "frequent"
            All sets; those whose every larger set has less support; those of which no
            larger set is frequent; those whose every smaller set has more support.
        count_only : bool, default False
            Whether to count the sets without keeping them: `n_itemsets` is all that
            the result then has.
        max_len, min_len : int, optional
            Most and fewest items of a set.
        required, forbidden : list, optional
            Items, by label, that every set must have, and that none may have.
        item_min_support_counts : dict, optional
            Smallest supports, as numbers of baskets, of single items by label: a set
            needs the smallest among its items. For frequent sets only.
        top_k : int, optional
            Only so many sets with the highest supports, and those that tie with the
            last.
        max_itemsets : int, optional
            More sets than these are refused before they fill the memory.
        taxonomy : mapping or table, optional
            As in `with_taxonomy`.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        Itemsets

        Raises
        ------
        ParameterError
            If a parameter breaks its rule, or a label is unknown.
        BudgetError
            If there are more sets than allowed; the message names a support that
            would do.

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["a", "b", "c"], ["a", "b"], ["c"]])
        >>> baskets.itemsets(min_support_count=2, target="maximal").to_dict()["itemset"]
        [['a', 'b'], ['c']]
        >>> baskets.itemsets(min_support_count=1, count_only=True).n_itemsets
        7
        """
        baskets = self._inner
        if taxonomy is not None:
            baskets = self.with_taxonomy(taxonomy)._inner
        params = params_json(
            baskets,
            min_support=min_support,
            min_support_count=min_support_count,
            algorithm=algorithm,
            target=target,
            max_len=max_len,
            min_len=min_len,
            required=required,
            forbidden=forbidden,
            item_min_support_counts=item_min_support_counts,
            top_k=top_k,
            max_itemsets=max_itemsets,
        )
        shown = _arguments.parsed_dict(params)
        only = _arguments.flag("itemsets", "count_only", count_only)
        jobs = _arguments.optional_whole_number("itemsets", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("itemsets", "memory_mb", memory_mb)
        with reporting(progress) as report:
            if only:
                n = baskets.count_itemsets(params, report, jobs, memory)
                return Itemsets._counted(n, shown)
            found = baskets.itemsets(params, report, jobs, memory)
            return Itemsets._of(found, shown)

    def scan_itemsets(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        algorithm: Algorithm = "auto",
        target: Target = "frequent",
        max_len: int | None = None,
        min_len: int = 1,
        required: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        item_min_support_counts: Mapping[Any, int] | None = None,
        top_k: int | None = None,
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ItemsetScan:
        """Find item sets while they are taken, for more of them than memory holds.

        Parameters
        ----------
        min_support, min_support_count, algorithm, target, max_len, min_len, required, \
forbidden, item_min_support_counts, top_k, n_jobs
            As in `itemsets`. Apriori holds all sets nevertheless, and so does what
            finds closed, maximal and generator sets where the named algorithm has no
            way of its own to them.
        max_itemsets : int, optional
            More sets than these end the search with an error; without it, none are
            too many.
        memory_mb : float, optional
            Most memory for sets found before it was their turn; 64 where not given.

        Returns
        -------
        ItemsetScan

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["a", "b", "c"], ["a", "b"], ["c"]])
        >>> scan = baskets.scan_itemsets(min_support_count=1)
        >>> sum(len(table) for table in scan.batches())
        7
        """
        params = params_json(
            self._inner,
            min_support=min_support,
            min_support_count=min_support_count,
            algorithm=algorithm,
            target=target,
            max_len=max_len,
            min_len=min_len,
            required=required,
            forbidden=forbidden,
            item_min_support_counts=item_min_support_counts,
            top_k=top_k,
            max_itemsets=max_itemsets,
        )
        owner = "scan_itemsets"
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(owner, "memory_mb", memory_mb)
        inner = _core.ItemsetScan(self._inner, params, jobs, memory)
        return ItemsetScan._of(inner, _arguments.parsed_dict(params))

    def __len__(self) -> int:
        return len(self._inner)

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "`Baskets` cannot be pickled or copied across processes; pass the table or "
            "its path, and make the baskets there"
        )

    def __repr__(self) -> str:
        counts = self.counts
        parts = [
            f"Baskets: {_render.counted(len(self), 'basket')}",
            _render.counted(self.n_items, "item"),
            f"{self.n_repeated:,} repeated",
            f"{counts['rows_used']:,} of {counts['rows_in']:,} entries used",
        ]
        if self.total_weight != len(self):
            parts.insert(1, f"weight {self.total_weight:,}")
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"
