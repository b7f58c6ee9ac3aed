"""Public data sets, from the user's own folder, a cache, or their publisher."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from patronomy.errors import DatasetUnavailable

if TYPE_CHECKING:
    import pandas

__all__ = ["ONLINE_RETAIL_ROLES", "DatasetUnavailable", "online_retail"]


class _Roles(TypedDict):
    """The roles that Online Retail fills, so that `**` passes a type check."""

    customer: str
    transaction: str
    item: str
    item_name: str
    time: str
    quantity: str
    price: str


#: The roles of the columns of Online Retail, as `Transactions` takes them.
ONLINE_RETAIL_ROLES: _Roles = {
    "customer": "CustomerID",
    "transaction": "InvoiceNo",
    "item": "StockCode",
    "item_name": "Description",
    "time": "InvoiceDate",
    "quantity": "Quantity",
    "price": "UnitPrice",
}

_FILE = "online_retail.parquet"
_SUB_PATH = Path("retail_transactions") / _FILE
_SHA256 = "9ae0ae5ff690afcaf3b8c208780121dbb6ee0278da40d6f696381f884dbb4150"
_ARCHIVE = "online+retail.zip"
_URL = f"https://archive.ics.uci.edu/static/public/352/{_ARCHIVE}"
_TIMEOUT_SECONDS = 30
# Four times the archive's size: whatever is larger is something else.
_LARGEST_DOWNLOAD = 100_000_000

# What is published of the data set. A table converted from the publisher's workbook
# has no checksum of its own to be held against, so it is held against these.
_FIGURES: dict[str, float] = {
    "rows": 541_909,
    "customers": 4_372,
    "invoices": 25_900,
    "stock codes": 4_070,
    "countries": 38,
    "rows without CustomerID": 135_080,
    "rows without Description": 1_454,
    "cancellation rows": 9_288,
    "sum of Quantity * UnitPrice": 9_747_747.93,
}


def online_retail() -> Path:
    """Return the path of UCI Online Retail as a Parquet file.

    541,909 invoice lines of a British gift retailer, December 2010 to December 2011
    (Dr Daqing Chen, UCI Machine Learning Repository, DOI 10.24432/C5BW33, licence
    CC BY 4.0). It is looked for in this order:

    1. ``retail_transactions/online_retail.parquet`` below the folder that the
       environment variable PATRONOMY_DATA names, by its SHA-256;
    2. the cache (``patronomy`` below XDG_CACHE_HOME, or the platform's own place);
    3. its publisher, whose workbook is converted once (about two minutes; needs
       pandas, pyarrow and openpyxl), held against the published figures, and cached.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DatasetUnavailable
        If none of them has it. It is a FileNotFoundError; the message names what was
        tried, and why each failed.

    Examples
    --------
    >>> import patronomy as pt
    >>> path = pt.datasets.online_retail()  # doctest: +SKIP
    >>> tx = pt.Transactions(path, **pt.datasets.ONLINE_RETAIL_ROLES)  # doctest: +SKIP
    """
    tried: list[str] = []
    path = _from_folder(tried) or _from_cache(tried) or _from_publisher(tried)
    if path is None:
        listed = "; ".join(f"({i}) {text}" for i, text in enumerate(tried, 1))
        raise DatasetUnavailable(
            f"UCI Online Retail is not available; tried: {listed}. Set "
            f"`PATRONOMY_DATA` to a folder that holds {_SUB_PATH.as_posix()}, or put "
            f"the publisher's {_ARCHIVE} into {_cache_folder()}"
        )
    return path


def _cache_folder() -> Path:
    """Return where this platform keeps what can be fetched again."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):  # the XDG rule: a relative path is to be ignored
        return Path(named) / "patronomy"
    # Where nobody has a home, `~` stays: `_from_publisher` refuses to write there.
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        base = Path(local) if local else home / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = home / ".cache"
    return base / "patronomy"


def _from_folder(tried: list[str]) -> Path | None:
    folder = os.environ.get("PATRONOMY_DATA")
    if not folder:
        tried.append("`PATRONOMY_DATA` is not set")
        return None
    return _checked(Path(folder) / _SUB_PATH, {_SHA256}, tried)


def _from_cache(tried: list[str]) -> Path | None:
    path = _cache_folder() / _FILE
    return _checked(path, {_SHA256} | _noted_checksum(path), tried)


def _checked(path: Path, known: set[str], tried: list[str]) -> Path | None:
    """Return the path if its bytes are known; else note why not."""
    try:
        found = _sha256(path)
    except OSError as error:
        tried.append(f"{path}: {_reason(error)}")
        return None
    if found in known:
        return path
    tried.append(f"{path}: its SHA-256 is {found}, which is not the data set's")
    return None


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _noted_checksum(path: Path) -> set[str]:
    """Return the checksum noted when a table was converted and its figures held."""
    try:
        return {_note_path(path).read_text(encoding="ascii").strip()}
    except (OSError, ValueError):
        return set()


def _from_publisher(tried: list[str]) -> Path | None:
    missing = [m for m in ("pandas", "pyarrow", "openpyxl") if find_spec(m) is None]
    if missing:
        tried.append(
            f"{_URL}: not fetched, for its workbook cannot be read without "
            f"{' and '.join(missing)} (`pip install pandas pyarrow openpyxl`)"
        )
        return None
    folder = _cache_folder()
    if not folder.is_absolute():
        tried.append(f"{_URL}: not fetched, for there is no home folder to cache it in")
        return None
    archive = folder / _ARCHIVE
    source = str(archive) if archive.exists() else _URL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if archive.exists():
            table = _read_workbook(archive)
        else:
            with _temporary(folder) as download:
                _download(download)
                table = _read_workbook(download)
        figures = _figures(table)
        wrong = [k for k, v in _FIGURES.items() if abs(figures[k] - v) > 0.005]
        if wrong:
            k = wrong[0]
            tried.append(
                f"{source}: the converted table has {figures[k]:,.10g} as its {k}, "
                f"where {_FIGURES[k]:,.10g} is published"
            )
            return None
        return _store(table, folder / _FILE)
    # A broken workbook fails in as many ways as its readers have exceptions.
    except Exception as error:  # noqa: BLE001
        tried.append(f"{source}: {_reason(error)}")
        return None


def _download(target: Path) -> None:
    """Fetch the publisher's archive, no more of it than it can have."""
    from urllib.request import urlopen

    size = 0
    with urlopen(_URL, timeout=_TIMEOUT_SECONDS) as answer, target.open("wb") as file:
        while block := answer.read(1 << 20):
            size += len(block)
            if size > _LARGEST_DOWNLOAD:
                raise OSError(f"answered with over {_LARGEST_DOWNLOAD:,} bytes")
            file.write(block)


def _read_workbook(archive: Path) -> "pandas.DataFrame":
    """Return the table of the workbook in the archive, with the Parquet's types."""
    from zipfile import ZipFile

    import pandas

    texts = ["InvoiceNo", "StockCode", "Description", "Country"]
    with ZipFile(archive) as opened:
        names = [n for n in opened.namelist() if n.lower().endswith(".xlsx")]
        if len(names) != 1:
            raise ValueError(f"holds {len(names)} workbooks instead of one")
        with opened.open(names[0]) as workbook:
            # Codes are numbers or texts cell by cell; "NA" is a text here, not a gap.
            table = pandas.read_excel(
                workbook,
                dtype=dict.fromkeys(texts, str),
                keep_default_na=False,
                na_values=[""],
                engine="openpyxl",
            )
    # Excel keeps times as fractions of a day, which miss the second by a hair.
    times = table["InvoiceDate"].dt.round("s").astype("datetime64[us]")
    return table.assign(
        Quantity=table["Quantity"].astype("int32"),
        InvoiceDate=times,
        UnitPrice=table["UnitPrice"].astype("float64"),
        CustomerID=table["CustomerID"].astype("Int32"),
    )


def _figures(table: "pandas.DataFrame") -> dict[str, float]:
    """Return the figures of a table that are published for the data set."""
    return {
        "rows": len(table),
        "customers": table["CustomerID"].nunique(),
        "invoices": table["InvoiceNo"].nunique(),
        "stock codes": table["StockCode"].nunique(),
        "countries": table["Country"].nunique(),
        "rows without CustomerID": int(table["CustomerID"].isna().sum()),
        "rows without Description": int(table["Description"].isna().sum()),
        "cancellation rows": int(table["InvoiceNo"].str.startswith("C").sum()),
        "sum of Quantity * UnitPrice": round(
            float((table["Quantity"] * table["UnitPrice"]).sum()), 2
        ),
    }


def _store(table: "pandas.DataFrame", path: Path) -> Path:
    """Write the table so that a crash leaves the old file or the new, never a half."""
    with _temporary(path.parent) as part:
        table.to_parquet(part, index=False)
        checksum = _sha256(part)
        os.replace(part, path)
    with _temporary(path.parent) as part:
        part.write_text(checksum + "\n", encoding="ascii")
        os.replace(part, _note_path(path))
    return path


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Give a new file beside its final place, and remove what is left of it."""
    from tempfile import mkstemp

    handle, name = mkstemp(dir=folder, prefix=".online_retail-")
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
