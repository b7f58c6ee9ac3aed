"""What is said of segments: profiles, rules, gaps, changes."""

import json
from typing import Any, Self

from patronomy import _core, _render
from patronomy._frozen import Frozen
from patronomy.table import ArrowTable


class Profile(ArrowTable):
    """In what each segment differs: ``segment``, ``segment_name``, ``n_customers``, ``traits``.

    ``traits`` are the largest differences in words.
    """

    __slots__ = ("_notices", "_representatives", "_traits")

    _traits: _core.Table
    _representatives: _core.Table
    _notices: list[str]

    @classmethod
    def _of(cls, tables: list[_core.Table], notices: str) -> Self:
        summary, traits, representatives = tables
        profile = cls._wrap(summary)
        profile._set(
            _traits=traits,
            _representatives=representatives,
            _notices=json.loads(notices),
        )
        return profile

    @property
    def traits(self) -> ArrowTable:
        """All comparisons of a segment with the customers elsewhere.

        ``column`` and ``level`` (a value of a category, null of numbers); ``basis``:
        "used" if the segments were found in it, else "other"; ``value`` and
        ``elsewhere``: medians, or shares of customers with the level; ``superiority``:
        the chance that one from here has more than one from elsewhere, .5 where nothing
        differs; ``p_value`` and ``p_adjusted``, null of used columns.
        """
        return ArrowTable._wrap(self._traits)

    @property
    def representatives(self) -> ArrowTable:
        """The customers nearest to each centre, with their features."""
        return ArrowTable._wrap(self._representatives)

    @property
    def notices(self) -> list[str]:
        """What you should know: columns that were left out."""
        return list(self._notices)


class Explanation(ArrowTable):
    """Rules that stand for segments, in the features' own units.

    ``segment``, ``segment_name``, ``rule``, ``n_covered`` held-out customers,
    ``precision`` (the share of these in the segment) and ``recall`` (the share of the
    segment's held-out customers that it covers).
    """

    __slots__ = ("_said",)

    _said: tuple[float, float, int]

    @classmethod
    def _of(cls, tables: list[_core.Table], said: str) -> Self:
        found = cls._wrap(tables[0])
        found._set(_said=tuple(json.loads(said)))
        return found

    @property
    def fidelity(self) -> float:
        """The share of held-out customers whom the rules put in their segment."""
        return self._said[0]

    @property
    def baseline(self) -> float:
        """The same if all are put in the largest segment."""
        return self._said[1]

    @property
    def n_held_out(self) -> int:
        """Customers the rules were tested on."""
        return self._said[2]


class ClassGap(ArrowTable):
    """What a customer's segment buys and the customer does not.

    ``customer``, ``segment``, ``segment_name``, ``item``, ``item_name`` where names are
    known, ``n_buyers`` in the segment, their ``share`` of it, ``share_elsewhere``,
    ``lift`` and ``p_adjusted``.
    """

    __slots__ = ("_items", "_notices")

    _items: _core.Table
    _notices: list[str]

    @classmethod
    def _of(cls, tables: list[_core.Table], notices: str) -> Self:
        found = cls._wrap(tables[0])
        found._set(_items=tables[1], _notices=json.loads(notices))
        return found

    @property
    def items(self) -> ArrowTable:
        """The items of each segment, the most bought first."""
        return ArrowTable._wrap(self._items)

    @property
    def notices(self) -> list[str]:
        """What you should know of the evidence."""
        return list(self._notices)


class Changes(Frozen):
    """What a refit has changed."""

    __slots__ = ("_found",)

    _found: dict[str, Any]

    def __init__(self, found: dict[str, Any]) -> None:
        self._set(_found=found)

    @property
    def segments(self) -> list[dict[str, Any]]:
        """Segment by segment what became of it.

        ``segment``, ``name``, ``status`` ("stable", "changed", "new" or "gone"),
        ``overlap`` (of the customers of either, the share in both), ``share_before``,
        ``share_after``, ``center_shift`` in scaled units.
        """
        return [dict(one) for one in self._found["segments"]]

    @property
    def stability_index(self) -> float | None:
        """The population stability index of the old segments.

        By custom below .1 is stable, above .25 shifted (Siddiqi 2006).
        """
        found: float | None = self._found["stability_index"]
        return found

    @property
    def features(self) -> dict[str, float | None]:
        """The population stability index of each feature, by its deciles before."""
        return dict(self._found["features"])

    def __repr__(self) -> str:
        rows = self.segments
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        index = self.stability_index
        said = "none" if index is None else f"{index:.3f}"
        return (
            f"{_render.text_table(columns)}\nChanges: population stability index {said}"
        )

    def _repr_html_(self) -> str:
        rows = self.segments
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return _render.html_table(columns, "Changes")
