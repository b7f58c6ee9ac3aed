"""A small result table that speaks Arrow."""

from typing import TYPE_CHECKING, Any, Protocol, Self

from patronomy import _arguments, _render
from patronomy._frozen import Frozen

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["ArrowTable"]

_SHOWN_ROWS = 20
# Waking pyarrow's threads takes as long as converting some thousand rows.
_ROWS_FOR_THREADS = 50_000


class _Columnar(Protocol):
    """What the tables of the core have in common."""

    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    @property
    def time_columns(self) -> list[str]: ...
    def head(self, n: int) -> dict[str, list[Any]]: ...


class ArrowTable(Frozen):
    """A frozen table that any Arrow-speaking library reads without a copy.

    Tables come out of results, such as `Rfm.segments`; there is no public
    constructor. ``polars.DataFrame(table)``, ``pyarrow.table(table)`` and
    ``duckdb.sql("from table")`` read it, and so do the ``to_...`` methods.

    Examples
    --------
    >>> import patronomy as pt
    >>> table = pt.simulate.shop(n_customers=50, seed=1).rfm().segments()
    >>> table.columns[:3]
    ['segment', 'n_customers', 'share']
    >>> sum(table.to_dict()["n_customers"]) == len(
    ...     pt.simulate.shop(n_customers=50, seed=1).rfm()
    ... )
    True
    """

    __slots__ = ("_inner",)

    _inner: _Columnar

    def __init__(self, *args: object, **kwargs: object) -> None:
        name = type(self).__name__
        raise TypeError(f"`{name}` has no public constructor: results return it")

    @classmethod
    def _wrap(cls, inner: _Columnar) -> Self:
        table = object.__new__(cls)
        table._set(_inner=inner)
        return table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as an Arrow C stream capsule."""
        return self._inner.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """Return the column names and types as an Arrow C schema capsule."""
        return self._inner.__arrow_c_schema__()

    def __len__(self) -> int:
        return len(self._inner)

    # An empty table is still a result; `if table:` must not depend on its rows.
    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            f"`{type(self).__name__}` cannot be pickled or copied across processes; "
            "pass its Arrow form (`to_arrow()`) or its model instead"
        )

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._inner.head(0))

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as plain Python lists, by name; times are datetimes."""
        columns = self._inner.head(len(self))
        for name in self._inner.time_columns:
            columns[name] = [_arguments.parsed_time(text) for text in columns[name]]
        return columns

    def to_arrow(self) -> "pyarrow.Table":
        """Return a `pyarrow.Table`; needs pyarrow.

        Raises
        ------
        ImportError
            Where pyarrow is not installed.
        """
        try:
            import pyarrow
        except ImportError as error:
            raise _missing("to_arrow", "pyarrow", "pandas") from error
        return pyarrow.table(self)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a `pandas.DataFrame`; needs pandas and pyarrow.

        No object is made for each row: columns of lists have a `pandas.ArrowDtype`,
        and give a list where one is looked at.

        Raises
        ------
        ImportError
            Where pandas or pyarrow is not installed.

        Examples
        --------
        >>> import patronomy as pt
        >>> sets = pt.Baskets.from_lists([["a", "b"], ["a"]]).itemsets(min_support=0.5)
        >>> sets.to_pandas()["itemset"].map(sorted).tolist()
        [['b'], ['a', 'b'], ['a']]
        """
        try:
            import pandas
            import pyarrow
        except ImportError as error:
            raise _missing("to_pandas", "pandas and pyarrow", "pandas") from error
        is_list = pyarrow.types.is_list
        return pyarrow.table(self).to_pandas(
            types_mapper=lambda kind: (
                pandas.ArrowDtype(kind) if is_list(kind) else None
            ),
            use_threads=len(self) >= _ROWS_FOR_THREADS,
        )

    def to_polars(self) -> "polars.DataFrame":
        """Return a `polars.DataFrame`; needs polars.

        Raises
        ------
        ImportError
            Where polars is not installed.
        """
        try:
            import polars
        except ImportError as error:
            raise _missing("to_polars", "polars", "polars") from error
        return polars.DataFrame(self)

    def _caption(self) -> str:
        rows = _render.counted(len(self), "row")
        first = "" if len(self) <= _SHOWN_ROWS else f"first {_SHOWN_ROWS} of "
        return f"{type(self).__name__}: {first}{rows}"

    def _shown_rows(self) -> int:
        return _SHOWN_ROWS

    def __repr__(self) -> str:
        table = _render.text_table(self._inner.head(self._shown_rows()))
        return f"{table}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return _render.html_table(self._inner.head(self._shown_rows()), self._caption())


def _missing(method: str, package: str, extra: str) -> ImportError:
    return ImportError(
        f"`{method}` needs {package}, which cannot be imported; "
        f"install it with `pip install 'patronomy[{extra}]'`"
    )
