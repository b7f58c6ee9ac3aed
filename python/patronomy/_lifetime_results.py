"""What laws say beside customers: laws compared, and what a later period says of one."""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from patronomy import _arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = ("cumulative", "increments")


class LikelihoodRatio(NamedTuple):
    """Whether a special case explains the data no worse than chance allows."""

    statistic: float
    df: int
    p_value: float


class Holdout(NamedTuple):
    """Transactions of a later period beside those expected.

    `bins` has a dictionary for each frequency before: `frequency`, `is_open` (it and above),
    `n_customers`, `actual_mean`, `expected_mean`.
    """

    bins: list[dict[str, Any]]
    actual_total: float
    expected_total: float
    mean_absolute_error: float
    root_mean_squared_error: float
    correlation: float | None

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw mean transactions by frequency before, actual beside expected; needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        from patronomy import value_plots

        return value_plots.holdout(self.bins, ax)


class Tracking(NamedTuple):
    """Repeat transactions of all customers up to each time, expected and actual."""

    ends: list[float]
    expected: list[float]
    expected_increments: list[float]
    actual: list[float] | None

    def plot(
        self,
        kind: Literal["cumulative", "increments"] = "cumulative",
        ax: "Axes | None" = None,
        *,
        observation_end: float | None = None,
    ) -> "Axes":
        """Draw transactions over time, actual beside expected. Needs matplotlib.

        Parameters
        ----------
        kind : {"cumulative", "increments"}, default "cumulative"
            Transactions up to each time, or between one and the next (Fader, Hardie and Lee
            2005, figures 3 and 4).
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        observation_end : float, optional
            Where a line marks the end of observation: the age of the first customer, at the fit.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        from patronomy import value_plots

        expected, actual = self.expected, self.actual
        if _arguments.choice("plot", "kind", kind, _KINDS) == "increments":
            expected = self.expected_increments
            before = [0.0, *(actual or [])]
            actual = [n - b for n, b in zip(actual or [], before, strict=False)]
        return value_plots.tracking(
            self.ends, expected, actual, ax, observation_end=observation_end
        )
