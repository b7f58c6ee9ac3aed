"""A graph of dots between labels, laid out in points; numpy comes with matplotlib."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from math import hypot, inf, pi, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FONT = 8.0
_LINE = 22  # characters
_MARK = 11.0
_AIR = 8.0
_FRAME = "#bbbbbb"


def draw(
    ax: "Axes",
    dots: Sequence[tuple[Sequence[str], Sequence[str]]],
    labels: Mapping[str, str],
    areas: Sequence[float],
    colours: "Floats",
    widths: "Floats",
) -> None:
    """Draw each dot with arrows from the labels of its first side to its second's.

    Sides have keys of `labels`; areas are shares of the largest one. Colours and
    widths are those of a dot's arrows.
    """
    import numpy as np
    from matplotlib.patches import FancyArrowPatch

    place = {key: len(dots) + i for i, key in enumerate(labels)}
    texts = [textwrap.fill(text, _LINE) for text in labels.values()]
    arrows = [
        (dot, ends)
        for dot, (before, after) in enumerate(dots)
        for ends in [(place[k], dot) for k in before] + [(dot, place[k]) for k in after]
    ]
    sizes = [(_MARK, _MARK)] * len(dots) + [_text_size(text) for text in texts]
    boxes = np.array(sizes)
    scale = 72.0 / ax.figure.dpi
    frame = np.array([ax.bbox.width, ax.bbox.height]) * scale
    spots = _arranged(boxes + _AIR, len(dots), [ends for _, ends in arrows], frame)

    for dot, (start, end) in arrows:
        ax.add_patch(
            FancyArrowPatch(
                (spots[start, 0], spots[start, 1]),
                (spots[end, 0], spots[end, 1]),
                # In points, and so right in a figure of another size as well.
                shrinkA=_inside(spots[end] - spots[start], boxes[start]),
                shrinkB=_inside(spots[end] - spots[start], boxes[end]),
                arrowstyle="-|>",
                mutation_scale=9,
                color=colours[dot],
                linewidth=widths[dot],
            )
        )
    ax.scatter(
        spots[: len(dots), 0],
        spots[: len(dots), 1],
        s=[_MARK**2 * area for area in areas],
        color=colours,
        edgecolors=_FRAME,
        linewidths=0.5,
        zorder=3,
    )
    for text, (x, y) in zip(texts, spots[len(dots) :], strict=True):
        ax.text(
            x,
            y,
            text,
            ha="center",
            va="center",
            fontsize=_FONT,
            # A `$` in a name is no formula.
            parse_math=False,
            zorder=4,
            bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": _FRAME, "lw": 0.6},
        )
    # Where there was too little room, boxes stand out of the frame.
    lowest, highest = (spots - boxes / 2).min(axis=0), (spots + boxes / 2).max(axis=0)
    ax.set_xlim(lowest[0] - _AIR, highest[0] + _AIR)
    ax.set_ylim(lowest[1] - _AIR, highest[1] + _AIR)
    ax.set_axis_off()


def _text_size(text: str) -> tuple[float, float]:
    """Return the width and height of a label's frame."""
    from matplotlib.textpath import TextPath

    # No `$`: what is between two of them would be measured as a formula.
    lines = [line.replace("$", "S") for line in text.splitlines() if line.strip()]
    paths = [TextPath((0, 0), line, size=_FONT) for line in lines]
    width = max((float(path.get_extents().width) for path in paths), default=0.0)
    return width + 6.0, 1.2 * _FONT * max(len(lines), 1) + 4.0


def _arranged(
    boxes: "Floats", n_dots: int, edges: Iterable[tuple[int, int]], frame: "Floats"
) -> "Floats":
    """Return the middle of each box in the frame, the same at each run.

    The first boxes are dots, the others labels. Each connected part has a rectangle of
    its own: in it, distances are steps in the graph, then boxes that cover each other
    are moved apart while there is room. O(n^3), meant for some hundred.
    """
    import numpy as np

    n = len(boxes)
    steps = np.full((n, n), inf)
    np.fill_diagonal(steps, 0.0)
    for a, b in edges:
        steps[a, b] = steps[b, a] = 1.0
    for k in range(n):
        steps = np.minimum(steps, steps[:, k, None] + steps[k])
    first = np.isfinite(steps).argmax(axis=1)
    parts = [np.flatnonzero(first == k) for k in np.unique(first)]
    parts.sort(key=len, reverse=True)

    spots = np.empty((n, 2))
    needs = [_need(boxes[part]) for part in parts]
    for part, (corner, sides) in zip(parts, _rectangles(needs, frame), strict=True):
        places = _spread(steps[np.ix_(part, part)], part < n_dots) * sides
        spots[part] = corner + _apart(places, boxes[part], sides)
    return spots


def _need(boxes: "Floats") -> tuple[float, float]:
    """Return the sides of a rectangle with room for the boxes and for arrows."""
    area = 5.0 * float(boxes.prod(axis=1).sum())
    widest, highest = boxes.max(axis=0)
    return max(sqrt(1.5 * area), float(widest)), max(sqrt(area / 1.5), float(highest))


def _rectangles(
    needs: list[tuple[float, float]], frame: "Floats"
) -> "list[tuple[Floats, Floats]]":
    """Return a corner and sides for each: in rows, from the top, that fill the frame."""
    import numpy as np

    total = sum(width for width, _ in needs)
    area = sum(width * height for width, height in needs)
    n_rows = max(1, round(total / sqrt(area * frame[0] / frame[1])))
    rows: list[list[tuple[float, float]]] = [[] for _ in range(n_rows)]
    done = 0.0
    for width, height in needs:
        rows[int(n_rows * (done + width / 2.0) / total)].append((width, height))
        done += width
    rows = [row for row in rows if row]
    heights = [max(height for _, height in row) for row in rows]
    found = []
    y = float(frame[1])
    for row, height in zip(rows, heights, strict=True):
        high = float(frame[1]) * height / sum(heights)
        y -= high
        x = 0.0
        for width, _ in row:
            wide = float(frame[0]) * width / sum(width for width, _ in row)
            found.append((np.array([x, y]), np.array([wide, high])))
            x += wide
    return found


def _spread(steps: "Floats", is_dot: "NDArray[np.bool_]") -> "Floats":
    """Return places in the unit square, as far from each other as steps in the graph.

    Stress majorization: Gansner, Koren and North (2005), *Graph drawing by stress
    majorization*.
    """
    import numpy as np

    n = len(steps)
    # Labels need room, and the dots of rules about the same items fit between them.
    share = np.where(is_dot[:, None] & is_dot, 0.6, 1.0)
    share[~is_dot[:, None] & ~is_dot] = 1.3
    want = steps * share
    np.fill_diagonal(want, 1.0)
    weights = want**-2.0
    # Else the dots, where they are many, would push the labels onto a heap.
    weights[~is_dot[:, None] & ~is_dot] *= 6.0
    np.fill_diagonal(weights, 0.0)
    inverse = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights)
    # The seeds of a sunflower: no two in one place, and no symmetry to be caught in.
    seeds = np.arange(n)
    turns = seeds * pi * (3.0 - sqrt(5.0))
    spots = np.sqrt(seeds + 0.5)[:, None] * np.stack([np.cos(turns), np.sin(turns)], 1)
    for _ in range(300):
        gaps = np.linalg.norm(spots[:, None] - spots, axis=2)
        pull = -weights * want / np.maximum(gaps, 1e-9)
        np.fill_diagonal(pull, 0.0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        spots = inverse @ pull @ spots
    spots -= spots.min(axis=0)
    return np.asarray(spots / np.maximum(spots.max(axis=0), 1e-9))


def _apart(spots: "Floats", boxes: "Floats", frame: "Floats") -> "Floats":
    """Return the places moved until no box covers another, or there is no room."""
    import numpy as np

    n = len(spots)
    need = (boxes[:, None] + boxes) / 2.0
    order = np.sign(np.arange(n)[:, None] - np.arange(n))[:, :, None]
    lowest = boxes / 2.0
    highest = np.maximum(frame - lowest, lowest)
    spots = np.clip(spots, lowest, highest)
    for _ in range(400):
        ways = spots[:, None] - spots
        over = need - np.abs(ways)
        over[np.arange(n), np.arange(n)] = 0.0
        over[(over <= 0.0).any(axis=2)] = 0.0
        if not over.any():
            break
        # Along the side where less is covered.
        over[over > over.min(axis=2, keepdims=True)] = 0.0
        push = np.where(ways == 0.0, order, np.sign(ways)) * over
        spots = np.clip(spots + 0.3 * push.sum(axis=1), lowest, highest)
    return np.asarray(spots)


def _inside(way: "Floats", box: "Floats") -> float:
    """Return how much of a way from the middle of a box lies in the box."""
    length = hypot(*way)
    sides = zip(box, way, strict=True)
    part = min(
        (float(side) / abs(2.0 * step) for side, step in sides if step), default=0.0
    )
    # Where boxes cover each other, no further than the middle.
    return length * min(part, 0.45)
