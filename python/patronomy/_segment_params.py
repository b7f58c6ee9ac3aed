"""The arguments of segmentation, brought into the form of the core."""

import json
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

from patronomy import _arguments

Scale: TypeAlias = Literal["log", "standard", "robust", "yeo-johnson", "none"]


def segment_json(
    owner: str,
    *,
    k: object,
    scale: object,
    min_segments: object,
    max_segments: object,
    min_share: object,
    n_init: object,
    reach: object,
    sample: object,
    random_state: object,
) -> str:
    """Return the arguments of `Features.segment` in the form of the core."""
    whole, number = _arguments.whole_number, _arguments.number
    seed = whole(owner, "random_state", random_state, 0, 2**64 - 1)
    starts = whole(owner, "n_init", n_init, 1, 2**32 - 1)
    given = None if k == "auto" else whole(owner, "k", k, 1, 10_000)
    choose = {
        "min_segments": whole(owner, "min_segments", min_segments, 2, 1_000),
        "max_segments": whole(owner, "max_segments", max_segments, 2, 1_000),
        "min_share": number(owner, "min_share", min_share),
        "sample": whole(owner, "sample", sample, 10, 2**32),
    }
    params: dict[str, Any] = {
        "n_segments": given,
        "choose": choose,
        "scale": _arguments.choice(owner, "scale", scale, get_args(Scale)),
        "n_init": starts,
        "reach": number(owner, "reach", reach),
        "seed": seed,
    }
    return json.dumps(params)


def said(owner: str, by: object, why: object) -> tuple[str, str, str]:
    """Return who judged, why, and when."""
    for name, value in (("by", by), ("why", why)):
        if not isinstance(value, str):
            raise TypeError(
                f"`{name}` of `{owner}` must be a text; got {_arguments.shown(value)}"
            )
    return str(by), str(why), datetime.now(UTC).isoformat(timespec="seconds")
