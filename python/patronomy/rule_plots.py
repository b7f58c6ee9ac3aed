"""Pictures of association rules, drawn on Axes that the caller may go on with.

They take plain columns. Colours are logarithmic where lifts span more than tenfold; an
infinite lift has the darkest, NaN is grey. Names of more than 40 characters are cut.
matplotlib is imported when a picture is drawn, not before.
"""

from collections.abc import Iterable, Sequence
from math import inf, isfinite, isnan, nan, sqrt
from typing import TYPE_CHECKING, Any

from patronomy import _rule_graph
from patronomy._render import counted
from patronomy.plot import _MAP, _axes, _heat, compact

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Lifts = Sequence[float] | Floats

_LONGEST_NAME = 40
_NO_NUMBER = "#999999"
_FRAME = "#bbbbbb"
# Above this many items the numbers in the cells of a heat map could not be read.
_MOST_NUMBERED = 15
# The widest balloon, in points: what a cell of our own figures has room for.
_BALLOON = 24.0


def scatter(
    support: Sequence[float],
    confidence: Sequence[float],
    lift: Sequence[float],
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw rules as points: support, confidence, and lift as the colour.

    Points of high lift lie on those of low lift, NaN at the bottom. The axis of support
    is logarithmic where supports span more than tenfold. Rules whose support or
    confidence is not finite have no place; the title counts them.

    Examples
    --------
    >>> from patronomy import rule_plots
    >>> ax = rule_plots.scatter([0.1, 0.2, 0.1], [0.5, 0.9, 0.7], [3.0, 1.5, 2.0])
    >>> [float(lift) for lift in ax.collections[0].get_array()]
    [1.5, 2.0, 3.0]
    """
    ax = _axes(ax, (8.0, 5.5))
    import numpy as np

    rules = list(zip(support, confidence, lift, strict=True))
    table = np.array(rules, dtype=float).reshape(-1, 3)
    # From the last to the first: of rules with the same lift the first is on top.
    table = table[np.isfinite(table[:, :2]).all(axis=1)][::-1]
    title = counted(len(table), "rule")
    if left_out := len(rules) - len(table):
        title += f", {left_out:,} without support or confidence left out"
    ax.set_title(title, loc="left")
    if not len(table):
        return _nothing(ax, "no rules")

    order = np.argsort(np.nan_to_num(table[:, 2], nan=-inf), kind="stable")
    x, y, z = table[order].T
    shades, shown = _shaded(ax, z)
    size = min(40.0, max(5.0, 40_000 / len(x)))
    # As paths, many thousand points make a file that opens slowly.
    look: dict[str, Any] = {"rasterized": True, "linewidths": 0, "zorder": 2}
    look |= {"cmap": shades.cmap, "norm": shades.norm, "plotnonfinite": True}
    ax.scatter(x, y, size, shown, **look)
    if x.min() > 0 and x.max() > 10 * x.min():
        ax.set_xscale("log")
        _few_ticks(ax.xaxis, x.min(), x.max())
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda v, _: f"{100 * v:.3g}%")
    ax.set_xlabel("support (share of the baskets)")
    ax.set_ylabel("confidence")
    _plain(ax)
    return ax


def grouped_matrix(
    antecedents: Sequence[str],
    consequents: Sequence[str],
    support: Sequence[float],
    lift: Sequence[float],
    ax: "Axes | None" = None,
    *,
    most: int = 20,
) -> "Axes":
    """Draw rules as balloons: antecedents across, consequents down.

    The area of a balloon is support, its colour is lift; a support that is not finite
    has the smallest one. Antecedents begin with the highest lift (of equal ones the
    first given); those beyond `most` share one place. Consequents follow in the same
    way, those of the antecedents that are shown before the others. A balloon of several
    rules has the highest support and the highest lift among them. After Hahsler and
    Karpienko (2017), *Visualizing association rules in hierarchical groups*, who group
    antecedents by clusters.

    Examples
    --------
    >>> from patronomy import rule_plots
    >>> ax = rule_plots.grouped_matrix(
    ...     ["ink", "pen", "mug"], ["pen", "ink", "pen"], [0.1] * 3, [2.0, 2.0, 1.0], most=2
    ... )
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['ink', 'pen', '(1 more)']
    """
    rules = list(zip(antecedents, consequents, support, lift, strict=True))
    ranks = [_higher(strength, -inf) for strength in lift]
    columns, column_labels = _places(antecedents, ranks, most)
    is_shown = [columns[x] < most for x in antecedents]
    rows, row_labels = _places(consequents, zip(is_shown, ranks, strict=True), most)
    n, m = len(column_labels), len(row_labels)
    ax = _axes(ax, (4.2 + 0.36 * n, 2.6 + 0.36 * m))
    ax.set_title(counted(len(rules), "rule"), loc="left")
    if not rules:
        return _nothing(ax, "no rules")

    cells: dict[tuple[int, int], tuple[float, float]] = {}
    for x, y, share, strength in rules:
        place = (columns[x], rows[y])
        before = cells.get(place, (nan, nan))
        cells[place] = (_higher(before[0], share), _higher(before[1], strength))
    shares = [share for share, _ in cells.values()]
    lifts = [strength for _, strength in cells.values()]
    top = max((s for s in shares if isfinite(s)), default=0.0)
    # The bar takes room from the balloons.
    shades, shown = _shaded(ax, lifts)
    points = 72.0 / ax.figure.dpi
    widest = min(_BALLOON, points * ax.bbox.width / n, points * ax.bbox.height / m) ** 2
    areas = [widest * _share(s / (top or 1.0)) for s in shares]
    xs, ys = zip(*cells, strict=True)
    look: dict[str, Any] = {"edgecolors": _FRAME, "linewidths": 0.5, "zorder": 2}
    look |= {"cmap": shades.cmap, "norm": shades.norm, "plotnonfinite": True}
    ax.scatter(xs, ys, areas, shown, **look)
    if top:
        # Half as wide is a quarter of the area.
        for part in (0.25, 1.0):
            label = f"{100 * part * top:.3g}%"
            ax.scatter([], [], part * widest, _NO_NUMBER, label=label)
        # Above the balloons: inside, it would hide one of them sooner or later.
        above: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0)}
        ax.legend(title="support", frameon=False, ncols=2, borderpad=0.2, **above)
    _name_ticks(ax, column_labels, row_labels)
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylim(m - 0.5, -0.5)
    ax.set_xlabel("antecedent")
    ax.set_ylabel("consequent")
    _plain(ax)
    return ax


def graph(
    antecedents: Sequence[Sequence[str]],
    consequents: Sequence[Sequence[str]],
    confidence: Sequence[float],
    lift: Sequence[float],
    ax: "Axes | None" = None,
    *,
    most: int = 40,
) -> "Axes":
    """Draw the first rules as a graph: arrows from items to a rule, from it to items.

    Items are names, each rule is a dot. Its area is confidence (the smallest where that
    is not finite), its colour and the width of its arrows are lift. Rules without an
    item in common stand apart; the places are the same at each run.

    Examples
    --------
    >>> from patronomy import rule_plots
    >>> ax = rule_plots.graph([["ink", "pen"]], [["mug"]], [0.5], [2.0])
    >>> [text.get_text() for text in ax.texts]
    ['ink', 'pen', 'mug']
    >>> len(ax.patches)  # arrows
    3
    """
    rules = list(zip(antecedents, consequents, confidence, lift, strict=True))
    drawn = rules[:most]
    sides = [(x, y) for x, y, _, _ in drawn]
    labels = {item: _cut(item) for x, y in sides for item in (*x, *y)}
    scale = sqrt(max(len(labels) + len(drawn), 16) / 16)
    ax = _axes(ax, (min(8.0 * scale, 16.0), min(5.5 * scale, 11.0)))
    first = f"first {len(drawn):,} of " if len(drawn) < len(rules) else ""
    title = first + counted(len(rules), "rule")
    if not drawn:
        ax.set_title(title, loc="left")
        return _nothing(ax, "no rules")
    ax.set_title(f"{title} (dots; area: confidence)", loc="left")
    import numpy as np

    shades, shown = _shaded(ax, [strength for _, _, _, strength in drawn])
    # NaN has the thinnest arrows.
    heights = np.ma.masked_invalid(shades.norm(shown))
    widths = 0.8 + 1.5 * np.ma.filled(heights, 0.0)
    areas = [_share(c) for _, _, c, _ in drawn]
    _rule_graph.draw(ax, sides, labels, areas, shades.to_rgba(shown), widths)
    return ax


def heat_map(
    labels: Sequence[str], counts: Sequence[Sequence[int]], ax: "Axes | None" = None
) -> "Axes":
    """Draw how many baskets have both of each two items, with numbers up to 15 items.

    The diagonal is blank, and so are cells whose count is not finite.

    Examples
    --------
    >>> from patronomy import rule_plots
    >>> ax = rule_plots.heat_map(["ink", "pen"], [[7, 5], [5, 9]])
    >>> [text.get_text() for text in ax.texts]
    ['', '5', '5', '']
    """
    places = range(len(labels))
    ax = _axes(ax, (3.6 + 0.5 * len(labels), 2.4 + 0.42 * len(labels)))
    ax.set_title("Bought together", loc="left")
    if not labels:
        return _nothing(ax, "no items")
    from matplotlib.ticker import MaxNLocator

    cells = [[nan if i == j else float(counts[i][j]) for j in places] for i in places]
    texts = [[compact(v) if isfinite(v) else "" for v in row] for row in cells]
    if len(labels) > _MOST_NUMBERED:
        texts = [[""] * len(labels)] * len(labels)
    names = [_cut(label) for label in labels]
    grid = [[_or(v, 0.0) for v in row] for row in cells]
    image = _heat(ax, grid, texts, names, names)
    # What is not finite has no colour.
    image.set_data([[_or(v, nan) for v in row] for row in cells])
    _name_ticks(ax, names, names)
    bar = ax.figure.colorbar(image, ax=ax, label="baskets with both")
    bar.ax.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    bar.ax.yaxis.set_major_formatter(lambda v, _: compact(v))
    bar.outline.set_visible(False)
    return ax


def _nothing(ax: "Axes", text: str) -> "Axes":
    """Say on the Axes that there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    return ax


def _cut(name: str) -> str:
    """Return a name on one line and not too long."""
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _or(value: float, other: float) -> float:
    return value if isfinite(value) else other


def _share(value: float) -> float:
    """Return a share of the largest area, never too little to be seen."""
    return min(1.0, max(0.04, _or(value, 0.0)))


def _higher(a: float, b: float) -> float:
    """Return the higher one; NaN only if both are."""
    return b if isnan(a) or b > a else a


def _places(
    names: Sequence[str], ranks: Iterable[Any], most: int
) -> tuple[dict[str, int], list[str]]:
    """Return the place of each name, highest rank first, and what each place is."""
    best: dict[str, Any] = {}
    for name, rank in zip(names, ranks, strict=True):
        best[name] = max(best.get(name, rank), rank)
    ranked = sorted(best, key=lambda name: best[name], reverse=True)
    labels = [_cut(name) for name in ranked[:most]]
    if len(ranked) > most:
        labels.append(f"({len(ranked) - most:,} more)")
    return {name: min(place, most) for place, name in enumerate(ranked)}, labels


def _shaded(ax: "Axes", lift: "Lifts") -> "tuple[ScalarMappable, Floats]":
    """Draw the bar of colours; return its scale, and the lifts moved into it."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm, Normalize

    values = np.asarray(lift, dtype=float)
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    is_wide = low > 0 and high > 10 * low
    # Never without a width; one lift alone is dark.
    norm = Normalize(low if low < high else min(0.0, high - 1.0), high)
    # Without those too light for marks on white.
    colours = ListedColormap(colormaps[_MAP](np.linspace(0.35, 1.0, 256)))
    shades = ScalarMappable(
        LogNorm(low, high) if is_wide else norm, colours.with_extremes(bad=_NO_NUMBER)
    )
    if finite.size:
        # The tip of the bar stands for infinite ones.
        extend = "max" if np.isposinf(values).any() else "neither"
        bar = ax.figure.colorbar(shades, ax=ax, label="lift", extend=extend)
        if is_wide:
            _few_ticks(bar.ax.yaxis, low, high)
        bar.ax.yaxis.set_major_formatter(lambda v, _: f"{v:,g}")
        bar.outline.set_visible(False)
    # NaN stays.
    return shades, np.clip(values, low, high)


def _few_ticks(axis: Any, low: Any, high: Any) -> None:
    """Put ticks at 1, 2 and 5 of each power of ten, or where these are many at 1."""
    from matplotlib.ticker import LogLocator, NullLocator

    subs = (1.0, 2.0, 5.0) if high < 1_000 * low else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axis.set_minor_locator(NullLocator())


def _name_ticks(ax: "Axes", columns: Sequence[str], rows: Sequence[str]) -> None:
    # A `$` in a name is no formula.
    look: dict[str, Any] = {"fontsize": 8, "parse_math": False}
    ax.set_yticks(range(len(rows)), rows, **look)
    look |= {"rotation": 40, "rotation_mode": "anchor", "ha": "right"}
    ax.set_xticks(range(len(columns)), columns, **look)


def _plain(ax: "Axes") -> None:
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(length=0)
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
