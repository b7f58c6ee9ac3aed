"""Customer knowledge mining: transactions in, knowledge a company can act on out.

Examples
--------
>>> import patronomy as pt
>>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
>>> r = tx.rfm()
>>> len(r) <= 200 and "segment" in r.columns
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from patronomy import clean, errors, quality, rules, simulate
from patronomy._core import __version__
from patronomy.baskets import Baskets
from patronomy.breaks import Breaks
from patronomy.cohorts import Cohorts
from patronomy.contract import ShiftedBetaGeometric
from patronomy.density import DBSCAN, OPTICS
from patronomy.errors import (
    BadValuesError,
    BudgetError,
    CancelledError,
    ColumnNotFoundError,
    ColumnTypeError,
    ConsentError,
    CustomerNotFoundError,
    DatasetUnavailable,
    FeatureMismatchError,
    FileError,
    ParameterError,
    PatronomyError,
    SavedFormatError,
    TooFewRowsError,
)
from patronomy.features import Features
from patronomy.files import FileInfo, Scan, inspect, read_table, scan
from patronomy.guess import RoleGuess
from patronomy.histories import Histories
from patronomy.itemset_scan import ItemsetScan
from patronomy.itemsets import Itemsets
from patronomy.kinds import CustomerKinds
from patronomy.kmeans import KMeans
from patronomy.lifetime import BGBB, BGCNBD, BGNBD, MBGNBD, ParetoNBD
from patronomy.miners import LCM, Apriori, Eclat, FPGrowth, FPMax
from patronomy.mini_batch import MiniBatchKMeans
from patronomy.mixture import GaussianMixture
from patronomy.profit import Profit
from patronomy.prototypes import KPrototypes
from patronomy.quality import Quality
from patronomy.reading import Reading
from patronomy.retention import Retention
from patronomy.rfm import Moves, Rfm, RfmModel
from patronomy.rule_evaluation import RuleEvaluation
from patronomy.rules import Rules
from patronomy.segment_map import SegmentMap
from patronomy.segment_model import SegmentModel
from patronomy.segments import Segments
from patronomy.sequences import Sequences
from patronomy.spend import GammaGamma
from patronomy.survival import KaplanMeier, log_rank
from patronomy.table import ArrowTable
from patronomy.transactions import Transactions
from patronomy.value import CustomerValue, ValueModel
from patronomy.value_evaluation import EquityChange, ValueEvaluation

if TYPE_CHECKING:
    from patronomy import datasets

__all__ = [
    "BGBB",
    "BGCNBD",
    "BGNBD",
    "DBSCAN",
    "LCM",
    "MBGNBD",
    "OPTICS",
    "Apriori",
    "ArrowTable",
    "BadValuesError",
    "Baskets",
    "Breaks",
    "BudgetError",
    "CancelledError",
    "Cohorts",
    "ColumnNotFoundError",
    "ColumnTypeError",
    "ConsentError",
    "CustomerKinds",
    "CustomerNotFoundError",
    "CustomerValue",
    "DatasetUnavailable",
    "Eclat",
    "EquityChange",
    "FPGrowth",
    "FPMax",
    "FeatureMismatchError",
    "Features",
    "FileError",
    "FileInfo",
    "GammaGamma",
    "GaussianMixture",
    "Histories",
    "ItemsetScan",
    "Itemsets",
    "KMeans",
    "KPrototypes",
    "KaplanMeier",
    "MiniBatchKMeans",
    "Moves",
    "ParameterError",
    "ParetoNBD",
    "PatronomyError",
    "Profit",
    "Quality",
    "Reading",
    "Retention",
    "Rfm",
    "RfmModel",
    "RoleGuess",
    "RuleEvaluation",
    "Rules",
    "SavedFormatError",
    "Scan",
    "SegmentMap",
    "SegmentModel",
    "Segments",
    "Sequences",
    "ShiftedBetaGeometric",
    "TooFewRowsError",
    "Transactions",
    "ValueEvaluation",
    "ValueModel",
    "__version__",
    "clean",
    "datasets",
    "errors",
    "inspect",
    "log_rank",
    "quality",
    "read_table",
    "rules",
    "scan",
    "simulate",
]

# Loaded when first asked for: most programs bring their own data.
_LAZY = frozenset({"datasets"})


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
