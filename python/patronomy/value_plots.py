"""Pictures of what customers are worth, drawn on Axes that the caller may go on with.

They take plain columns. matplotlib is imported when a picture is drawn, not before.
"""

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any

from patronomy.plot import _axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe and Ito, told apart with any colour vision; curves of one picture take turns.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_CURVE = "curve"
# More marks than this are a line of their own.
_MOST_MARKS = 500


def survival(
    curve: Mapping[str, Sequence[Any]],
    ax: "Axes | None" = None,
    *,
    label: str | None = None,
) -> "Axes":
    """Draw the share of contracts that lasts, with its interval; marks are censored ones.

    Examples
    --------
    >>> import patronomy as pt
    >>> from patronomy import value_plots
    >>> curve = pt.KaplanMeier().fit([3, 5, 8], [True, False, True])
    >>> ax = value_plots.survival(curve.survival_function_.to_dict())
    >>> ax.lines[0].get_ydata().tolist()[:2]
    [1.0, 0.666...]
    """
    ax = _steps(curve, "survival", 1.0, ax, label)
    ax.set_ylim(0.0, 1.02)
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0%}")
    ax.set_ylabel("share that lasts longer")
    ax.set_title("Survival", loc="left")
    return ax


def hazard(
    curve: Mapping[str, Sequence[Any]],
    ax: "Axes | None" = None,
    *,
    label: str | None = None,
) -> "Axes":
    """Draw the cumulative hazard with its interval; marks are censored contracts."""
    ax = _steps(curve, "cumulative_hazard", 0.0, ax, label)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel("cumulative hazard")
    ax.set_title("Cumulative hazard", loc="left")
    return ax


def _steps(
    curve: Mapping[str, Sequence[Any]],
    name: str,
    start: float,
    ax: "Axes | None",
    label: str | None,
) -> "Axes":
    ax = _axes(ax, (7.0, 4.2))
    n_before = sum(line.get_gid() == _CURVE for line in ax.lines)
    colour = _COLOURS[n_before % len(_COLOURS)]
    # Before the first time nothing has happened.
    times = [0.0, *curve["time"]]
    values = [start, *curve[name]]
    low, high = (
        [start, *(nan if v is None else v for v in curve[side])]
        for side in ("low", "high")
    )
    ax.step(times, values, where="post", color=colour, label=label, gid=_CURVE)
    ax.fill_between(times, low, high, step="post", color=colour, alpha=0.18, lw=0)
    marks = [
        (t, v)
        for t, v, n in zip(curve["time"], curve[name], curve["n_censored"], strict=True)
        if n
    ]
    if 0 < len(marks) <= _MOST_MARKS:
        ax.plot(*zip(*marks, strict=True), "|", color=colour, ms=7)
    ax.set_xlim(left=0.0)
    ax.set_xlabel("time since the start")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    if label is not None:
        ax.legend(frameon=False)
    return ax
