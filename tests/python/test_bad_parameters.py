"""Bad parameters and bad files: typed errors that name the parameter, the value and the rule."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import patronomy as pt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from frames import ROLES

E = pt.errors


@pytest.fixture
def tx(small: pa.Table) -> pt.Transactions:
    return pt.Transactions(small, **ROLES)


# --- parameters ------------------------------------------------------------------------------------

BAD_PARAMETERS: list[tuple[str, Any, str]] = [
    ("n_bins", 0, "0"),
    ("n_bins", -3, "-3"),
    ("n_bins", 256, "256"),
    ("n_bins", 10**12, "1000000000000"),
    ("n_bins", (5, 0, 5), "0"),
    ("convention", "median", "median"),
    ("convention", "", ""),
    ("nesting", "russian_doll", "russian_doll"),
    ("monetary", "max", "max"),
    ("reference", "soon", "soon"),
    ("reference", "2011-02-30", "2011-02-30"),
    ("reference", "", ""),
    ("period_days", 0, "0"),
    ("period_days", -7, "-7"),
    ("weights", (1.0, math.nan, 1.0), "nan"),
    ("weights", (1.0, math.inf, 1.0), "inf"),
    ("segments", "horoscope", "horoscope"),
    ("n_jobs", 0, "0"),
]


@pytest.mark.parametrize(("name", "value", "shown"), BAD_PARAMETERS)
def test_a_bad_parameter_is_named_with_its_value(
    tx: pt.Transactions, name: str, value: Any, shown: str
) -> None:
    with pytest.raises(E.ParameterError) as caught:
        tx.rfm(**{name: value})
    assert isinstance(caught.value, ValueError)
    assert f"`{name}`" in str(caught.value)
    assert shown.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_bins", "five"),
        ("n_bins", 2.5),
        ("n_bins", (5, 5)),
        ("n_bins", (5, 5, 5, 5)),
        ("n_bins", None),
        ("convention", 3),
        ("convention", None),
        ("period_days", 1.5),
        ("period_days", "30"),
        ("reference", 20110101),
        ("weights", (1, 2)),
        ("weights", 100),
        ("weights", "abc"),
        ("breaks", [1, 2, 3]),
        ("breaks", "earlier"),
        ("segments", 7),
        ("n_jobs", "all"),
    ],
)
def test_a_parameter_of_the_wrong_kind(
    tx: pt.Transactions, name: str, value: Any
) -> None:
    with pytest.raises((E.ParameterError, TypeError)):
        tx.rfm(**{name: value})


def test_a_misspelt_parameter_is_a_type_error(tx: pt.Transactions) -> None:
    with pytest.raises(TypeError, match="nbins"):
        tx.rfm(nbins=5)


GOOD_BREAKS = {"recency": [5, 10], "frequency": [1, 2], "monetary": [5, 7]}


@pytest.mark.parametrize(
    "change",
    [
        {"recency": [10, 5]},
        {"frequency": [1, math.nan]},
        {"monetary": [5, math.inf, math.nan]},
        {"monetary": ["five"]},
        {"monetary": None},
        {"recency": 5},
        {"money": [1]},
        {"recency": list(range(300))},
    ],
    ids=str,
)
def test_bad_breaks(tx: pt.Transactions, change: dict[str, Any]) -> None:
    assert len(tx.rfm(breaks=GOOD_BREAKS, segments=None)) == 3
    with pytest.raises((E.ParameterError, TypeError)):
        tx.rfm(breaks=GOOD_BREAKS | change, segments=None)


@pytest.mark.parametrize("missing", GOOD_BREAKS)
def test_breaks_without_one_of_the_three(tx: pt.Transactions, missing: str) -> None:
    with pytest.raises((E.ParameterError, TypeError), match=missing):
        tx.rfm(
            breaks={k: v for k, v in GOOD_BREAKS.items() if k != missing}, segments=None
        )


@pytest.mark.parametrize(
    "rule",
    [
        ("a", (4, 2), (1, 5), (1, 5)),
        ("a", (1, 5), (1, 5)),
        ("", (1, 5), (1, 5), (1, 5)),
        ("a", (1, "5"), (1, 5), (1, 5)),
        (None, (1, 5), (1, 5), (1, 5)),
    ],
    ids=str,
)
def test_bad_segment_rules(tx: pt.Transactions, rule: Any) -> None:
    with pytest.raises((E.PatronomyError, TypeError, ValueError)):
        tx.rfm(segments=pt.SegmentMap("mine", [rule]))


def test_unknown_builtin_map() -> None:
    with pytest.raises(E.ParameterError, match="horoscope"):
        pt.SegmentMap.builtin("horoscope")


@pytest.mark.parametrize("value", ["nett", "", None, 3])
def test_bad_returns(small: pa.Table, value: Any) -> None:
    with pytest.raises((E.ParameterError, TypeError)) as caught:
        pt.Transactions(small, **ROLES, returns=value)
    if value == "nett":
        assert "`returns`" in str(caught.value)
        assert "nett" in str(caught.value)


@pytest.mark.parametrize(
    "t", ["yesterday", "2011-13-45", "2011-02-30", "", "2011-09-10T25:00", "1e400"]
)
@pytest.mark.parametrize("method", ["as_of", "split"])
def test_a_time_that_is_none(tx: pt.Transactions, method: str, t: str) -> None:
    with pytest.raises(E.ParameterError) as caught:
        getattr(tx, method)(t)
    assert t in str(caught.value)


@pytest.mark.parametrize("t", [None, 20110910, 3.5, ["2011-09-10"], b"2011-09-10"])
@pytest.mark.parametrize("method", ["as_of", "split"])
def test_a_time_of_the_wrong_kind(tx: pt.Transactions, method: str, t: Any) -> None:
    with pytest.raises((E.ParameterError, TypeError)):
        getattr(tx, method)(t)


def test_not_a_time_of_pandas_and_numpy(tx: pt.Transactions) -> None:
    import numpy as np
    import pandas as pd

    for t in (pd.NaT, np.datetime64("NaT")):
        with pytest.raises((E.ParameterError, TypeError)):
            tx.as_of(t)


@pytest.mark.parametrize(
    "options",
    [{"n_customers": -1}, {"n_days": 0}, {"n_days": -5}, {"seed": -1}, {"seed": "x"}],
    ids=str,
)
def test_bad_parameters_of_the_generated_shop(options: dict[str, Any]) -> None:
    with pytest.raises((E.ParameterError, TypeError, OverflowError)):
        pt.simulate.shop(**options)


def test_an_unknown_customer_is_a_key_error(tx: pt.Transactions) -> None:
    result = tx.rfm()
    assert result.customer("A")["frequency"] == 2
    for unknown in ("Z", 5):
        with pytest.raises((KeyError, TypeError)):
            result.customer(unknown)


def test_moves_wants_a_result(tx: pt.Transactions) -> None:
    with pytest.raises((E.ParameterError, TypeError)):
        tx.rfm().moves("earlier")


# --- files -----------------------------------------------------------------------------------------


def read(path: Any) -> pt.Rfm:
    return pt.Transactions(path, **ROLES).rfm()


def assert_file_error(path: Path) -> None:
    with pytest.raises(E.PatronomyError) as caught:
        read(path)
    assert path.name in str(caught.value)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_file_that_is_not_there(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(E.FileError) as caught:
        read(tmp_path / f"nothing{suffix}")
    assert isinstance(caught.value, OSError)
    assert f"nothing{suffix}" in str(caught.value)


@pytest.mark.parametrize("suffix", ["", ".parquet", ".csv"])
def test_a_directory_as_path(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / f"folder{suffix}"
    folder.mkdir()
    with pytest.raises((E.FileError, E.ParameterError), match="folder"):
        read(folder)


@pytest.mark.parametrize("name", ["shop.xlsx", "shop", "shop.parquet.zip", ".parquet"])
def test_a_file_of_an_unknown_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(E.PatronomyError):
        read(tmp_path / name)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_parquet_file(tmp_path: Path, shop: pa.Table, share: float) -> None:
    path = tmp_path / "cut.parquet"
    pyarrow.parquet.write_table(shop, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert_file_error(path)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_parquet_file(tmp_path: Path, shop: pa.Table, seed: int) -> None:
    import random

    rng = random.Random(seed)
    path = tmp_path / "damaged.parquet"
    pyarrow.parquet.write_table(shop.slice(0, 100), path)
    data = bytearray(path.read_bytes())
    for _ in range(1 + seed % 8):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)
    # A changed byte may go unseen (a price, a comment) but never ends in a panic.
    try:
        read(path)
    except E.PatronomyError as error:
        assert str(error)


def test_text_named_parquet(tmp_path: Path) -> None:
    path = tmp_path / "text.parquet"
    path.write_text("customer,time\n1,2020-01-01\n")
    assert_file_error(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"\xff\xfe\x00\x01binary",
        b"customer,transaction,item,time,quantity,price\na,1,x,2020-01-01,1\n",
        b"customer,transaction,item,time,quantity,price\na,1,x,2020-01-01,1,2.0,extra\n",
        b'customer,transaction,item,time,quantity,price\n"a,1,x,2020-01-01,1,2.0\n',
        b"customer,transaction,item,time,quantity,price\na,1,x,2020-01-01,one,2.0\n",
        b"customer,transaction,item,time,quantity,price\n\xff\xff,1,x,2020-01-01,1,2.0\n",
        b"customer,customer,item,time,quantity,price\na,1,x,2020-01-01,1,2.0\n",
    ],
)
def test_a_csv_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(E.PatronomyError) as caught:
        read(path)
    assert str(caught.value)


def test_a_csv_file_of_a_header_only(tmp_path: Path) -> None:
    path = tmp_path / "head.csv"
    path.write_text("customer,transaction,item,time,quantity,price\n")
    try:
        assert len(read(path)) == 0
    except E.PatronomyError as error:
        assert str(error)


@contextmanager
def without_privilege() -> Iterator[None]:
    """Root reads any file whatever its mode: another effective user for the while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="needs POSIX users")
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_file_without_permission(shop: pa.Table, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / f"secret{suffix}"
        write = (
            pyarrow.parquet.write_table
            if suffix == ".parquet"
            else pyarrow.csv.write_csv
        )
        write(shop, path)
        # Once with the right, so that everything the job loads is loaded.
        assert len(read(path)) > 0
        path.chmod(0)
        with without_privilege(), pytest.raises(E.FileError) as caught:
            read(path)
        assert isinstance(caught.value, OSError)
        assert path.name in str(caught.value)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_results_written_where_nothing_can_be_written(
    tx: pt.Transactions, tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(E.FileError) as caught:
        tx.rfm().write(tmp_path / "no" / "such" / f"out{suffix}")
    assert isinstance(caught.value, OSError)


def test_results_written_to_an_unknown_kind(
    tx: pt.Transactions, tmp_path: Path
) -> None:
    with pytest.raises(E.PatronomyError, match="xlsx"):
        tx.rfm().write(tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


# --- saved models ----------------------------------------------------------------------------------


def test_a_saved_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(E.FileError):
        pt.RfmModel.load(tmp_path / "nothing.model")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"not a model",
        b"\x00\xff" * 50,
        b'{"format": "patronomy"}',
    ],
)
def test_a_saved_model_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.model"
    path.write_bytes(content)
    with pytest.raises(E.SavedFormatError) as caught:
        pt.RfmModel.load(path)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_truncated_model(tx: pt.Transactions, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.model"
    tx.rfm().model.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(E.SavedFormatError):
        pt.RfmModel.load(path)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_model_never_panics(
    tx: pt.Transactions, tmp_path: Path, seed: int
) -> None:
    import random

    rng = random.Random(seed)
    path = tmp_path / "damaged.model"
    tx.rfm().model.save(path)
    data = bytearray(path.read_bytes())
    for _ in range(1 + seed % 5):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)
    try:
        pt.RfmModel.load(path).score(tx)
    except E.PatronomyError as error:
        assert str(error)
