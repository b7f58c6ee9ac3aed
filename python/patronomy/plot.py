"""Pictures of results, drawn on Axes that the caller may go on with.

matplotlib is imported when a picture is drawn, not before.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

# One hue from light to dark reads in grey and with any colour vision; the two bar
# colours are the blue and orange of Okabe and Ito.
_MAP = "Blues"
_CUSTOMERS = "#0072B2"
_MONEY = "#E69F00"
_TITLES = {"n_customers": "Customers", "monetary_sum": "Money"}


def score_cells(
    cells: dict[str, list[Any]], value: str, ax: "Axes | None" = None
) -> "Axes":
    """Draw one value of every pair of recency and frequency scores as a heat map."""
    r_labels = sorted({int(r) for r in cells["r_score"]}, reverse=True)
    f_labels = sorted({int(f) for f in cells["f_score"]})
    found = {
        (int(r), int(f)): float(v)
        for r, f, v in zip(
            cells["r_score"], cells["f_score"], cells[value], strict=True
        )
    }
    grid = [[found.get((r, f), 0.0) for f in f_labels] for r in r_labels]
    total = sum(map(sum, grid))
    texts = [[_with_share(v, total) for v in row] for row in grid]

    ax = _axes(ax, (1.6 + 1.1 * len(f_labels), 1.4 + 0.85 * len(r_labels)))
    title = _TITLES[value]
    image = _heat(ax, grid, texts, f_labels, r_labels)
    ax.set_title(f"{title} by recency and frequency score")
    ax.set_xlabel("frequency score (high: orders often)")
    ax.set_ylabel("recency score (high: ordered lately)")
    bar = ax.figure.colorbar(image, ax=ax, label=title.lower())
    bar.ax.yaxis.set_major_formatter(lambda v, _: compact(v))
    bar.outline.set_visible(False)
    return ax


def segment_shares(segments: dict[str, list[Any]], ax: "Axes | None" = None) -> "Axes":
    """Draw each segment's share of the customers beside its share of the money."""
    names = [_label(s) for s in segments["segment"]]
    ax = _axes(ax, (7.5, 1.5 + 0.5 * len(names)))
    half = 0.38
    for shift, column, label, colour in (
        (-half / 2, "share", "share of customers", _CUSTOMERS),
        (half / 2, "monetary_share", "share of money", _MONEY),
    ):
        places = [i + shift for i in range(len(names))]
        shares = [float(v or 0.0) for v in segments[column]]
        bars = ax.barh(places, shares, height=half, label=label, color=colour)
        ax.bar_label(bars, [f"{v:.1%}" for v in shares], padding=3, fontsize=8)
    ax.set_yticks(range(len(names)), names, parse_math=False)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    ax.set_xlabel("share of the total")
    ax.set_title("Segments", loc="left")
    # Above the bars: inside, it would hide one of them sooner or later.
    ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 0.985), ncols=2)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    return ax


def scorecard(card: dict[str, list[Any]], ax: "Axes | None" = None) -> "Axes":
    """Draw the share of rows without a fault, by role and side of quality."""
    sides = [name for name in card if name not in ("role", "column")]
    grid = [[card[s][i] for s in sides] for i in range(len(card["role"]))]
    # A hundredth of the rows is much: shaded by the tenth power of the share.
    shades = [[0.0 if v is None else 1.0 - float(v) ** 10 for v in row] for row in grid]
    texts = [
        ["" if v is None else f"{int(v * 10_000) / 100:.2f}%" for v in row]
        for row in grid
    ]
    labels = [
        f"{role} · {column}" if column else role
        for role, column in zip(card["role"], card["column"], strict=True)
    ]
    ax = _axes(ax, (3.2 + 1.25 * len(sides), 1.4 + 0.45 * len(labels)))
    _heat(ax, shades, texts, sides, labels)
    ax.set_title("Rows without a fault")
    return ax


def itemset_supports(
    names: Sequence[str], supports: Sequence[float], ax: "Axes | None" = None
) -> "Axes":
    """Draw the supports of item sets as bars, the strongest on top."""
    ax = _supports(names, supports, ax)
    ax.set_xlabel("share of the baskets")
    ax.set_title("Strongest item sets", loc="left")
    return ax


def sequence_supports(
    names: Sequence[str], supports: Sequence[float], ax: "Axes | None" = None
) -> "Axes":
    """Draw the supports of sequences as bars, the strongest on top."""
    ax = _supports(names, supports, ax)
    ax.set_xlabel("share of the customers")
    ax.set_title("Strongest sequences", loc="left")
    return ax


def _supports(
    names: Sequence[str], supports: Sequence[float], ax: "Axes | None"
) -> "Axes":
    labels = [name if len(name) <= 48 else f"{name[:47]}…" for name in names]
    ax = _axes(ax, (8.0, 1.5 + 0.35 * max(len(labels), 1)))
    bars = ax.barh(range(len(labels)), supports, height=0.7, color=_CUSTOMERS)
    ax.bar_label(bars, [f"{v:.2%}" for v in supports], padding=3, fontsize=8)
    ax.set_yticks(range(len(labels)), labels, parse_math=False)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.1%}")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    return ax


def movement(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw counts of moves, shaded by share of their row; frames mark who stayed."""
    from matplotlib.patches import Rectangle

    totals = [sum(row) for row in counts]
    shares = [
        [n / total if total else 0.0 for n in row]
        for row, total in zip(counts, totals, strict=True)
    ]
    texts = [[f"{n:,}" if n else "" for n in row] for row in counts]
    row_labels = [f"{_label(r)} · {t:,}" for r, t in zip(rows, totals, strict=True)]

    ax = _axes(ax, (3.2 + 0.72 * len(columns), 2.2 + 0.5 * len(rows)))
    image = _heat(ax, shares, texts, [_label(c) for c in columns], row_labels)
    for i, name in enumerate(rows):
        if name in columns:
            corner = (list(columns).index(name) - 0.5, i - 0.5)
            ax.add_patch(
                Rectangle(
                    corner, 1, 1, fill=False, edgecolor=_MONEY, lw=2, clip_on=False
                )
            )
    ax.tick_params(axis="x", labelrotation=40)
    for tick in ax.get_xticklabels():
        tick.set_horizontalalignment("right")
        tick.set_rotation_mode("anchor")
    ax.set_title("Moves between segments (framed: stayed)")
    ax.set_xlabel("later segment")
    ax.set_ylabel("earlier segment · customers")
    bar = ax.figure.colorbar(image, ax=ax, label="share of the earlier segment")
    bar.ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    bar.outline.set_visible(False)
    return ax


def compact(value: float) -> str:
    """Return a number in few signs: 950, 1.2k, 3.4M."""
    for size, sign in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        # 999,500 would round to 1000k.
        if abs(value) >= size * 0.9995:
            scaled = value / size
            digits = 0 if abs(scaled) >= 99.95 else 1
            return f"{scaled:.{digits}f}".removesuffix(".0") + sign
    return f"{value:.0f}"


def _with_share(value: float, total: float) -> str:
    share = f"\n{value / total:.1%}" if total > 0 and value else ""
    return compact(value) + share


def _label(segment: str | None) -> str:
    return "(unassigned)" if segment is None else segment.replace("_", " ")


def _axes(ax: "Axes | None", size: tuple[float, float]) -> "Axes":
    """Return the caller's Axes, or those of a new figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "pictures need matplotlib, which cannot be imported; install it with "
            "`pip install 'patronomy[plot]'`"
        ) from error
    if ax is not None:
        return ax
    return plt.subplots(figsize=size, layout="constrained")[1]


def _heat(
    ax: "Axes",
    grid: Sequence[Sequence[float]],
    texts: Sequence[Sequence[str]],
    column_labels: Sequence[object],
    row_labels: Sequence[object],
) -> "AxesImage":
    """Draw a labelled grid: a colour and a text for each cell."""
    # Never 0: an empty grid must still have a scale.
    peak = max((v for row in grid for v in row), default=0.0) or 1.0
    image = ax.imshow(grid, cmap=_MAP, aspect="auto", vmin=0.0, vmax=peak)
    # Names are no formulas, whatever dollars they hold.
    columns, rows = ([str(v) for v in side] for side in (column_labels, row_labels))
    ax.set_xticks(range(len(columns)), columns, parse_math=False)
    ax.set_yticks(range(len(rows)), rows, parse_math=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for i, row in enumerate(grid):
        for j, value in enumerate(row):
            # The upper half of the map is too dark for black.
            dark = value > 0.55 * peak
            ax.text(
                j,
                i,
                texts[i][j],
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "#222222",
            )
    return image
