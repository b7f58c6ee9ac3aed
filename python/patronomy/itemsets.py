"""Item sets: what is often bought together, as a result that speaks Arrow."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Self

from patronomy import _arguments, _core, _render
from patronomy._frozen import Frozen
from patronomy.errors import ParameterError
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from patronomy.baskets import Baskets

__all__ = ["ItemsetScan", "Itemsets"]

_MOST = 2**32 - 1
_NOUNS = {
    "frequent": "frequent item set",
    "closed": "closed item set",
    "maximal": "maximal item set",
    "generators": "generator",
}


class _Counted:
    """What stands in for a table that was never made."""

    def __init__(self, n_itemsets: int) -> None:
        self.n_itemsets = n_itemsets

    def __getattr__(self, name: str) -> NoReturn:
        raise ParameterError(
            f"the {self.n_itemsets:,} item sets were only counted, so there is no table "
            "of them; call `itemsets` with `count_only=False`"
        )

    def __len__(self) -> int:
        return self.n_itemsets


class Itemsets(ArrowTable):
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

    __slots__ = ("_n", "_params")

    _inner: Any
    _n: int
    _params: dict[str, Any]

    @classmethod
    def _of(cls, inner: _core.Itemsets, params: dict[str, Any]) -> Self:
        itemsets = cls._wrap(inner)
        itemsets._set(_n=len(inner), _params=params)
        return itemsets

    @classmethod
    def _counted(cls, n_itemsets: int, params: dict[str, Any]) -> Self:
        itemsets = object.__new__(cls)
        itemsets._set(_inner=_Counted(n_itemsets), _n=n_itemsets, _params=params)
        return itemsets

    @property
    def n_itemsets(self) -> int:
        """The number of sets; where they were only counted, it may exceed 2^64."""
        return self._n

    @property
    def is_counted_only(self) -> bool:
        """Whether the sets were only counted, so that there is no table of them."""
        return isinstance(self._inner, _Counted)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job; items are numbers, places in `Baskets.labels`."""
        return dict(self._params)

    @property
    def min_support_count(self) -> int:
        """The smallest support as a number of baskets; of `top_k` sets the last one's."""
        return int(self._inner.min_support_count)

    @property
    def baskets(self) -> "Baskets":
        """The baskets that were mined."""
        from patronomy.baskets import Baskets

        return Baskets._wrap(self._inner.baskets)

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
        owner = "Itemsets.strongest"
        most = _arguments.whole_number(owner, "n", n, 1, _MOST)
        fewest = _arguments.whole_number(owner, "min_len", min_len, 1, _MOST)
        return ArrowTable._wrap(self._inner.strongest(most, fewest))

    def batches(self, n_rows: int = 1_000_000) -> Iterator[ArrowTable]:
        """Return the sets as tables of so many rows, each made when it is asked for.

        Examples
        --------
        >>> import patronomy as pt
        >>> sets = pt.Baskets.from_lists([["a", "b"], ["a"]]).itemsets(min_support=0.5)
        >>> [len(table) for table in sets.batches(2)]
        [2, 1]
        """
        n = _arguments.whole_number("Itemsets.batches", "n_rows", n_rows, 1, _MOST)
        return map(ArrowTable._wrap, self._inner.batches(n))

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as plain Python lists, by name."""
        columns: dict[str, list[Any]] = self._inner.head(0)
        for batch in self.batches():
            for name, values in batch.to_dict().items():
                columns[name].extend(values)
        return columns

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a `pandas.DataFrame` whose sets are lists as Arrow has them.

        No object is made for each set: ``frame["itemset"]`` has the type
        ``pandas.ArrowDtype``, and gives a list of labels where one is looked at.
        Needs pandas and pyarrow.

        Raises
        ------
        ImportError
            Where pandas or pyarrow is not installed.

        Examples
        --------
        >>> import patronomy as pt
        >>> sets = pt.Baskets.from_lists([["a", "b"], ["a"]]).itemsets(min_support=0.5)
        >>> sets.to_pandas()["itemset"].map(frozenset).tolist()
        [frozenset({'b'}), frozenset({'a', 'b'}), frozenset({'a'})]
        """
        table = self.to_arrow()
        from pandas import ArrowDtype
        from pyarrow.types import is_list

        return table.to_pandas(
            types_mapper=lambda kind: ArrowDtype(kind) if is_list(kind) else None
        )

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
        return plot.itemset_supports(_called(table), table["support"], ax)

    def _caption(self) -> str:
        noun = _NOUNS[self._params["target"]]
        parts = [f"Itemsets: {_render.counted(self._n, noun)}"]
        if self.is_counted_only:
            parts.append("counted only")
        else:
            n_baskets = _render.counted(len(self._inner.baskets), "basket")
            parts.append(f"in {self.min_support_count:,} or more of {n_baskets}")
        return ", ".join(parts)

    def _shown(self) -> dict[str, list[Any]]:
        table = self.strongest().to_dict()
        if "names" in table:
            table["names"] = _called(table)
        return table

    def __repr__(self) -> str:
        if self.is_counted_only:
            return self._caption()
        return f"{_render.text_table(self._shown())}\n{self._caption()}"

    def _repr_html_(self) -> str:
        if self.is_counted_only:
            return f"<p>{self._caption()}</p>"
        return _render.html_table(self._shown(), self._caption())


class ItemsetScan(Frozen):
    """Item sets that are found while they are taken, for more of them than memory holds.

    Made by `Baskets.scan_itemsets`. Whoever asks for ``__arrow_c_stream__``, or for
    `batches`, begins the search anew, and it is never far ahead of what was taken:
    ``pyarrow.RecordBatchReader.from_stream(scan)``, ``duckdb.sql("from scan")``. The
    columns are those of `Itemsets`, whose order frequent sets have too.

    Examples
    --------
    >>> import patronomy as pt
    >>> baskets = pt.Baskets.from_lists([["bread", "milk"], ["bread"]])
    >>> scan = baskets.scan_itemsets(min_support=0.5)
    >>> [table.to_dict()["support_count"] for table in scan.batches(2)]
    [[1, 1], [2]]
    """

    __slots__ = ("_inner", "_params")

    _inner: _core.ItemsetScan
    _params: dict[str, Any]

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`ItemsetScan` has no public constructor: `Baskets.scan_itemsets` returns it"
        )

    @classmethod
    def _of(cls, inner: _core.ItemsetScan, params: dict[str, Any]) -> Self:
        scan = object.__new__(cls)
        scan._set(_inner=inner, _params=params)
        return scan

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a new search as an Arrow C stream capsule."""
        return self._inner.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """Return the column names and types as an Arrow C schema capsule."""
        return self._inner.__arrow_c_schema__()

    def batches(self, n_rows: int = 1_000_000) -> Iterator[ArrowTable]:
        """Search anew, and return the sets as tables of so many rows."""
        n = _arguments.whole_number("ItemsetScan.batches", "n_rows", n_rows, 1, _MOST)
        return map(ArrowTable._wrap, self._inner.batches(n))

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return self._inner.columns

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job; items are numbers, places in `Baskets.labels`."""
        return dict(self._params)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "`ItemsetScan` cannot be pickled or copied across processes; pass what the "
            "baskets are made from, and make the scan there"
        )

    def __repr__(self) -> str:
        types = {"column": self.columns, "type": self._inner.types}
        noun = _NOUNS[self._params["target"]]
        return f"ItemsetScan: {noun}s, none found yet\n{_render.text_table(types)}"


def _called(table: dict[str, list[Any]]) -> list[str]:
    """Return each set as text: by names, and by labels where an item has no name."""
    names = table.get("names", table["itemset"])
    return [
        ", ".join(
            str(label if name is None else name)
            for label, name in zip(labels, called, strict=True)
        )
        for labels, called in zip(table["itemset"], names, strict=True)
    ]
