"""Pictures of segments, drawn on Axes that the caller may go on with.

They take plain columns. matplotlib is imported when a picture is drawn, not before.
"""

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

from patronomy.errors import ParameterError
from patronomy.plot import _axes, compact

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Two sides of even: blue is less, red is more.
_SIDES = "RdBu_r"
_NOBODY = "#bbbbbb"
# More points than this are a cloud whatever is drawn.
_MOST_POINTS = 20_000


def heat_map(traits: Mapping[str, Sequence[Any]], ax: "Axes | None" = None) -> "Axes":
    """Draw how likely a customer of each segment has more of a column than others.

    Rows are columns and the values of categories, red where a segment has more; cells
    show medians, or shares of customers.

    Examples
    --------
    >>> import patronomy as pt
    >>> from patronomy import segment_plots
    >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
    >>> profile = tx.features("rfm").segment(k=2).profile()
    >>> ax = segment_plots.heat_map(profile.traits.to_dict())
    >>> len(ax.get_yticks())
    3
    """
    names = list(dict.fromkeys(traits["segment_name"]))
    if not names:
        raise ParameterError(
            "a profile needs at least two segments that are not rejected; there is "
            "nobody elsewhere to compare with"
        )
    pairs = zip(traits["column"], traits["level"], strict=True)
    labels = [c if level is None else f"{c} {level}" for c, level in pairs]
    rows = list(dict.fromkeys(labels))
    grid = [[nan] * len(names) for _ in rows]
    texts = [[""] * len(names) for _ in rows]
    for i, label in enumerate(labels):
        row, column = rows.index(label), names.index(traits["segment_name"][i])
        grid[row][column] = traits["superiority"][i]
        value = traits["value"][i]
        is_share = traits["level"][i] is not None
        texts[row][column] = f"{value:.0%}" if is_share else _short(value)
    ax = _axes(ax, (3.0 + 1.1 * len(names), 1.6 + 0.42 * len(rows)))
    image = ax.imshow(grid, cmap=_SIDES, aspect="auto", vmin=0.0, vmax=1.0)
    ax.set_xticks(range(len(names)), names, parse_math=False)
    ax.set_yticks(range(len(rows)), rows, parse_math=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for tick in ax.get_xticklabels():
        tick.set(rotation=30, horizontalalignment="right", rotation_mode="anchor")
    for i, row_texts in enumerate(texts):
        for j, text in enumerate(row_texts):
            dark = abs(grid[i][j] - 0.5) > 0.35
            ax.text(
                j,
                i,
                text,
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "#222222",
            )
    ax.set_title("Segments beside the customers elsewhere", loc="left")
    bar = ax.figure.colorbar(image, ax=ax, label="chance of more than elsewhere")
    bar.outline.set_visible(False)
    return ax


def _short(value: float) -> str:
    """Return a number in few signs; of a share or a rate its first digits."""
    return compact(value) if abs(value) >= 10 else f"{value:.2g}"


def choice(
    candidates: Sequence[Mapping[str, Any]], chosen: int, ax: "Axes | None" = None
) -> "Axes":
    """Draw silhouette, stability and inertia of each number of segments.

    Inertia is a share of that of the least number, so that the elbow can be seen.
    """
    ax = _axes(ax, (7.0, 4.2))
    k = [c["n_segments"] for c in candidates]
    first = candidates[0]["inertia"] or 1.0
    lines = {
        "silhouette": [c["silhouette"] for c in candidates],
        "stability": [c["stability"] for c in candidates],
        "inertia (share of the first)": [c["inertia"] / first for c in candidates],
    }
    for name, values in lines.items():
        known = [nan if v is None else v for v in values]
        ax.plot(k, known, marker="o", label=name)
    ax.axvline(chosen, color=_NOBODY, zorder=0)
    ax.set_xticks(k)
    ax.set_ylim(min(0.0, ax.get_ylim()[0]), 1.05)
    ax.set_xlabel("segments")
    ax.set_title(
        f"What speaks for each number of segments ({chosen} taken)", loc="left"
    )
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def projection(points: Mapping[str, Sequence[Any]], ax: "Axes | None" = None) -> "Axes":
    """Draw customers along the two axes of most variance, coloured by segment."""
    ax = _axes(ax, (7.0, 5.0))
    n = len(points["x"])
    # Every so many, in order: the same picture each time.
    step = -(-n // _MOST_POINTS) or 1
    shown = range(0, n, step)
    names = points["segment_name"]
    for name in dict.fromkeys(names):
        own = [i for i in shown if names[i] == name]
        look: dict[str, Any] = {"s": 8, "linewidths": 0, "rasterized": True}
        if name is None:
            look |= {"color": _NOBODY, "label": "(none)"}
        else:
            look["label"] = name
        ax.scatter([points["x"][i] for i in own], [points["y"][i] for i in own], **look)
    ax.set_xlabel("first axis")
    ax.set_ylabel("second axis")
    title = f"{len(shown):,} of {n:,} customers" if step > 1 else f"{n:,} customers"
    ax.set_title(title, loc="left")
    ax.legend(frameon=False, markerscale=2)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def flow(moves: Mapping[str, Sequence[Any]], ax: "Axes | None" = None) -> "Axes":
    """Draw moves as bands from earlier segments, on the left, to later ones."""
    ax = _axes(ax, (7.0, 5.0))
    rows = list(
        zip(
            moves["from_segment"],
            moves["to_segment"],
            moves["n_customers"],
            strict=True,
        )
    )
    total = sum(n for *_, n in rows) or 1
    left, right = (_blocks(rows, side, total) for side in (0, 1))
    colors = {name: f"C{i % 10}" for i, name in enumerate(left)}
    at = {
        (side, name): top
        for side, b in ((0, left), (1, right))
        for name, (top, _) in b.items()
    }
    import numpy as np

    x = np.linspace(0.0, 1.0, 40)
    bend = 3 * x**2 - 2 * x**3
    for source, target, n in rows:
        share = n / total
        a, b = at[0, source], at[1, target]
        upper = a + (b - a) * bend
        ax.fill_between(x, upper, upper - share, color=colors[source], alpha=0.45, lw=0)
        at[0, source] -= share
        at[1, target] -= share
    for side, blocks in ((0, left), (1, right)):
        for name, (top, share) in blocks.items():
            ax.text(
                side + (0.02 if side else -0.02),
                top - share / 2,
                f"{name} · {round(share * total):,}",
                ha="left" if side else "right",
                va="center",
                parse_math=False,
            )
    ax.set_xlim(-0.45, 1.45)
    ax.set_title("Customers from earlier segments to later ones", loc="left")
    ax.axis("off")
    return ax


def _blocks(
    rows: Sequence[tuple[str, str, int]], side: int, total: int
) -> dict[str, tuple[float, float]]:
    """Return for each segment of one side the top of its block and its share."""
    sizes: dict[str, int] = {}
    for row in rows:
        name = (row[0], row[1])[side]
        sizes[name] = sizes.get(name, 0) + row[2]
    blocks = {}
    top = 1.0
    gap = 0.03
    for name, n in sizes.items():
        blocks[name] = (top, n / total)
        top -= n / total + gap
    return blocks
