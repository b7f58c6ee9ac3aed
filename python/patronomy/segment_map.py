"""Segment maps: rules that give a cell of scores the name of a segment."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

from patronomy import _arguments, _core
from patronomy._frozen import Frozen

__all__ = ["SegmentMap"]

Rule: TypeAlias = tuple[str, tuple[int, int], tuple[int, int], tuple[int, int]]


class SegmentMap(Frozen):
    """Rules that give a cell of scores the name of a segment; the first match wins.

    Parameters
    ----------
    name : str
        The name of the map.
    rules : sequence of (segment, (r_lo, r_hi), (f_lo, f_hi), (m_lo, m_hi))
        A segment and the scores it covers, both ends included. A segment may have
        several rules.

    Examples
    --------
    >>> import patronomy as pt
    >>> recent = pt.SegmentMap("recent", [
    ...     ("here", (3, 5), (1, 5), (1, 5)),
    ...     ("away", (1, 2), (1, 5), (1, 5)),
    ... ])
    >>> len(recent)
    2
    >>> r = pt.simulate.shop(n_customers=100, n_days=365, seed=1).rfm(segments=recent)
    >>> r.segments().to_dict()["segment"]
    ['here', 'away']
    """

    __slots__ = ("_name", "_rules")

    _name: str
    _rules: tuple[Rule, ...]

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        if not isinstance(name, str):
            raise TypeError(
                f"`name` of `SegmentMap` must be a text; got {_arguments.shown(name)}"
            )
        given = _arguments.items("SegmentMap", "rules", rules, "a list of rules")
        self._set(
            _name=name, _rules=tuple(_rule(i, rule) for i, rule in enumerate(given))
        )

    @classmethod
    def builtin(cls, name: str) -> Self:
        """Return a map that comes with the library.

        Parameters
        ----------
        name : {"rf_grid", "rfm_package"}
            The disjoint grid of ten segments over recency and frequency that many
            notebooks use, or the ten overlapping rules of the R package rfm.

        Examples
        --------
        >>> import patronomy as pt
        >>> grid = pt.SegmentMap.builtin("rf_grid")
        >>> len({segment for segment, *_ in grid.rules})
        10
        """
        if not isinstance(name, str):
            raise TypeError(
                "`name` of `SegmentMap.builtin` must be a text; "
                f"got {_arguments.shown(name)}"
            )
        return cls._from_dict(_arguments.parsed_dict(_core.builtin_segment_map(name)))

    @classmethod
    def _from_dict(cls, data: Mapping[str, Any]) -> Self:
        rules = [(x["segment"], x["r"], x["f"], x["m"]) for x in data["rules"]]
        return cls(data["name"], rules)

    def _to_dict(self) -> dict[str, Any]:
        rules = [{"segment": s, "r": r, "f": f, "m": m} for s, r, f, m in self._rules]
        return {"name": self._name, "rules": rules}

    @property
    def name(self) -> str:
        """The name of the map."""
        return self._name

    @property
    def rules(self) -> list[Rule]:
        """The rules in the order in which they are tried."""
        return list(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SegmentMap):
            return NotImplemented
        return (self._name, self._rules) == (other._name, other._rules)

    def __hash__(self) -> int:
        return hash((self._name, self._rules))

    def __reduce__(self) -> tuple[Any, ...]:
        return SegmentMap, (self._name, list(self._rules))

    def __repr__(self) -> str:
        lines = "".join(f"\n    {rule!r}," for rule in self._rules)
        return f"SegmentMap({self._name!r}, [{lines}\n])"


def _rule(i: int, rule: object) -> Rule:
    """Return one rule of a segment map with plain types."""
    form = "(segment, (r_lo, r_hi), (f_lo, f_hi), (m_lo, m_hi))"
    name = f"rules[{i}]"
    parts = _arguments.items("SegmentMap", name, rule, form)
    if len(parts) != 4 or not isinstance(parts[0], str):
        raise TypeError(f"`{name}` of `SegmentMap` must be {form}; got {rule!r}")
    return parts[0], *(_score_range(name, part, form) for part in parts[1:])  # type: ignore[return-value]


def _score_range(name: str, part: object, form: str) -> tuple[int, int]:
    ends = _arguments.items("SegmentMap", name, part, form)
    if len(ends) != 2:
        raise TypeError(f"`{name}` of `SegmentMap` must be {form}; got {part!r}")
    lo, hi = (_arguments.whole_number("SegmentMap", name, end, 1, 100) for end in ends)
    return lo, hi
