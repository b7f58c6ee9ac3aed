"""The functions of `patronomy.compat.mlxtend` beside mlxtend's own: equal frames, in the same order."""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from patronomy.compat import mlxtend as ours

theirs = pytest.importorskip("mlxtend.frequent_patterns")

NAMES = ["apriori", "fpgrowth", "fpmax"]


def both(name: str, df: pd.DataFrame, **options: Any) -> tuple[Any, Any]:
    """What each of the two returns, or the error that it raises."""

    def outcome(function: Callable[..., Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return function(df, **options)
            except ValueError as error:
                return str(error)

    with contextlib.redirect_stdout(io.StringIO()):
        return outcome(getattr(ours, name)), outcome(getattr(theirs, name))


def assert_same(name: str, df: pd.DataFrame, **options: Any) -> pd.DataFrame:
    got, expected = both(name, df, **options)
    assert isinstance(expected, pd.DataFrame), expected
    pd.testing.assert_frame_equal(got, expected, check_exact=True)
    assert type(got.index) is type(expected.index)
    return expected


def random_frame(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    n_rows, n_columns = random.integers(1, 40), random.integers(1, 12)
    shares = random.uniform(0.1, 0.95, n_columns)
    cells = random.uniform(size=(n_rows, n_columns)) < shares
    return pd.DataFrame(cells, columns=[f"i{i}" for i in range(n_columns)])


@pytest.mark.parametrize("name", NAMES)
def test_the_signatures_are_the_same(name: str) -> None:
    def of(module: Any) -> list[tuple[str, object]]:
        parameters = inspect.signature(getattr(module, name)).parameters.values()
        return [(p.name, p.default) for p in parameters]

    assert of(ours) == of(theirs)


METRICS = list(
    inspect.signature(theirs.association_rules).parameters["return_metrics"].default
)


def assert_same_rules(sets: pd.DataFrame, **options: Any) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.association_rules(sets, **options)
        got = ours.association_rules(sets, **options)
    pd.testing.assert_frame_equal(got, expected, check_exact=True)
    return len(expected)


def test_association_rules_have_the_same_signature() -> None:
    def of(module: Any) -> list[tuple[str, object]]:
        parameters = inspect.signature(module.association_rules).parameters.values()
        return [(p.name, p.default) for p in parameters]

    assert of(ours) == of(theirs)


@pytest.mark.parametrize("seed", range(12))
def test_association_rules_are_the_same_frames(seed: int) -> None:
    df = random_frame(seed)
    sets = ours.fpgrowth(df, min_support=0.3, use_colnames=seed % 2 == 0)
    if not len(sets):
        return
    for metric in METRICS:
        for threshold in (0.0, 0.5, 1.1):
            assert_same_rules(sets, metric=metric, min_threshold=threshold)
    assert_same_rules(sets, num_itemsets=len(df), min_threshold=0.7)
    assert_same_rules(sets, support_only=True, min_threshold=0.4)
    assert_same_rules(sets, return_metrics=["lift", "support"], min_threshold=0.2)


def test_association_rules_of_maximal_sets_need_support_only() -> None:
    rows = [
        [True, True, True, False],
        [True, True, True, True],
        [False, True, True, False],
    ]
    sets = ours.fpmax(pd.DataFrame(rows, columns=list("abcd")), min_support=0.5)
    assert len(sets) == 1
    assert_same_rules(sets, support_only=True, min_threshold=0.0)
    with pytest.raises(KeyError) as their_error:
        theirs.association_rules(sets)
    with pytest.raises(KeyError) as our_error:
        ours.association_rules(sets)
    assert str(our_error.value) == str(their_error.value)


@pytest.mark.parametrize(
    "options",
    [
        {"metric": "confidenc"},
        {"null_values": True},
        {"null_values": True, "df_orig": pd.DataFrame({"a": [True]})},
        {"df_orig": pd.DataFrame({"a": [1.0, np.nan]})},
        {"df_orig": pd.DataFrame({"a": [1, 2]})},
        {
            "df_orig": pd.DataFrame({"a": [np.nan, 3.0]}),
            "null_values": True,
            "num_itemsets": 2,
        },
    ],
)
def test_association_rules_refuse_with_the_same_words(options: dict[str, Any]) -> None:
    sets = ours.fpgrowth(random_frame(1), min_support=0.3)
    messages = []
    for module in (theirs, ours):
        with (
            warnings.catch_warnings(),
            pytest.raises((ValueError, TypeError)) as error,
        ):
            warnings.simplefilter("ignore")
            module.association_rules(sets, **options)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    for bad in (sets[:0], sets[["support"]]):
        with pytest.raises(ValueError) as their_error:
            theirs.association_rules(bad)
        with pytest.raises(ValueError) as our_error:
            ours.association_rules(bad)
        assert str(our_error.value) == str(their_error.value)


def frame_with_nulls(seed: int, kind: str) -> pd.DataFrame:
    df = random_frame(200 + seed)
    random = np.random.default_rng(seed)
    share = random.choice([0.02, 0.1, 0.4])
    is_null = random.uniform(size=df.shape) < share
    # Columns without a null and rows without a value are among them.
    is_null[:, random.uniform(size=df.shape[1]) < 0.3] = False
    is_null[random.uniform(size=len(df)) < 0.05] = True
    return df.astype(kind).mask(pd.DataFrame(is_null, columns=df.columns))


@pytest.mark.parametrize("kind", ["float", "object"])
@pytest.mark.parametrize("seed", range(20))
def test_association_rules_with_nulls(seed: int, kind: str) -> None:
    df = frame_with_nulls(seed, kind)
    # Sets whose parts are all there: those that their search finds with nulls lack some.
    filled = df.astype(float).fillna(0).astype(bool)
    sets = ours.fpgrowth(filled, 0.2, use_colnames=seed % 2 == 0, max_len=3)
    if not len(sets):
        return
    # Their rules look at each row again: some sets say as much as all.
    items = sorted(set().union(*sets["itemsets"]))[:6]
    sets = sets[sets["itemsets"].map(lambda one: one <= set(items))]
    options: dict[str, Any] = {
        "null_values": True,
        "df_orig": df,
        "num_itemsets": len(df) + 1,
    }
    assert_same_rules(sets, metric=METRICS[seed % 12], min_threshold=0.5, **options)
    for threshold in (-1.0, 0.8):
        assert_same_rules(sets, min_threshold=threshold, **options)
    options["num_itemsets"] = 2 * len(df)
    assert_same_rules(sets, return_metrics=["kulczynski", "support"], **options)
    assert_same_rules(sets, support_only=True, min_threshold=0.4, **options)


def test_association_rules_with_nulls_name_columns_that_are_not_there() -> None:
    df = pd.DataFrame({"a": [1.0, np.nan, 1.0], "b": [1.0, 1.0, 0.0]})
    options: dict[str, Any] = {"null_values": True, "num_itemsets": 3}
    one = [frozenset("a"), frozenset("b"), frozenset("z"), frozenset("ab")]
    sets = pd.DataFrame({"support": [0.9, 0.9, 0.8, 0.7], "itemsets": one})
    # An item in no rule needs no column.
    assert_same_rules(sets, df_orig=df, min_threshold=0.1, **options)
    messages = []
    for module in (theirs, ours):
        with warnings.catch_warnings(), pytest.raises(KeyError) as error:
            warnings.simplefilter("ignore")
            module.association_rules(sets, df_orig=df[["a"]], **options)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(60))
def test_random_frames(name: str, seed: int) -> None:
    df = random_frame(seed)
    n_rows = len(df)
    for min_support in (0.1, 0.3, 0.5, 3 / n_rows if n_rows > 3 else 1.0):
        for max_len in (None, 1, 2, 3):
            assert_same(name, df, min_support=min_support, max_len=max_len)
    assert_same(name, df, min_support=0.2, use_colnames=True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(10))
def test_sparse_frames_and_numbers(name: str, seed: int) -> None:
    df = random_frame(100 + seed)
    assert_same(name, df.astype(pd.SparseDtype(bool, False)), min_support=0.3)
    assert_same(name, df.astype("int8"), min_support=0.3, use_colnames=True)
    assert_same(name, df.astype(float), min_support=0.3)
    df.columns = pd.RangeIndex(df.shape[1])
    assert_same(name, df.astype(pd.SparseDtype(bool, False)), use_colnames=True)


@pytest.mark.parametrize("seed", range(10))
def test_apriori_in_little_memory(seed: int) -> None:
    for min_support in (0.07, 0.1, 0.3):
        assert_same(
            "apriori", random_frame(seed), min_support=min_support, low_memory=True
        )


@pytest.mark.parametrize("name", NAMES)
def test_supports_are_compared_as_floats(name: str) -> None:
    # .07 of 100 is more than 7 as floats multiply, and 7 / 100 is .07 as they divide.
    cells = np.zeros((100, 3), dtype=bool)
    cells[:7] = True
    assert_same(name, pd.DataFrame(cells), min_support=0.07)


@pytest.mark.parametrize("name", NAMES)
def test_edges(name: str) -> None:
    assert len(assert_same(name, pd.DataFrame({"a": [False, False]}))) == 0
    assert len(assert_same(name, pd.DataFrame({"a": [True, False]}))) == 1
    everything = pd.DataFrame(np.ones((3, 5), dtype=bool))
    assert_same(name, everything, min_support=1.0)
    assert_same(name, everything, min_support=1.0, max_len=0)
    assert_same(name, everything.iloc[::-1], min_support=1.0, max_len=2)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused(name: str) -> None:
    good = pd.DataFrame({"a": [1, 0], "b": [1, 1]})
    cases: list[tuple[pd.DataFrame, dict[str, Any]]] = [
        (good, {"min_support": 0.0}),
        (good, {"min_support": -1}),
        (good, {"min_support": 1.5}),
        (pd.DataFrame({"a": [1, 2]}), {}),
        (pd.DataFrame({"a": [1.0, np.nan]}), {}),
        (good.astype("Sparse[int]").rename(columns={"a": 5, "b": 6}), {}),
    ]
    for df, options in cases:
        got, expected = both(name, df, **options)
        assert isinstance(expected, str)
        assert got == expected
    with pytest.warns(DeprecationWarning, match="non-bool"):
        getattr(ours, name)(good)
    if name != "apriori":
        with pytest.raises(NotImplementedError, match="null_values"):
            getattr(ours, name)(good, null_values=True)
