"""Importing the package is light, and every error kind is the class it is promised to be."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys

import patronomy as pt
import pytest

#: What arrives only when a feature that needs it is called.
HEAVY = [
    "pandas",
    "pyarrow",
    "polars",
    "duckdb",
    "numpy",
    "sklearn",
    "scipy",
    "mlxtend",
    "matplotlib",
    "plotly",
    "tqdm",
    "IPython",
]

#: Error class -> the built-in a caller expects beside it.
PROMISED: dict[str, type[Exception]] = {
    "ColumnNotFoundError": KeyError,
    "ColumnTypeError": TypeError,
    "BadValuesError": ValueError,
    "ParameterError": ValueError,
    "TooFewRowsError": ValueError,
    "FeatureMismatchError": ValueError,
    "BudgetError": MemoryError,
    "SavedFormatError": ValueError,
    "ConsentError": PermissionError,
    "CancelledError": RuntimeError,
    "FileError": OSError,
}


def modules_after(code: str) -> set[str]:
    """Names of the top-level modules that a fresh interpreter holds after the code."""
    code += "\nimport json, sys\nprint(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    # -I: no user site and no PYTHON* variable may bring a module in. -S would hide the package itself.
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_import_is_light() -> None:
    before, after = modules_after("pass"), modules_after("import patronomy")
    assert "patronomy" in after
    brought = after - before
    assert not brought & set(HEAVY), "import patronomy brings in heavy modules"


def test_a_job_on_the_generated_shop_needs_none_of_them() -> None:
    code = (
        "import patronomy as pt\n"
        "r = pt.simulate.shop(n_customers=50, n_days=100).rfm()\n"
        "repr(r); r._repr_html_(); r.segments().to_dict(); r.counts; r.breaks"
    )
    assert not (modules_after(code) - modules_after("pass")) & set(HEAVY)


def test_baskets_of_lists_need_none_of_them() -> None:
    code = (
        "import patronomy as pt\n"
        "import patronomy.compat.mlxtend\n"
        "sets = pt.FPGrowth(min_support=0.5).fit([['a', 'b'], ['a']]).itemsets_\n"
        "repr(sets); sets._repr_html_(); sets.to_dict(); sets.strongest()"
    )
    assert not (modules_after(code) - modules_after("pass")) & set(HEAVY)


def test_the_public_names() -> None:
    for name in [
        "Transactions",
        "Baskets",
        "Histories",
        "Itemsets",
        "Sequences",
        "Rfm",
        "RfmModel",
        "Moves",
        "Breaks",
        "SegmentMap",
        "ArrowTable",
    ]:
        assert inspect.isclass(getattr(pt, name)), name
        assert getattr(pt, name).__doc__, name
    for name in ["errors", "simulate", "datasets"]:
        assert inspect.ismodule(getattr(pt, name)), name
    assert isinstance(pt.__version__, str)


@pytest.mark.parametrize("name", PROMISED)
def test_an_error_kind_is_a_class_of_its_own(name: str) -> None:
    kind = getattr(pt.errors, name)
    assert issubclass(kind, pt.errors.PatronomyError)
    assert issubclass(kind, PROMISED[name])
    assert getattr(pt, name) is kind
    assert kind.__doc__


@pytest.mark.parametrize("name", PROMISED)
def test_the_text_of_an_error_is_its_message(name: str) -> None:
    # KeyError shows the repr of its message by default: quotes and escapes.
    message = "column `x` not found; did you mean `y`?\nsecond line"
    error = getattr(pt.errors, name)(message)
    assert str(error) == message
    assert str(pickle.loads(pickle.dumps(error))) == message
    with pytest.raises(PROMISED[name]):
        raise error


def test_the_promised_kinds_are_all_there_are() -> None:
    kinds = {
        name
        for name, kind in vars(pt.errors).items()
        if inspect.isclass(kind) and issubclass(kind, pt.errors.PatronomyError)
    }
    assert kinds >= set(PROMISED)
    assert kinds - set(PROMISED) <= {
        "PatronomyError",
        "DatasetUnavailable",
        "CustomerNotFoundError",
    }


def test_the_core_looks_its_errors_up_by_name() -> None:
    # One real error through the binding: the class is the Python one, not a copy.
    with pytest.raises(pt.errors.PatronomyError) as caught:
        pt.Transactions("no-such-file.parquet", customer="c", time="t")
    assert type(caught.value) is pt.errors.FileError


def test_the_package_is_typed() -> None:
    from importlib.resources import files

    assert files("patronomy").joinpath("py.typed").is_file()
