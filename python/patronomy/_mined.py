"""What item sets and sequences have in common as results: batches, or only a count."""

from collections.abc import Iterator
from typing import Any, ClassVar, NoReturn, Self

from patronomy import _arguments, _render
from patronomy.errors import ParameterError
from patronomy.table import ArrowTable

MOST = 2**32 - 1


class _Counted:
    """What stands in for a table that was never made."""

    def __init__(self, n: int, noun: str, method: str) -> None:
        self._said = (
            f"the {n:,} {noun}s were only counted, so there is no table "
            f"of them; call `{method}` with `count_only=False`"
        )
        self._n = n

    def __getattr__(self, name: str) -> NoReturn:
        raise ParameterError(self._said)

    def __len__(self) -> int:
        return self._n


class Mined(ArrowTable):
    """A result whose table is made batch by batch, or not at all."""

    __slots__ = ("_n", "_params")

    _inner: Any
    _n: int
    _params: dict[str, Any]
    # What one of them is called, and the method that returns them.
    _noun: ClassVar[str]
    # The column that says what each of them is.
    _column: ClassVar[str]
    _method: ClassVar[str]

    @classmethod
    def _of(cls, inner: Any, params: dict[str, Any]) -> Self:
        found = cls._wrap(inner)
        found._set(_n=len(inner), _params=params)
        return found

    @classmethod
    def _counted(cls, n: int, params: dict[str, Any]) -> Self:
        found = object.__new__(cls)
        inner = _Counted(n, cls._noun, cls._method)
        found._set(_inner=inner, _n=n, _params=params)
        return found

    @property
    def is_counted_only(self) -> bool:
        """Whether they were only counted, so that there is no table of them."""
        return isinstance(self._inner, _Counted)

    @property
    def min_support_count(self) -> int:
        """The smallest support as a number; of `top_k` sets the last one's."""
        return int(self._inner.min_support_count)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job; items are numbers, places in `labels`."""
        return dict(self._params)

    def batches(self, n_rows: int = 1_000_000) -> Iterator[ArrowTable]:
        """Return the rows as tables of so many, each made when it is asked for.

        Examples
        --------
        >>> import patronomy as pt
        >>> sets = pt.Baskets.from_lists([["a", "b"], ["a"]]).itemsets(min_support=0.5)
        >>> [len(table) for table in sets.batches(2)]
        [2, 1]
        """
        owner = f"{type(self).__name__}.batches"
        n = _arguments.whole_number(owner, "n_rows", n_rows, 1, MOST)
        return map(ArrowTable._wrap, self._inner.batches(n))

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as plain Python lists, by name."""
        columns: dict[str, list[Any]] = self._inner.head(0)
        for batch in self.batches():
            for name, values in batch.to_dict().items():
                columns[name].extend(values)
        return columns

    def strongest(self, n: int = 10, *, min_len: int = 1) -> ArrowTable:
        """Return those with the highest supports; each result says how ties end."""
        owner = f"{type(self).__name__}.strongest"
        most = _arguments.whole_number(owner, "n", n, 1, MOST)
        fewest = _arguments.whole_number(owner, "min_len", min_len, 1, MOST)
        return ArrowTable._wrap(self._inner.strongest(most, fewest))

    def _titles(self, table: dict[str, list[Any]]) -> list[str]:
        """Return each row as text: by names, and by labels where there is no name."""
        labels = table[self._column]
        return [
            called(*both)
            for both in zip(labels, table.get("names", labels), strict=True)
        ]

    def _shown(self) -> dict[str, list[Any]]:
        table = self.strongest().to_dict()
        if "names" in table:
            table["names"] = self._titles(table)
        return table

    def __repr__(self) -> str:
        if self.is_counted_only:
            return self._caption()
        return f"{_render.text_table(self._shown())}\n{self._caption()}"

    def _repr_html_(self) -> str:
        if self.is_counted_only:
            return f"<p>{self._caption()}</p>"
        return _render.html_table(self._shown(), self._caption())


def called(labels: list[Any], names: list[Any]) -> str:
    """Return items as text, by names or labels, or elements one after the other."""
    pairs = zip(labels, names, strict=True)
    if any(isinstance(label, list) for label in labels):
        return " → ".join(called(*both) for both in pairs)
    return ", ".join(str(label if name is None else name) for label, name in pairs)
