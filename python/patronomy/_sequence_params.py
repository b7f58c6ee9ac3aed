"""The arguments of `sequences`, brought into the form of the core."""

import json

from patronomy import _arguments, _core
from patronomy._itemset_params import item_numbers

_MOST = 2**32 - 1
_OWNER = "sequences"


def params_json(
    histories: _core.Histories,
    *,
    min_support: object,
    min_support_count: object,
    window_days: object,
    max_gap_days: object,
    min_gap_days: object,
    min_len: object,
    max_len: object,
    max_items: object,
    max_element_items: object,
    required: object,
    forbidden: object,
    max_sequences: object,
) -> str:
    """Return the arguments of `sequences` in the form of the core: items by number."""

    def whole(name: str, value: object, high: int = _MOST) -> int | None:
        return _arguments.optional_whole_number(_OWNER, name, value, 1, high)

    def number(name: str, value: object) -> float | None:
        return _arguments.optional_number(_OWNER, name, value)

    params = {
        "min_support": number("min_support", min_support),
        "min_support_count": whole("min_support_count", min_support_count),
        "window_days": number("window_days", window_days),
        "max_gap_days": number("max_gap_days", max_gap_days),
        "min_gap_days": number("min_gap_days", min_gap_days),
        "min_len": _arguments.whole_number(_OWNER, "min_len", min_len, 1, _MOST),
        "max_len": whole("max_len", max_len),
        "max_items": whole("max_items", max_items),
        "max_element_items": whole("max_element_items", max_element_items),
        "required": item_numbers(_OWNER, histories, "required", required),
        "forbidden": item_numbers(_OWNER, histories, "forbidden", forbidden),
        "max_sequences": whole("max_sequences", max_sequences, 2**63),
    }
    return json.dumps(params)
