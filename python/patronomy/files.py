"""Files: tables read whole or as a stream, and what a file is."""

from collections.abc import Mapping
from os import PathLike
from typing import Any, Literal

from patronomy import _arguments, _core, _render
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy.guess import RoleGuess
from patronomy.reading import Reading, options_json
from patronomy.table import ArrowTable

__all__ = ["FileInfo", "Scan", "inspect", "read_table", "scan"]

Columns = Literal["all", "roles"]


def read_table(
    path: str | PathLike[str],
    *,
    roles: Mapping[str, str] | None = None,
    columns: Columns = "all",
    reading: Reading | None = None,
    progress: Progress = None,
    n_jobs: int | None = None,
    memory_mb: float | None = None,
) -> ArrowTable:
    """Read a file, a folder or a pattern into a table.

    Parquet, CSV (``.csv .tsv .txt``, plain or with ``.gz`` or ``.zst``) and workbooks
    (``.xlsx .xlsm .xlsb .xls .ods``). Several files become one table, in the order
    of their names; they must have the same columns by name.

    Parameters
    ----------
    path : str or pathlib.Path
        A file; a folder, for all files in it; or a pattern such as ``"sales/*.csv"``.
    roles : mapping of str to str, optional
        Column names by role, such as ``{"customer": "CustomerID"}``. The role says how
        text is taken: ids as text unless each is written as an integer would be,
        measures as numbers where there are any.
    columns : {"all", "roles"}, default "all"
        Whether all columns are read, or those that have a role.
    reading : Reading, optional
        Options such as the encoding; what is left away is found out.
    progress : bool or callable, optional
        As in `Transactions.rfm`.
    n_jobs : int, optional
        Threads; None or -1 takes all cores.
    memory_mb : float, optional
        Refuse, with an estimate, a table that would be larger.

    Returns
    -------
    ArrowTable
        ``polars.DataFrame(table)``, ``pyarrow.table(table)``, `Transactions` take it.

    Raises
    ------
    FileError
        If a file cannot be read, is damaged, or has records that are not alike.
    BudgetError
        If the table would take more than `memory_mb`.

    Examples
    --------
    >>> import patronomy as pt
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
    >>> _ = path.write_text("客户;金额\\n7;1,50\\n8;2,25\\n", encoding="gb18030")
    >>> pt.read_table(path).to_dict()
    {'客户': [7, 8], '金额': [1.5, 2.25]}
    """
    options = options_json(
        "read_table", reading, roles, _columns("read_table", columns)
    )
    where = _arguments.path_text("read_table", path)
    jobs = _arguments.optional_whole_number("read_table", "n_jobs", n_jobs, -1, 1_024)
    memory = _arguments.optional_number("read_table", "memory_mb", memory_mb)
    with reporting(progress) as report:
        return ArrowTable._wrap(_core.read_table(where, options, report, jobs, memory))


class Scan(Frozen):
    """A file as a stream of batches, for tables that are larger than memory.

    Made by `scan`. Whoever asks for ``__arrow_c_stream__`` reads the file from its
    beginning, a few batches at a time: ``pyarrow.RecordBatchReader.from_stream(scan)``,
    ``duckdb.sql("from scan")``, ``polars.DataFrame(scan)``.
    """

    __slots__ = ("_inner", "path")

    _inner: _core.Scan
    path: str

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError("`Scan` has no public constructor: `scan` returns it")

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a new stream over the whole file as an Arrow C stream capsule."""
        return self._inner.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """Return the column names and types as an Arrow C schema capsule."""
        return self._inner.__arrow_c_schema__()

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return self._inner.columns

    def __repr__(self) -> str:
        types = {"column": self.columns, "type": self._inner.types}
        return f"Scan: {self.path}\n{_render.text_table(types)}"


def scan(
    path: str | PathLike[str],
    *,
    roles: Mapping[str, str] | None = None,
    columns: Columns = "all",
    reading: Reading | None = None,
    n_jobs: int | None = None,
) -> Scan:
    """Open a file, a folder or a pattern as a stream of batches.

    Of CSV, the roles and the first records decide on the types: a measure is a
    float, and a word in it is missing; a later id that is no integer where the first
    ones are is an error that says so. Workbooks are read whole.

    Parameters
    ----------
    path, roles, columns, reading, n_jobs
        As in `read_table`.

    Returns
    -------
    Scan

    Examples
    --------
    >>> import patronomy as pt
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
    >>> _ = path.write_text("customer,amount\\n7,1.5\\n8,2.25\\n")
    >>> stream = pt.scan(path, roles={"customer": "customer", "amount": "amount"})
    >>> stream.columns
    ['customer', 'amount']
    """
    where = _arguments.path_text("scan", path)
    options = options_json("scan", reading, roles, _columns("scan", columns))
    jobs = _arguments.optional_whole_number("scan", "n_jobs", n_jobs, -1, 1_024)
    opened = object.__new__(Scan)
    opened._set(_inner=_core.Scan(where, options, jobs), path=where)
    return opened


class FileInfo(Frozen):
    """What a file is, as it was found out from its first records.

    Made by `inspect`.

    Attributes
    ----------
    files : list of str
        The files that the path means.
    format : str
        "parquet", "csv" or "excel".
    dialect : dict or None
        Of CSV: compression, encoding, delimiter, quote, header, decimal comma.
    sheets : list of str
        Of a workbook.
    columns : dict of str to str
        The type of each column, as read without roles.
    guess : RoleGuess
        Roles proposed for the columns.
    """

    __slots__ = ("columns", "dialect", "files", "format", "guess", "sheets")

    files: list[str]
    format: str
    dialect: dict[str, Any] | None
    sheets: list[str]
    columns: dict[str, str]
    guess: RoleGuess

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError("`FileInfo` has no public constructor: `inspect` returns it")

    def __repr__(self) -> str:
        n = len(self.files)
        first = f"{self.files[0]} and {n - 1} more" if n > 1 else self.files[0]
        lines = [f"FileInfo: {first}, {self.format}"]
        if self.dialect is not None:
            lines.append(", ".join(f"{k}={v!r}" for k, v in self.dialect.items()))
        if self.sheets:
            lines.append(f"sheets: {', '.join(self.sheets)}")
        types = {"column": list(self.columns), "type": list(self.columns.values())}
        return "\n".join([*lines, _render.text_table(types), repr(self.guess)])


def inspect(path: str | PathLike[str], *, reading: Reading | None = None) -> FileInfo:
    """Say what a file is: format, dialect, columns, and the roles they might have.

    Only the first records are read (of a workbook, the whole sheet).

    Parameters
    ----------
    path, reading
        As in `read_table`.

    Returns
    -------
    FileInfo

    Examples
    --------
    >>> import patronomy as pt
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
    >>> _ = path.write_text("CustomerID;Total\\n7;1,50\\n8;2,25\\n")
    >>> info = pt.inspect(path)
    >>> info.dialect["delimiter"], info.dialect["decimal_comma"], info.guess.roles
    (';', True, {'customer': 'CustomerID', 'amount': 'Total'})
    """
    where = _arguments.path_text("inspect", path)
    text = _core.inspect_file(where, options_json("inspect", reading))
    found = _arguments.parsed_dict(text)
    info = object.__new__(FileInfo)
    info._set(
        files=found["files"],
        format=found["format"],
        dialect=found["dialect"],
        sheets=found["sheets"],
        columns=dict(found["columns"]),
        guess=RoleGuess._from(found["guess"]),
    )
    return info


def _columns(owner: str, value: object) -> Columns:
    chosen = _arguments.choice(owner, "columns", value, ("all", "roles"))
    return "all" if chosen == "all" else "roles"
