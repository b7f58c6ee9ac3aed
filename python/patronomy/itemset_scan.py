"""A search for item sets whose batches are taken while they are found."""

from collections.abc import Iterator
from typing import Any, NoReturn, Self

from patronomy import _arguments, _core, _render
from patronomy._frozen import Frozen
from patronomy._mined import MOST
from patronomy.itemsets import NOUNS
from patronomy.table import ArrowTable

__all__ = ["ItemsetScan"]


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
        n = _arguments.whole_number("ItemsetScan.batches", "n_rows", n_rows, 1, MOST)
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
        noun = NOUNS[self._params["target"]]
        return f"ItemsetScan: {noun}s, none found yet\n{_render.text_table(types)}"
