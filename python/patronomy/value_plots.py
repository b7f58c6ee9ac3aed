"""Pictures of what customers are worth, drawn on Axes that the caller may go on with.

They take plain columns. matplotlib is imported when a picture is drawn, not before.
"""

from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from patronomy.errors import ParameterError
from patronomy.plot import _axes, compact

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of Okabe and Ito, told apart with any colour vision; curves of one picture take turns.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_CURVE = "curve"
# One hue from light to dark reads in grey too.
_MAP = "Blues"
_EXPECTED, _ACTUAL = _COLOURS[1], _COLOURS[0]
# Texts of more cells than this could not be read.
_MOST_TEXTS = 600
_MOST_LABELS = 40
_UNSEEN = "#5a5a5a"
_TITLES = {
    "retention": "Share of the cohort with an order",
    "n_active": "Customers with an order",
    "revenue": "Money of the cohort",
    "revenue_per_customer": "Money of a customer",
    "cumulative_revenue_per_customer": "Money of a customer so far",
}
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
    if label is not None:
        ax.legend(frameon=False)
    return _plain(ax)


def tracking(
    ends: Sequence[float],
    expected: Sequence[float],
    actual: Sequence[float] | None,
    ax: "Axes | None" = None,
    *,
    observation_end: float | None = None,
) -> "Axes":
    """Draw transactions of all customers over time, those there were and those expected.

    A dotted line marks the end of observation: what lies right of it is a forecast.

    Examples
    --------
    >>> from patronomy import value_plots
    >>> ax = value_plots.tracking([1.0, 2.0], [5.0, 9.0], [4.0, 9.0], observation_end=1.0)
    >>> [line.get_label() for line in ax.lines][:2]
    ['actual', 'expected']
    """
    ax = _axes(ax, (7.0, 4.2))
    if actual:
        ax.plot(ends, actual, color=_ACTUAL, label="actual")
    ax.plot(ends, expected, color=_EXPECTED, ls="--", label="expected")
    if observation_end is not None:
        ax.axvline(observation_end, color=_UNSEEN, ls=":", label="end of observation")
    ax.set_xlabel("time since the first customer came")
    ax.set_ylabel("repeat transactions")
    ax.set_title("Transactions over time", loc="left")
    ax.yaxis.set_major_formatter(lambda v, _: compact(v))
    ax.legend(frameon=False)
    return _plain(ax)


def holdout(bins: Sequence[Mapping[str, Any]], ax: "Axes | None" = None) -> "Axes":
    """Draw mean transactions of a later period by those before, actual beside expected.

    Examples
    --------
    >>> from patronomy import value_plots
    >>> ax = value_plots.holdout([
    ...     {"frequency": 0, "is_open": False, "actual_mean": 0.2, "expected_mean": 0.3},
    ...     {"frequency": 1, "is_open": True, "actual_mean": 1.1, "expected_mean": 1.0},
    ... ])
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['0', '1+']
    """
    names = [f"{b['frequency']}{'+' if b['is_open'] else ''}" for b in bins]
    ax = _axes(ax, (7.0, 4.2))
    places = range(len(names))
    for column, label, colour, style in (
        ("actual_mean", "actual", _ACTUAL, "o-"),
        ("expected_mean", "expected", _EXPECTED, "s--"),
    ):
        ax.plot(places, [b[column] for b in bins], style, color=colour, label=label)
    ax.set_xticks(places, names)
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("repeat transactions before")
    ax.set_ylabel("mean transactions of a customer later")
    ax.set_title("Later transactions, by those before", loc="left")
    ax.legend(frameon=False)
    return _plain(ax)


def cohorts(
    table: Mapping[str, Sequence[Any]],
    measure: str,
    every: str,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a measure of every cohort, by age, as a heat map; unfinished periods are in italics.

    Of shares, age 0 is left without a shade: there they are all 1.

    Examples
    --------
    >>> import patronomy as pt
    >>> from patronomy import value_plots
    >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
    >>> ax = value_plots.cohorts(tx.cohorts("quarter").to_dict(), "retention", "quarter")
    >>> ax.get_xlabel()
    'quarters since the first order'
    """
    if any(v is None for v in table[measure]):
        raise ParameterError(
            f"`measure` of `plot` must be known; got {measure!r}, but no role tells the "
            "money of a line: name role `amount`, or both `quantity` and `price`"
        )
    sizes = dict(zip(table["cohort"], table["n_customers"], strict=True))
    row_of = {cohort: row for row, cohort in enumerate(sizes)}
    n_ages = max(table["age"]) + 1
    is_share = measure == "retention"
    shown = [
        (row_of[cohort], age, float(value), is_complete)
        for cohort, age, value, is_complete in zip(
            *(table[n] for n in ("cohort", "age", measure, "is_complete")), strict=True
        )
    ]
    grid = [[nan] * n_ages for _ in row_of]
    for row, age, value, _ in shown:
        if not (is_share and age == 0):
            grid[row][age] = max(value, 0.0)
    # Never 0: an empty grid must still have a scale.
    peak = max((v for row in grid for v in row if not isnan(v)), default=0.0) or 1.0
    labels = [f"{_named(cohort, every)} · {n:,}" for cohort, n in sizes.items()]
    ax = _axes(ax, (min(2.4 + 0.6 * n_ages, 30), min(1.6 + 0.4 * len(labels), 30)))
    image = ax.imshow(grid, cmap=_MAP, aspect="auto", vmin=0.0, vmax=peak)
    for row, age, value, is_complete in shown if len(shown) <= _MOST_TEXTS else ():
        is_dark = grid[row][age] > 0.55 * peak
        ax.text(
            age,
            row,
            f"{value:.0%}" if is_share else compact(value),
            ha="center",
            va="center",
            fontsize=8,
            color="white" if is_dark else "#222222" if is_complete else _UNSEEN,
            style="normal" if is_complete else "italic",
        )
    for axis, names in ((ax.xaxis, range(n_ages)), (ax.yaxis, labels)):
        step = -(-len(names) // _MOST_LABELS)
        few = list(names)[::step]
        axis.set_ticks(range(0, len(names), step), [str(name) for name in few])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(_TITLES[measure], loc="left")
    ax.set_xlabel(f"{every}s since the first order")
    ax.set_ylabel("first order · customers")
    bar = ax.figure.colorbar(image, ax=ax)
    bar.ax.yaxis.set_major_formatter(
        lambda v, _: f"{v:.0%}" if is_share else compact(v)
    )
    bar.outline.set_visible(False)
    return ax


def _named(day: str, every: str) -> str:
    """Return the name of the period that begins on a day."""
    year, month, _ = day.split("-")
    match every:
        case "month":
            return f"{year}-{month}"
        case "quarter":
            return f"{year} Q{(int(month) + 2) // 3}"
        case "year":
            return year
    return day


def _plain(ax: "Axes") -> "Axes":
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    return ax
