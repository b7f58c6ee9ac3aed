"""How long contracts last, without a law: survival curves, and whether groups differ."""

import json
import os
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, overload

from patronomy import _arguments, _core
from patronomy._estimator import Estimator
from patronomy._value_models import Array, column, optional_column
from patronomy.errors import ParameterError
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["KaplanMeier", "LogRank", "RestrictedMean", "log_rank"]

_OWNER = "KaplanMeier"
_KINDS = ("survival", "hazard")


class RestrictedMean(NamedTuple):
    """The mean duration where none counts for more than a time."""

    mean: float
    standard_error: float


class LogRank(NamedTuple):
    """Whether groups of contracts last equally long.

    `groups` are the labels, ascending; `n_contracts`, `n_ended` and `expected` (ends expected
    if all lasted equally long) have one number for each. `df` is the number of groups less one,
    less those that were never at risk at an end beside another group.
    """

    statistic: float
    df: int
    p_value: float
    groups: list[Any]
    n_contracts: list[float]
    n_ended: list[float]
    expected: list[float]


class KaplanMeier(Estimator):
    """Survival by Kaplan and Meier (1958), cumulative hazard by Nelson and Aalen (1978).

    Contracts that are still running are censored at the last look, which must say nothing of
    when they will end. At a time at which some end and others are censored, the censored were
    still at risk. Standard errors of survival are Greenwood's (1926), intervals those of
    ln(-ln S), which stay within 0 and 1 (Kalbfleisch and Prentice 1980); those of the hazard are
    of its logarithm. Intervals hold for one time each, not for the whole curve at once.

    Parameters
    ----------
    level : float, default 0.95
        The chance that an interval holds the truth at its time; above 0, below 1.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.

    Attributes
    ----------
    survival_function_ : ArrowTable
        One row for each different duration, ascending: `time`, `n_at_risk`, `n_ended`,
        `n_censored`, `survival` (the share that lasts beyond the time), `standard_error`,
        `low`, `high`. Where survival is 0 the last three are null.
    cumulative_hazard_ : ArrowTable
        The same with `cumulative_hazard` instead of `survival`.
    median_ : float or None
        The time by which half have ended; None where more than half last beyond the last time.
    median_interval_ : tuple of float or None
        Between which times it lies (Brookmeyer and Crowley 1982).
    n_rows_ : int
    notices_ : list of str, what you should know of the curve

    Examples
    --------
    Weeks without a relapse of 21 patients on 6-MP (Freireich et al. 1963); False is still well.

    >>> import patronomy as pt
    >>> weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> ended = [i in (0, 1, 2, 4, 6, 9, 10, 14, 15) for i in range(21)]
    >>> curve = pt.KaplanMeier().fit(weeks, ended)
    >>> curve.median_
    23.0
    >>> [round(s, 3) for s in curve.predict([6, 10, 23]).tolist()]
    [0.857, 0.753, 0.448]
    """

    level: float
    n_jobs: int | None

    median_: float | None
    median_interval_: tuple[float | None, float | None]
    n_rows_: int
    notices_: list[str]

    _curve: _core.SurvivalCurve

    def __init__(self, level: float = 0.95, *, n_jobs: int | None = None) -> None:
        self.level = level
        self.n_jobs = n_jobs

    def fit(
        self,
        durations: Any,
        ended: Any = None,
        *,
        weights: Any = None,
        entry: Any = None,
    ) -> Self:
        """Make the curve.

        Parameters
        ----------
        durations : column of numbers
            Time from the start of each contract to its end or, where it is still running, to
            the last look at it; 0 or more, in one unit of your choice.
        ended : column of bool (or 0 and 1), optional
            Whether it has ended. All have, where this is not given.
        weights : column of numbers above 0, optional
            How many contracts each row stands for.
        entry : column of numbers, optional
            Late entry: the age of each contract when it was first observed, 0 from the start,
            else below its duration. It is at risk after that age, not at it.

        Raises
        ------
        BadValuesError
            For NaN, infinite and negative values, and entries at or after the duration.
        ParameterError
            For columns of unequal length, and a level outside (0, 1).
        TooFewRowsError
            Without a row.
        """
        rows = _rows(_OWNER, durations, ended, weights, entry)
        params = {"level": _arguments.number(_OWNER, "level", self.level)}
        return self._take(
            _core.SurvivalCurve.fit(rows, json.dumps(params), _jobs(self.n_jobs), None)
        )

    # Made when they are asked for: of many different times they are large.
    @property
    def survival_function_(self) -> ArrowTable:
        """Survival at each different duration."""
        return ArrowTable._wrap(self._fitted().survival())

    @property
    def cumulative_hazard_(self) -> ArrowTable:
        """The cumulative hazard at each different duration."""
        return ArrowTable._wrap(self._fitted().hazard())

    @overload
    def predict(self, times: float) -> float: ...
    @overload
    def predict(self, times: Any) -> Array: ...
    def predict(self, times: Any) -> Any:
        """Return the share of contracts that lasts beyond each of some times, or beyond one.

        1 before the first duration; NaN after the last, where nobody was looked at (but 0 where
        all had ended).
        """
        return _asked(self._fitted().survival_at, times)

    @overload
    def predict_cumulative_hazard(self, times: float) -> float: ...
    @overload
    def predict_cumulative_hazard(self, times: Any) -> Array: ...
    def predict_cumulative_hazard(self, times: Any) -> Any:
        """Return the cumulative hazard up to and with each of some times; NaN after the last."""
        return _asked(self._fitted().hazard_at, times)

    def quantile(self, p: float) -> float | None:
        """Return the time by which a share `p` has ended; None where it is not reached."""
        return self._fitted().quantile(_arguments.number(_OWNER, "p", p))

    def quantile_interval(self, p: float) -> tuple[float | None, float | None]:
        """Return between which times that quantile lies, at the level of the curve."""
        return self._fitted().quantile_interval(_arguments.number(_OWNER, "p", p))

    def restricted_mean(self, time: float) -> RestrictedMean:
        """Return the mean duration where none counts for more than `time`, and its error.

        It is the area under the curve up to `time`, which must not lie after the last duration
        unless all have ended: beyond it survival is not known.
        """
        found = self._fitted().restricted_mean(_arguments.number(_OWNER, "time", time))
        return RestrictedMean(*found)

    def plot(
        self,
        kind: Literal["survival", "hazard"] = "survival",
        ax: "Axes | None" = None,
        *,
        label: str | None = None,
    ) -> "Axes":
        """Draw the curve with its intervals; marks are contracts still running. Needs matplotlib.

        Parameters
        ----------
        kind : {"survival", "hazard"}, default "survival"
            The share that lasts, or the cumulative hazard.
        ax : matplotlib.axes.Axes, optional
            Where to draw, such as beside the curve of another group; a new figure by default.
        label : str, optional
            The name of the curve in the legend.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        from patronomy import value_plots

        curve = self._fitted()
        if _arguments.choice("plot", "kind", kind, _KINDS) == "hazard":
            return value_plots.hazard(curve.hazard().to_dict(), ax, label=label)
        return value_plots.survival(curve.survival().to_dict(), ax, label=label)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the curve to a file; it is there whole or not at all.

        Raises
        ------
        SavedFormatError
            For more than 400,000 different times: round durations.
        """
        self._fitted().save(_arguments.path_text(f"{_OWNER}.save", path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote.

        Raises
        ------
        FileError, SavedFormatError
            If the file cannot be read, is not one of ours, is damaged or of a later version.
        """
        text = _arguments.path_text(f"{_OWNER}.load", path)
        curve = _core.SurvivalCurve.load(text)
        return cls(curve.level)._take(curve)

    def _take(self, curve: _core.SurvivalCurve) -> Self:
        self._curve = curve
        self.median_ = curve.quantile(0.5)
        self.median_interval_ = curve.quantile_interval(0.5)
        self.n_rows_ = curve.n_rows
        self.notices_ = curve.notices
        return self

    def _fitted(self) -> _core.SurvivalCurve:
        if not hasattr(self, "_curve"):
            raise AttributeError(
                f"This {_OWNER} instance is not fitted yet; call fit first"
            )
        return self._curve

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = self.get_params()
        if hasattr(self, "_curve"):
            state["_saved"] = self._curve.to_json()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("_saved", None)
        self.__dict__.update(state)
        if saved is not None:
            self._take(_core.SurvivalCurve.from_json(saved))


def log_rank(
    durations: Any,
    groups: Any,
    ended: Any = None,
    *,
    weights: Any = None,
    entry: Any = None,
    n_jobs: int | None = None,
) -> LogRank:
    """Test whether contracts of all groups end at the same rates at all times.

    Those that end at a time are shared out among the groups by who is at risk, and the ends
    expected so are held against those there were (Mantel 1966). The test is sharp where one
    group ends at a constant multiple of the other's rate, and may miss curves that cross.

    Parameters
    ----------
    durations, ended, entry
        As in `KaplanMeier.fit`.
    groups : column of labels
        The group of each row: numbers or texts, 2 to 100 different ones, none missing.
    weights : column of whole numbers, optional
        How many contracts each row stands for.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.

    Raises
    ------
    BadValuesError, ParameterError
        As `KaplanMeier.fit`; also for weights that are no counts, one group, and more than 100.
    TooFewRowsError
        Where no contract ended while two groups were at risk.

    Examples
    --------
    >>> import patronomy as pt
    >>> test = pt.log_rank([1, 2, 3, 4], ["a", "a", "b", "b"], [True, True, True, False])
    >>> test.groups, test.df, round(test.statistic, 3)
    (['a', 'b'], 1, 2.882)
    """
    rows = _rows("log_rank", durations, ended, weights, entry)
    labels, codes = _codes(groups)
    statistic, df, p_value, found = _core.log_rank(rows, codes, _jobs(n_jobs))
    contracts, gone, expected = zip(*found, strict=True)
    return LogRank(
        statistic, df, p_value, labels, list(contracts), list(gone), list(expected)
    )


def _rows(
    owner: str, durations: Any, ended: Any, weights: Any, entry: Any
) -> tuple[Any, Any, Any, Any]:
    times = column(owner, "durations", durations)
    return (
        times,
        _ended(owner, times, ended),
        optional_column(owner, "weights", weights),
        optional_column(owner, "entry", entry),
    )


def _ended(owner: str, times: Any, ended: Any) -> Any:
    """Return a column of bool: what is given, or that all have ended."""
    import numpy as np

    if ended is None:
        return np.ones(len(times), dtype=np.bool_)
    found = np.ascontiguousarray(ended)
    if found.dtype == np.bool_ and found.ndim == 1:
        return found
    # Numbers and nullable columns: whatever is a number must be 0 or 1.
    numbers = column(owner, "ended", ended)
    bad = (numbers != 0) & (numbers != 1)
    if bad.any():
        raise ParameterError(
            f"`ended` of `{owner}` must be a column of bool, or of 0 and 1; got "
            f"{numbers[bad][0]} in row {int(np.argmax(bad))}"
        )
    return numbers == 1


def _codes(groups: Any) -> tuple[list[Any], Any]:
    """Return the labels, ascending, and for each row the number of its label."""
    import numpy as np

    rule = "`groups` of `log_rank` must be a column of labels"
    found = np.asarray(groups)
    if found.ndim != 1:
        raise ParameterError(f"{rule}; got {found.ndim} dimensions")
    try:
        labels, codes = np.unique(found, return_inverse=True)
    except TypeError as error:
        raise ParameterError(
            f"{rule} of one kind, none missing; {error}: leave out rows without a group"
        ) from error
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ParameterError(
            f"{rule}, none missing; got NaN: leave out rows without a group"
        )
    return labels.tolist(), codes.astype(np.uint32)


def _asked(ask: Any, times: Any) -> Any:
    import numpy as np

    if np.ndim(times) == 0:
        return float(ask(column(_OWNER, "times", [times]))[0])
    return ask(column(_OWNER, "times", times))


def _jobs(n_jobs: int | None) -> int | None:
    return _arguments.optional_whole_number(_OWNER, "n_jobs", n_jobs, -1, 1_024)
