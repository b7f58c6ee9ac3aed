"""Sequences: what customers buy first and what later, as a result that speaks Arrow."""

from typing import TYPE_CHECKING

from patronomy import _render
from patronomy._mined import Mined
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from patronomy.histories import Histories

__all__ = ["Sequences"]


class Sequences(Mined):
    """Sequences of elements that many customers have in their histories.

    One row for each sequence: sequence (a list of elements in order of time, each a
    list of labels bought at once), support_count (customers who have it), support
    (the same as a fraction of the customers), length (elements), n_items. The order
    is fixed: a sequence stands before those that begin with it.
    `Histories.sequences` and `Transactions.sequences` return it; Arrow-speaking
    libraries read it, a million sequences at a time.

    Examples
    --------
    >>> import patronomy as pt
    >>> import polars as pl
    >>> frame = pl.DataFrame(
    ...     {
    ...         "who": [1, 1, 2, 2],
    ...         "when": ["2024-01-05", "2024-02-01", "2024-03-01", "2024-03-20"],
    ...         "what": ["printer", "ink", "printer", "ink"],
    ...     }
    ... )
    >>> histories = pt.Histories.from_table(frame, customer="who", time="when", item="what")
    >>> histories.sequences(min_support=1.0, window_days=60).to_dict()["sequence"]
    [[['ink']], [['printer']], [['printer'], ['ink']]]
    """

    __slots__ = ()

    _noun = "sequence"
    _column = "sequence"
    _method = "sequences"

    @property
    def n_sequences(self) -> int:
        """The number of sequences."""
        return self._n

    @property
    def histories(self) -> "Histories":
        """The histories that were mined."""
        from patronomy.histories import Histories

        return Histories._wrap(self._inner.histories)

    def strongest(self, n: int = 10, *, min_len: int = 1) -> ArrowTable:
        """Return the sequences with the highest supports; of equal ones the longer.

        Parameters
        ----------
        n : int, default 10
            How many.
        min_len : int, default 1
            Fewest elements of a sequence: with 2, what is bought at once is left away.

        Returns
        -------
        ArrowTable
            As the result, with a column `names` where the items have names.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> len(tx.sequences(min_support=0.03, max_items=2).strongest(3, min_len=2))
        3
        """
        return super().strongest(n, min_len=min_len)

    def plot(
        self, n: int = 15, *, min_len: int = 1, ax: "Axes | None" = None
    ) -> "Axes":
        """Draw the supports of the strongest sequences; needs matplotlib.

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
        return plot.sequence_supports(self._titles(table), table["support"], ax)

    def _caption(self) -> str:
        parts = [f"Sequences: {_render.counted(self._n, 'sequence')}"]
        if self.is_counted_only:
            parts.append("counted only")
        else:
            n_customers = _render.counted(len(self._inner.histories), "customer")
            parts.append(f"in {self.min_support_count:,} or more of {n_customers}")
        return ", ".join(parts)
