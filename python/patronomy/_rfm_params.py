"""The arguments of `Transactions.rfm`, brought into the form of the core."""

import json
from typing import Any, Literal, TypeAlias, get_args

from patronomy import _arguments
from patronomy._arguments import TimeLike
from patronomy.breaks import breaks_dict, n_bins_of
from patronomy.errors import ParameterError
from patronomy.segment_map import SegmentMap

Convention: TypeAlias = Literal[
    "together",
    "ntile",
    "row_number",
    "qcut_rank_first",
    "qcut",
    "qcut_drop",
    "left_closed",
]
Nesting: TypeAlias = Literal["independent", "nested"]
Monetary: TypeAlias = Literal["sum", "mean"]


def params_json(
    *,
    n_bins: object,
    convention: object,
    nesting: object,
    monetary: object,
    reference: TimeLike | None,
    period_days: object,
    breaks: object,
    segments: object,
    weights: object,
    breadth: object,
) -> str:
    """Return the arguments of `Transactions.rfm` in the form of the core."""
    bins = _three_bins(n_bins)
    cuts = breaks_dict(breaks)
    params = {
        "n_bins": bins,
        "convention": _arguments.choice(
            "rfm", "convention", convention, get_args(Convention)
        ),
        "nesting": _arguments.choice("rfm", "nesting", nesting, get_args(Nesting)),
        "monetary": _arguments.choice("rfm", "monetary", monetary, get_args(Monetary)),
        "reference": None
        if reference is None
        else _arguments.iso_text("rfm", "reference", reference),
        "period_days": _arguments.optional_whole_number(
            "rfm", "period_days", period_days, 1, 2**32 - 1
        ),
        "breaks": cuts,
        "segments": _segments_dict(segments, bins, cuts),
        "weights": _three_weights(weights),
        "breadth": _arguments.flag("rfm", "breadth", breadth),
    }
    return json.dumps(params)


def _three_bins(n_bins: object) -> list[int]:
    if isinstance(n_bins, (str, bytes, dict, float)) or not hasattr(n_bins, "__iter__"):
        return [_arguments.whole_number("rfm", "n_bins", n_bins, 2, 100)] * 3
    bins = _arguments.items("rfm", "n_bins", n_bins, "an int or three of them")
    if len(bins) != 3:
        raise ParameterError(
            "`n_bins` of `rfm` must be one whole number, or three for recency, "
            f"frequency and money; got {len(bins)} of them"
        )
    return [_arguments.whole_number("rfm", "n_bins", k, 2, 100) for k in bins]


def _three_weights(weights: object) -> list[float]:
    given = _arguments.items("rfm", "weights", weights, "three numbers")
    if len(given) != 3:
        raise ParameterError(
            "`weights` of `rfm` must be three numbers, for recency, frequency and "
            f"money; got {len(given)} of them"
        )
    return [_arguments.number("rfm", "weights", w) for w in given]


def _segments_dict(
    segments: object, bins: list[int], breaks: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return the map itself: the core knows no names of maps, only rules."""
    if isinstance(segments, SegmentMap):
        return segments._to_dict()
    if segments is None:
        return None
    if not isinstance(segments, str):
        raise TypeError(
            '`segments` of `rfm` must be "auto", "rf_grid", "rfm_package", a '
            f"`SegmentMap` or None; got {_arguments.shown(segments)}"
        )
    if segments == "auto":
        if breaks is not None:
            bins = n_bins_of(breaks)
        if bins != [5, 5, 5]:
            return None
        segments = "rf_grid"
    return SegmentMap.builtin(segments)._to_dict()
