"""Rows that nulls keep from counting for a rule, as mlxtend counts them."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class Lost(NamedTuple):
    """Of each rule X -> Y, rows with a null: an array each, or 0 where there is none."""

    both: Any
    """In either side."""
    x: Any
    y: Any
    x_without_y: Any
    """In Y, with all of X."""
    y_without_x: Any
    """In X, with all of Y."""

    def of(self, places: Any) -> "Lost":
        """Return the numbers of the rules of these places."""
        if self is NO_NULLS:
            return self
        return Lost(*(column[places] for column in self))


NO_NULLS = Lost(0, 0, 0, 0, 0)


def lost_to_nulls(
    df: Any, sets: list[frozenset[Any]], splits: tuple[Any, Any, Any]
) -> Lost:
    """Return the rows lost to each split of sets, given by their places: x, y, both."""
    import numpy as np
    import pandas as pd

    is_null = _Columns(np.asarray(pd.isna(df)), _names(df, sets[0])[0])
    is_one = _Columns(np.asarray(df.values == 1, dtype=bool), _names(df, sets[0])[1])
    x, y, both = splits
    null, n_null = [0] * len(sets), np.zeros(len(sets), dtype=np.int64)
    # Sets that are no part of a rule may have items that the frame has not.
    for place in dict.fromkeys(np.concatenate([both, x, y]).tolist()):
        null[place] = is_null.any_of(sets[place])
        n_null[place] = null[place].bit_count()

    def without(whole: Any, other: Any) -> Any:
        counts = (
            (null[b] & is_one.all_of(sets[a])).bit_count() if null[b] else 0
            for a, b in zip(whole.tolist(), other.tolist(), strict=True)
        )
        return np.fromiter(counts, dtype=np.int64, count=len(whole))

    return Lost(n_null[both], n_null[x], n_null[y], without(x, y), without(y, x))


def _names(df: Any, first: frozenset[Any]) -> tuple[list[Any], list[Any]]:
    """Return what items are called in the columns of nulls, and in those of values."""
    given, places = list(df.columns), list(range(df.shape[1]))
    if all(isinstance(item, str) for item in first):
        return given, given
    if all(isinstance(item, int) for item in first):
        place = dict(zip(given, places, strict=True))
        return places, [place[name] for name in given]
    return places, given


class _Columns:
    """The rows of each column that say yes, as the bits of one integer."""

    def __init__(self, cells: Any, names: list[Any]) -> None:
        import numpy as np

        self._n_rows = len(cells)
        self._names = names
        self._rows: dict[Any, list[int]] = {}
        packed = np.packbits(cells, axis=0)
        for place, name in enumerate(names):
            rows = int.from_bytes(packed[:, place].tobytes(), "big")
            self._rows.setdefault(name, []).append(rows)

    def any_of(self, items: Iterable[Any]) -> int:
        rows = 0
        for column in self._of(items):
            rows |= column
        return rows

    def all_of(self, items: Iterable[Any]) -> int:
        # Bits that fill up the last byte are in no column, and every set has an item.
        rows = -1
        for column in self._of(items):
            rows &= column
        return rows

    def _of(self, items: Iterable[Any]) -> list[int]:
        import pandas as pd

        wanted = list(items)
        if not all(item in self._rows for item in wanted):
            # Raises what pandas says of columns that are not there.
            pd.DataFrame(columns=self._names).loc[:, wanted]
        return [rows for item in wanted for rows in self._rows[item]]
