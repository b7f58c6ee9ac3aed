"""The arguments of `rules` and `recommend`, brought into the form of the core."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from patronomy import _arguments, _core
from patronomy._itemset_params import Algorithm, item_numbers
from patronomy.errors import ParameterError

if TYPE_CHECKING:
    from patronomy.baskets import Baskets

Keep: TypeAlias = Literal["all", "productive", "basis"]
Test: TypeAlias = Literal["size_conditional", "fisher", "none"]
Correction: TypeAlias = Literal["holm", "benjamini_hochberg", "none"]
Repeat: TypeAlias = Literal["exclude", "include"]
Combine: TypeAlias = Literal["strongest", "sum"]

_CHOICES: dict[str, object] = {
    "keep": Keep,
    "test": Test,
    "correction": Correction,
    "algorithm": Algorithm,
}
_MOST = 2**32 - 1
_OWNER = "rules"


def params_json(baskets: _core.Baskets, **given: object) -> str:
    """Return arguments of `rules` in the form of the core: items by number.

    What is not given has the default of the core.
    """
    return json.dumps({name: _checked(baskets, name, of) for name, of in given.items()})


def _checked(baskets: _core.Baskets, name: str, value: object) -> object:
    match name:
        case "min_support" | "min_lift" | "alpha":
            return _arguments.optional_number(_OWNER, name, value)
        case "min_confidence":
            return _arguments.number(_OWNER, name, value)
        case "max_itemsets" | "max_rules":
            return _arguments.optional_whole_number(_OWNER, name, value, 1, 2**63)
        case "forbidden":
            return item_numbers(_OWNER, baskets, name, value)
        case "antecedents" | "consequents":
            numbers = item_numbers(_OWNER, baskets, name, value)
            return None if value is None else numbers
    if name in _CHOICES:
        return _arguments.choice(_OWNER, name, value, get_args(_CHOICES[name]))
    return _arguments.optional_whole_number(_OWNER, name, value, 1, _MOST)


def recommend_json(
    owner: str,
    rules: _core.Rules,
    baskets: "Baskets",
    *,
    k: object,
    repeat: object,
    rank_by: object,
    combine: object,
    exclude: object,
    refused: object,
    margins: object,
) -> str:
    """Return the arguments of `recommend` in the form of the core."""
    if not isinstance(rank_by, str):
        raise TypeError(
            f"`rank_by` of `{owner}` must be the name of an interest measure; "
            f"got {_arguments.shown(rank_by)}"
        )
    params = {
        "k": _arguments.optional_whole_number(owner, "k", k, 1, _MOST),
        "repeat": _arguments.choice(owner, "repeat", repeat, get_args(Repeat)),
        "rank_by": rank_by,
        "combine": _arguments.choice(owner, "combine", combine, get_args(Combine)),
        "excluded": _numbers(rules, owner, "exclude", exclude),
        "refused": _refused(owner, rules, baskets, refused),
        "margins": _margins(owner, rules, margins),
    }
    return json.dumps(params)


def _numbers(rules: _core.Rules, owner: str, name: str, value: object) -> list[int]:
    if value is None:
        return []
    labels = _arguments.items(owner, name, value, "a list of items, by their labels")
    return list(dict.fromkeys(rules.numbers(labels, name)))


def _mapping(owner: str, name: str, value: object, rule: str) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    raise TypeError(
        f"`{name}` of `{owner}` must be {rule}; got {_arguments.shown(value)}"
    )


def _refused(
    owner: str, rules: _core.Rules, baskets: "Baskets", value: object
) -> list[tuple[int, int]]:
    if value is None:
        return []
    rule = "a dict of customers and lists of items that they refuse"
    given = _mapping(owner, "refused", value, rule)
    ids = baskets.ids
    places = {
        name: i for i, name in enumerate(range(len(baskets)) if ids is None else ids)
    }
    pairs = []
    for unit, items in given.items():
        # Who bought nothing gets no recommendation, and so has nothing to refuse.
        if unit in places:
            numbers = _numbers(rules, owner, "refused", items)
            pairs += [(places[unit], number) for number in numbers]
    return pairs


def group_numbers(
    owner: str, customers: list[Any] | None, value: object
) -> tuple[list[int], list[str]]:
    """Return each basket's group as a number, and what the groups are called."""
    if isinstance(value, Mapping):
        given: Mapping[Any, Any] = value
        if customers is None:
            raise ParameterError(
                f"`groups` of `{owner}` by customer need baskets that know customers; "
                "give one group for each basket"
            )
        values = [given.get(customer) for customer in customers]
    else:
        rule = "one group for each basket, or a dict of customers and their groups"
        values = _arguments.items(owner, "groups", value, rule)
    # Those without a group are one, too.
    names = ["(none)" if v is None else str(v) for v in values]
    number = {name: i for i, name in enumerate(sorted(set(names)))}
    return [number[name] for name in names], list(number)


def _margins(owner: str, rules: _core.Rules, value: object) -> list[float] | None:
    if value is None:
        return None
    given = _mapping(owner, "margins", value, "a dict of items and what each is worth")
    margins = [0.0] * len(rules.labels)
    numbers = rules.numbers(list(given), "margins") if given else []
    for number, margin in zip(numbers, given.values(), strict=True):
        margins[number] = _arguments.number(owner, "margins", margin)
    if not given:
        raise ParameterError(
            f"`margins` of `{owner}` must name items; got an empty dict"
        )
    return margins
