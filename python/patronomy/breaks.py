"""Breaks: the cut points that turn recency, frequency and money into scores."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from patronomy import _arguments
from patronomy._frozen import Frozen
from patronomy.errors import ParameterError

__all__ = ["Breaks"]

MEASURES = ("recency", "frequency", "monetary")


class Breaks(Frozen):
    """The cut points between the bins of an RFM result.

    Parameters
    ----------
    recency, frequency, monetary : sequence of float
        Inner cut points, ascending: k - 1 of them make k bins.
    closed : {"right", "left"}, default "right"
        The bin that a value equal to a cut point falls in: "right" means the lower.

    Examples
    --------
    >>> import patronomy as pt
    >>> breaks = pt.Breaks([30, 90], [1, 4], [50, 200])
    >>> breaks.recency
    [30.0, 90.0]
    >>> tx = pt.simulate.shop(n_customers=100, n_days=365, seed=1)
    >>> tx.rfm(breaks=breaks).breaks == breaks
    True
    """

    __slots__ = ("_points",)

    _points: dict[str, Any]

    def __init__(
        self,
        recency: Sequence[float],
        frequency: Sequence[float],
        monetary: Sequence[float],
        *,
        closed: Literal["right", "left"] = "right",
    ) -> None:
        given = zip(MEASURES, (recency, frequency, monetary), strict=True)
        points: dict[str, Any] = {
            name: _cut_points(name, values) for name, values in given
        }
        side = _arguments.choice("Breaks", "closed", closed, ("right", "left"))
        self._set(_points=points | {"closed": side})

    @classmethod
    def _from_dict(cls, points: Mapping[str, Any]) -> Self:
        if not _is_nested(points):
            return cls(
                *(points[name] for name in MEASURES),
                closed=points.get("closed", "right"),
            )
        # One list for each cell: only the core makes these, and it checks them again.
        breaks = object.__new__(cls)
        cells = {name: _numbers(name, points[name]) for name in MEASURES}
        side = _arguments.choice(
            "Breaks", "closed", points.get("closed", "right"), ("right", "left")
        )
        breaks._set(_points=cells | {"closed": side})
        return breaks

    @property
    def recency(self) -> list[Any]:
        """Cut points of the days since the last order."""
        return list(self._points["recency"])

    @property
    def frequency(self) -> list[Any]:
        """Cut points of the number of orders; nested ones are a list of lists."""
        return list(self._points["frequency"])

    @property
    def monetary(self) -> list[Any]:
        """Cut points of the money; nested ones are a list of lists."""
        return list(self._points["monetary"])

    def to_dict(self) -> dict[str, Any]:
        """Return the cut points as a plain dict, which JSON can hold."""
        return _copied(self._points)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Breaks):
            return NotImplemented
        return self._points == other._points

    def __hash__(self) -> int:
        return hash(json.dumps(self._points, sort_keys=True))

    def __reduce__(self) -> tuple[Any, ...]:
        return Breaks._from_dict, (self.to_dict(),)

    def __repr__(self) -> str:
        if _is_nested(self._points):
            return "Breaks(nested; see `to_dict()`)"
        names = ", ".join(f"{name}={self._points[name]}" for name in MEASURES)
        side = self._points["closed"]
        return f"Breaks({names}{'' if side == 'right' else f', closed={side!r}'})"


def _cut_points(name: str, values: object) -> list[float]:
    given = _arguments.items("Breaks", name, values, "a list of numbers")
    # Both zeros are one: equal breaks have one hash.
    return [_arguments.number("Breaks", name, x) + 0.0 for x in given]


def _numbers(name: str, values: object) -> list[Any]:
    """Return one list of cut points, or one for each cell."""
    rule = "a list of numbers, or of such lists"
    parts = _arguments.items("Breaks", name, values, rule)
    if any(isinstance(part, (list, tuple)) for part in parts):
        return [_cut_points(name, part) for part in parts]
    return _cut_points(name, parts)


def _copied(points: Mapping[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(dict(points)))
    return copy


def _is_nested(points: Mapping[str, Any]) -> bool:
    """Return whether a measure has a list of cut points for each cell before it."""
    return any(
        isinstance(points[name], (list, tuple))
        and any(isinstance(part, (list, tuple)) for part in points[name])
        for name in MEASURES
    )


def n_bins_of(points: Mapping[str, Any]) -> list[int]:
    """Return the number of bins of each measure: one more than its cut points."""
    lists = (
        points[name]
        if any(isinstance(x, list) for x in points[name])
        else [points[name]]
        for name in MEASURES
    )
    return [1 + max(map(len, cells)) for cells in lists]


def breaks_dict(breaks: object) -> dict[str, Any] | None:
    if breaks is None:
        return None
    if isinstance(breaks, Breaks):
        return breaks.to_dict()
    if not isinstance(breaks, Mapping):
        raise TypeError(
            "`breaks` of `rfm` must be `Breaks` or a dict with the keys recency, "
            f"frequency and monetary; got {_arguments.shown(breaks)}"
        )
    if not {*MEASURES} <= breaks.keys() <= {*MEASURES, "closed"}:
        raise ParameterError(
            "`breaks` of `rfm` must have the keys recency, frequency and monetary "
            f"(and may have closed); got {sorted(map(str, breaks))}"
        )
    return Breaks._from_dict(breaks).to_dict()
