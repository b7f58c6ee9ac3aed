"""Fixtures shared by the Python tests: the data set, and small hand-made tables."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest

# The helper modules beside this file are imported by plain name under every pytest import mode.
sys.path.insert(0, str(Path(__file__).parent))

from frames import orders, random_shop


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the data sets; the test is skipped, with its reason, where there is none."""
    root = os.environ.get("PATRONOMY_DATA")
    if not root and os.environ.get("PATRONOMY_REQUIRE_DATA"):
        pytest.fail("PATRONOMY_REQUIRE_DATA is set and PATRONOMY_DATA is not")
    if not root:
        pytest.skip("PATRONOMY_DATA is not set: this test needs the data sets")
    path = Path(root).resolve()
    if not path.is_dir():
        # A wrong path is a mistake to be told, not a missing data set to be skipped.
        pytest.fail(f"PATRONOMY_DATA is set but {path} is not a directory")
    return path


@pytest.fixture(scope="session")
def online_retail_path(data_dir: Path) -> Path:
    """Path of the UCI Online Retail Parquet file."""
    path = data_dir / "retail_transactions" / "online_retail.parquet"
    if not path.is_file() and os.environ.get("PATRONOMY_REQUIRE_DATA"):
        pytest.fail(f"PATRONOMY_DATA holds no {path.name}")
    if not path.is_file():
        pytest.skip(f"PATRONOMY_DATA holds no {path.name}")
    return path


@pytest.fixture(scope="session")
def online_retail(online_retail_path: Path) -> pa.Table:
    """UCI Online Retail, 541,909 invoice lines."""
    import pyarrow.parquet as pq

    return pq.read_table(online_retail_path)


@pytest.fixture
def small() -> pa.Table:
    """Seven lines of three customers, every role bound; one return (of B, of its first order)."""
    return orders(
        [
            ("A", "t1", "x", "2011-01-01T10:00:00", 2, 1.50),
            ("A", "t1", "y", "2011-01-01T10:00:00", 1, 4.00),
            ("A", "t2", "x", "2011-01-11T09:30:00", 1, 1.50),
            ("B", "t3", "x", "2011-01-03T12:00:00", 4, 1.50),
            ("B", "t4", "x", "2011-01-05T08:00:00", -1, 1.50),
            ("C", "t5", "z", "2011-01-10T23:59:59", 1, 0.00),
            ("C", "t6", "z", "2011-01-20T00:00:00", 3, 2.25),
        ]
    )


@pytest.fixture(scope="session")
def shop() -> pa.Table:
    """Some 1,400 lines of 120 customers with returns, ties and missing ids."""
    return random_shop(seed=11, n_customers=120)
