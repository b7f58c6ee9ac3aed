"""The arguments of `itemsets`, brought into the form of the core."""

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from patronomy import _arguments, _core

Algorithm: TypeAlias = Literal["auto", "apriori", "fp_growth", "eclat", "lcm"]
Target: TypeAlias = Literal["frequent", "closed", "maximal", "generators"]

_MOST = 2**32 - 1
_OWNER = "itemsets"


def params_json(
    baskets: _core.Baskets,
    *,
    min_support: object,
    min_support_count: object,
    algorithm: object,
    target: object,
    max_len: object,
    min_len: object,
    required: object,
    forbidden: object,
    item_min_support_counts: object,
    top_k: object,
    max_itemsets: object,
) -> str:
    """Return the arguments of `itemsets` in the form of the core: items by number."""

    def whole(name: str, value: object, high: int = _MOST) -> int | None:
        return _arguments.optional_whole_number(_OWNER, name, value, 1, high)

    params = {
        "min_support": _arguments.optional_number(_OWNER, "min_support", min_support),
        "min_support_count": whole("min_support_count", min_support_count),
        "algorithm": _arguments.choice(
            _OWNER, "algorithm", algorithm, get_args(Algorithm)
        ),
        "target": _arguments.choice(_OWNER, "target", target, get_args(Target)),
        "max_len": whole("max_len", max_len),
        "min_len": _arguments.whole_number(_OWNER, "min_len", min_len, 1, _MOST),
        "required": item_numbers(_OWNER, baskets, "required", required),
        "forbidden": item_numbers(_OWNER, baskets, "forbidden", forbidden),
        "item_min_support_counts": _counts(baskets, item_min_support_counts),
        "top_k": whole("top_k", top_k),
        "max_itemsets": whole("max_itemsets", max_itemsets, 2**63),
    }
    return json.dumps(params)


def item_numbers(
    owner: str, source: _core.Baskets | _core.Histories, name: str, value: object
) -> list[int]:
    """Return the numbers of items that are given by their labels."""
    if value is None:
        return []
    labels = _arguments.items(owner, name, value, "a list of items, by their labels")
    return list(dict.fromkeys(source.numbers(labels, name)))


def _counts(baskets: _core.Baskets, value: object) -> list[tuple[int, int]]:
    name = "item_min_support_counts"
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise TypeError(
            f"`{name}` of `{_OWNER}` must be a dict of labels and counts; "
            f"got {_arguments.shown(value)}"
        )
    given: Mapping[Any, Any] = value
    counts = [
        _arguments.whole_number(_OWNER, name, n, 1, _MOST) for n in given.values()
    ]
    numbers = baskets.numbers(list(given), name)
    return list(zip(numbers, counts, strict=True))
