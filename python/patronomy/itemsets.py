"""Item sets: what is often bought together, as a result that speaks Arrow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from patronomy import _render
from patronomy._mined import Mined
from patronomy._progress import Progress, job
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from patronomy._rule_params import Correction, Keep, Test
    from patronomy.baskets import Baskets
    from patronomy.rules import Rules

__all__ = ["Itemsets"]

NOUNS = {
    "frequent": "frequent item set",
    "closed": "closed item set",
    "maximal": "maximal item set",
    "generators": "generator",
}


class Itemsets(Mined):
    """Sets of items that many baskets have, with their supports.

    One row for each set: itemset (a list of labels), support_count (baskets that have
    all of them), support (the same as a fraction of the baskets), length. The order
    is fixed, whatever algorithm and number of threads found them: from the rarest
    item to the most frequent. `Baskets.itemsets` and `Transactions.itemsets` return
    it; Arrow-speaking libraries read it, a million sets at a time.

    Examples
    --------
    >>> import patronomy as pt
    >>> baskets = pt.Baskets.from_lists([["bread", "milk"], ["bread"], ["milk", "bread"]])
    >>> sets = baskets.itemsets(min_support=0.5)
    >>> sets.to_dict()["itemset"]
    [['milk'], ['milk', 'bread'], ['bread']]
    >>> sets.n_itemsets
    3
    """

    __slots__ = ()

    _noun = "item set"
    _column = "itemset"
    _method = "itemsets"

    @property
    def n_itemsets(self) -> int:
        """The number of sets; where they were only counted, it may exceed 2^64."""
        return self._n

    @property
    def baskets(self) -> "Baskets":
        """The baskets that were mined."""
        from patronomy.baskets import Baskets

        return Baskets._wrap(self._inner.baskets)

    def rules(
        self,
        *,
        min_confidence: float = 0.5,
        min_lift: float | None = None,
        max_antecedent_len: int | None = None,
        max_consequent_len: int | None = 1,
        antecedents: Sequence[object] | None = None,
        consequents: Sequence[object] | None = None,
        keep: "Keep" = "all",
        test: "Test" = "size_conditional",
        correction: "Correction" = "holm",
        alpha: float | None = None,
        measures: Sequence[str] = (),
        max_rules: int | None = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> "Rules":
        """Find the rules of these sets; parameters are those of `Baskets.rules`.

        Rules need the supports of every part: the sets must be all frequent ones, or
        with ``keep="basis"`` all closed ones, or all generators.

        Raises
        ------
        ParameterError
            If sets were left out: by target, length, or items that they must have.

        Examples
        --------
        >>> import patronomy as pt
        >>> sets = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["c"]]).itemsets()
        >>> sets.rules().to_dict()["consequent"]
        [['a'], ['b']]

        Of closed sets the rules from which all others follow:

        >>> rows = [["ink", "pen", "paper"]] * 3 + [["ink", "pen"], ["pen"], ["mug"]]
        >>> closed = pt.Baskets.from_lists(rows).itemsets(target="closed")
        >>> basis = closed.rules(keep="basis", max_consequent_len=None)
        >>> for line in basis.in_words():
        ...     print(line.split(" baskets")[0])
        pen → paper, ink: 3 of 5
        ink → paper, pen: 3 of 4
        paper → ink, pen: 3 of 3
        pen → ink: 4 of 5
        ink → pen: 4 of 4
        """
        from patronomy._rule_params import params_json
        from patronomy.rules import Rules

        params = params_json(
            self._inner.baskets,
            min_confidence=min_confidence,
            min_lift=min_lift,
            max_antecedent_len=max_antecedent_len,
            max_consequent_len=max_consequent_len,
            antecedents=antecedents,
            consequents=consequents,
            keep=keep,
            test=test,
            correction=correction,
            alpha=alpha,
            max_rules=max_rules,
        )
        with job("rules", progress, n_jobs, memory_mb) as how:
            rules = Rules._wrap(self._inner.rules(params, *how))
        return rules.with_measures(*measures)

    def strongest(self, n: int = 10, *, min_len: int = 1) -> ArrowTable:
        """Return the sets with the highest supports; of equal ones the longer first.

        Parameters
        ----------
        n : int, default 10
            How many.
        min_len : int, default 1
            Fewest items of a set: with 2, single items are left away.

        Returns
        -------
        ArrowTable
            As the result, with a column `names` where the items have names.

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["a"]])
        >>> baskets.itemsets(min_support=0.5).strongest(1, min_len=2).to_dict()["itemset"]
        [['b', 'a']]
        """
        return super().strongest(n, min_len=min_len)

    def plot(
        self, n: int = 15, *, min_len: int = 1, ax: "Axes | None" = None
    ) -> "Axes":
        """Draw the supports of the strongest sets; needs matplotlib.

        Parameters
        ----------
        n, min_len
            As in `strongest`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure otherwise.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from patronomy import plot

        table = self.strongest(n, min_len=min_len).to_dict()
        return plot.itemset_supports(self._titles(table), table["support"], ax)

    def _caption(self) -> str:
        noun = NOUNS[self._params["target"]]
        parts = [f"Itemsets: {_render.counted(self._n, noun)}"]
        if self.is_counted_only:
            parts.append("counted only")
        else:
            n_baskets = _render.counted(len(self._inner.baskets), "basket")
            parts.append(f"in {self.min_support_count:,} or more of {n_baskets}")
        return ", ".join(parts)
