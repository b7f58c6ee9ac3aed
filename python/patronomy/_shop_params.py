"""The arguments of a generated shop, brought into the form of the core."""

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from patronomy import _arguments, _core
from patronomy._arguments import TimeLike
from patronomy.errors import ParameterError

Difficulty: TypeAlias = Literal["easy", "medium", "hard"]
Language: TypeAlias = Literal["english", "chinese", "mixed"]
CustomerIds: TypeAlias = Literal["integer", "text"]

_CHOICES: dict[str, list[str]] = json.loads(_core.shop_choices())


def choice(name: str, kind: str, value: object) -> str:
    """Return one of the core's names."""
    return _arguments.choice("Shop", name, value, tuple(_CHOICES[kind]))


def params_json(
    *,
    n_customers: object,
    n_days: object,
    seed: object,
    n_items: object,
    first_day: TimeLike,
    difficulty: object,
    language: object,
    customer_ids: object,
    wholesale_share: object,
    return_rate: object,
    cancellation_rate: object,
    amount: object,
    dirt: object,
) -> str:
    """Return the arguments of `simulate.Shop` in the form of the core."""
    params: dict[str, Any] = {
        "n_customers": whole("n_customers", n_customers, 1, 5_000_000),
        "n_days": whole("n_days", n_days, 1, 36_500),
        "seed": whole("seed", seed, 0, 2**64 - 1),
        "n_items": whole("n_items", n_items, 1, 100_000),
        "first_day": _arguments.iso_text("Shop", "first_day", first_day),
        "difficulty": choice("difficulty", "difficulty", difficulty),
        "language": choice("language", "language", language),
        "customer_ids": choice("customer_ids", "customer_ids", customer_ids),
        "wholesale_share": _arguments.number(
            "Shop", "wholesale_share", wholesale_share
        ),
        "return_rate": _arguments.number("Shop", "return_rate", return_rate),
        "cancellation_rate": _arguments.number(
            "Shop", "cancellation_rate", cancellation_rate
        ),
        "amount": _arguments.flag("Shop", "amount", amount),
        "dirt": _dirt(dirt),
    }
    return json.dumps(params)


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number of the shop."""
    return _arguments.whole_number("Shop", name, value, low, high)


def _dirt(dirt: object) -> list[tuple[str, float]]:
    if dirt is None:
        return []
    if not isinstance(dirt, Mapping):
        raise TypeError(
            "`dirt` of `Shop` must be a mapping of kinds to shares, such as "
            f'{{"duplicate": 0.01}}, or None; got {_arguments.shown(dirt)}'
        )
    for kind, share in dirt.items():
        choice("dirt", "dirt", kind)
        if not _arguments.number("Shop", f"dirt[{kind!r}]", share) > 0:
            raise ParameterError(
                f"`dirt` of `Shop` must have shares above 0; got {share} for `{kind}`"
            )
    return [(kind, float(share)) for kind, share in dirt.items()]
