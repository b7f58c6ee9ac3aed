"""The ways to make baskets: of tables, lists, matrices and text."""

import json
import os
from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self, TypeAlias, get_args

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._opening import no_table, speaks_arrow
from patronomy.errors import ParameterError
from patronomy.reading import Reading, options_json

Format: TypeAlias = Literal["fimi", "spmf"]


class Making(Frozen):
    """The part of `Baskets` that reads what others hold."""

    __slots__ = ()

    _inner: _core.Baskets

    @classmethod
    def _wrap(cls, inner: _core.Baskets) -> Self:
        baskets = object.__new__(cls)
        baskets._set(_inner=inner)
        return baskets

    @classmethod
    def from_table(
        cls,
        data: object,
        *,
        transaction: str,
        item: str,
        weight: str | None = None,
        reading: Reading | None = None,
    ) -> Self:
        """Return a basket for each transaction of a long table: a row an item.

        Parameters
        ----------
        data
            A table or a path, as for `Transactions`.
        transaction, item : str
            The columns: rows that share a transaction are a basket.
        weight : str, optional
            Column of how many baskets the transaction stands for, the same in all its
            rows.
        reading : Reading, optional
            How a file is read.

        Examples
        --------
        >>> import patronomy as pt
        >>> lines = pt.simulate.shop(n_customers=20, n_days=90, seed=1).rfm()
        >>> pt.Baskets.from_table(lines, transaction="segment", item="frequency").n_repeated > 0
        True
        """
        owner = "Baskets.from_table"
        of = _arguments.column_name(owner, "transaction", transaction)
        what = _arguments.column_name(owner, "item", item)
        if weight is not None:
            weight = _arguments.column_name(owner, "weight", weight)
        if isinstance(data, (str, os.PathLike)):
            path = _arguments.path_text(owner, data)
            options = options_json(owner, reading)
            return cls._wrap(_core.Baskets.from_path(path, of, what, weight, options))
        table = _table(owner, data)
        return cls._wrap(_core.Baskets.from_table(table, of, what, weight))

    @classmethod
    def from_lists(cls, data: object, column: str | None = None) -> Self:
        """Return a basket for each list of items.

        Parameters
        ----------
        data
            A table with a column of lists, an Arrow array or a polars Series of
            lists, or Python lists (tuples, sets) of labels of one type.
        column : str, optional
            The column of lists, where a table has several.

        Raises
        ------
        ColumnTypeError
            If labels are of several types, or of one that can be none.

        Examples
        --------
        >>> import patronomy as pt
        >>> pt.Baskets.from_lists([[3, 1], {1}]).labels
        [1, 3]
        """
        owner = "Baskets.from_lists"
        if column is not None:
            column = _arguments.column_name(owner, "column", column)
        if speaks_arrow(data):
            # A frame has columns, an array or a series has none.
            is_table = hasattr(data, "columns") or hasattr(data, "schema")
            if is_table or column is not None:
                return cls._wrap(_core.Baskets.from_list_table(data, column))
            return cls._wrap(_core.Baskets.from_list_array(data))
        if column is not None:
            raise TypeError(no_table(owner, data))
        if not isinstance(data, Iterable) or isinstance(data, (str, bytes, Mapping)):
            raise TypeError(
                f"`data` of `{owner}` must be a table with a column of lists, an Arrow "
                f"array of lists, or lists of labels; got {_arguments.shown(data)}"
            )
        return cls._wrap(_core.Baskets.from_lists(data))

    @classmethod
    def from_one_hot(cls, data: object) -> Self:
        """Return a basket for each row of a table whose columns are items.

        Parameters
        ----------
        data
            A table (or a numpy matrix) of booleans, or of 0 and 1. Sparse pandas
            frames are read as they are; a pandas index is no item.

        Examples
        --------
        >>> import patronomy as pt
        >>> import polars as pl
        >>> pt.Baskets.from_one_hot(pl.DataFrame({"a": [1, 0], "b": [True, True]})).labels
        ['a', 'b']
        """
        owner = "Baskets.from_one_hot"
        frame: Any = data
        if type(data).__module__.partition(".")[0] == "pandas":
            if hasattr(frame, "sparse"):
                labels = [str(name) for name in frame.columns]
                return cls.from_sparse(frame.sparse.to_coo(), labels)
            # Its index would come along as a column.
            frame = frame.reset_index(drop=True)
        elif hasattr(data, "__array_interface__"):
            return cls._wrap(_of_matrix(owner, frame))
        return cls._wrap(_core.Baskets.from_one_hot(_table(owner, frame)))

    @classmethod
    def from_sparse(
        cls, matrix: object, labels: Iterable[object] | None = None
    ) -> Self:
        """Return a basket for each row of a sparse matrix: its columns not zero.

        Parameters
        ----------
        matrix
            A scipy sparse matrix or array, or anything else with `tocsr`, or with
            `indptr`, `indices`, `data` and `shape`.
        labels : iterable, optional
            What the columns are called; their numbers otherwise.
        """
        owner = "Baskets.from_sparse"
        rows: Any = matrix.tocsr() if hasattr(matrix, "tocsr") else matrix
        if not all(hasattr(rows, part) for part in ("indptr", "indices", "shape")):
            raise TypeError(
                f"`matrix` of `{owner}` must be a sparse matrix, with `tocsr`; got an "
                f"object of type {type(matrix).__name__}"
            )
        entries = getattr(rows, "data", None)
        if entries is not None and (entries == 0).any():
            rows = rows.copy()
            rows.eliminate_zeros()
        names = None if labels is None else list(labels)
        n_columns = int(rows.shape[1])
        inner = _core.Baskets.from_csr(rows.indptr, rows.indices, n_columns, names)
        return cls._wrap(inner)

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        separator: str | None = None,
        format: Format = "fimi",
    ) -> Self:
        """Return the baskets of a text file, one a line.

        Parameters
        ----------
        path : str or pathlib.Path
            The file, which may be compressed by gzip or Zstandard.
        separator : str, optional
            The character between items, such as ``","``; blanks otherwise.
        format : {"fimi", "spmf"}, default "fimi"
            Without a separator, whether lines of SPMF (`#`, `%`, `@`) are no baskets.

        Raises
        ------
        FileError
            If the file cannot be read.
        """
        owner = "Baskets.read"
        text = _arguments.path_text(owner, path)
        kind: object = _arguments.choice(owner, "format", format, get_args(Format))
        if separator is not None:
            if not isinstance(separator, str):
                raise TypeError(
                    f"`separator` of `{owner}` must be one character; "
                    f"got {_arguments.shown(separator)}"
                )
            if len(separator) != 1:
                raise ParameterError(
                    f"`separator` of `{owner}` must be one character; got {separator!r}"
                )
            kind = {"separated": separator}
        return cls._wrap(_core.Baskets.read(text, json.dumps(kind)))


def _table(owner: str, data: object) -> object:
    if not speaks_arrow(data):
        raise TypeError(no_table(owner, data))
    return data


def _of_matrix(owner: str, matrix: Any) -> _core.Baskets:
    """Return the baskets of a numpy matrix of truth values, by its own methods."""
    if matrix.ndim != 2:
        raise ParameterError(
            f"`data` of `{owner}` must have two dimensions; got {matrix.ndim}"
        )
    if not ((matrix == 0) | (matrix == 1)).all():
        raise ParameterError(f"`data` of `{owner}` must hold 0 and 1 alone")
    ends = (matrix != 0).sum(axis=1).cumsum().tolist()
    indices = array("q", matrix.nonzero()[1].tolist())
    n_columns = int(matrix.shape[1])
    return _core.Baskets.from_csr(array("q", [0, *ends]), indices, n_columns, None)
