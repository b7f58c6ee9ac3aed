"""Baskets: for each transaction the set of its items."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, NoReturn, Self

from patronomy import _arguments, _core, _render
from patronomy._basket_mining import Mining

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Baskets"]


class Baskets(Mining):
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
    def ids(self) -> list[Any] | None:
        """The transaction (or customer) that each basket is, where the source knows."""
        return self._inner.ids

    @property
    def customers(self) -> list[Any] | None:
        """The customer of each basket, where the source knows."""
        return self._inner.customers

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

    def by_customer(self) -> Self:
        """Return one basket for each customer, with all that the customer bought.

        Baskets without a customer are left out; `ids` has the customers.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=50, n_days=365, seed=1)
        >>> len(tx.baskets().by_customer()) <= 50
        True
        """
        return self._wrap(self._inner.by_customer())

    def shuffled(self, random_state: int = 0) -> Self:
        """Return baskets as chance would fill them, to see what chance alone gives.

        Each item is in as many baskets, and each basket has as many items; nothing
        else is left of what was bought together (swap randomisation).

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["c", "d"]])
        >>> dealt = baskets.shuffled(random_state=1)
        >>> dealt.support_counts == baskets.support_counts
        True
        """
        owner = "Baskets.shuffled"
        seed = _arguments.whole_number(
            owner, "random_state", random_state, 0, 2**64 - 1
        )
        return self._wrap(self._inner.shuffled(seed))

    def plot_items(self, n: int = 15, *, ax: "Axes | None" = None) -> "Axes":
        """Draw how many baskets have both of each two items; needs matplotlib.

        Parameters
        ----------
        n : int, default 15
            How many items: those that most baskets have, of equal ones the first. Up
            to 15 there are numbers in the cells. An item and its ancestor count as
            never together, as in `itemsets`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure otherwise.

        Returns
        -------
        matplotlib.axes.Axes

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["ink", "pen"], ["ink", "pen"], ["mug"]])
        >>> ax = baskets.plot_items(2)
        >>> [text.get_text() for text in ax.texts]
        ['', '2', '2', '']
        """
        from patronomy import rule_plots

        most = _arguments.whole_number("Baskets.plot_items", "n", n, 1, 200)
        counts, labels = self.support_counts, self.labels
        ranked = sorted(range(len(labels)), key=lambda item: -counts[item])
        top = [item for item in ranked[:most] if counts[item]]
        grid = [[0] * len(top) for _ in top]
        if top:
            place = {labels[item]: i for i, item in enumerate(top)}
            rest = [labels[item] for item in ranked[len(top) :]]
            pairs = self.itemsets(
                min_support_count=1, min_len=2, max_len=2, forbidden=rest
            ).to_dict()
            found = zip(pairs["itemset"], pairs["support_count"], strict=True)
            for (a, b), n_both in found:
                i, j = place[a], place[b]
                grid[i][j] = grid[j][i] = n_both
        names = self.names or labels
        texts = [str(labels[i] if names[i] is None else names[i]) for i in top]
        return rule_plots.heat_map(texts, grid, ax)

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
