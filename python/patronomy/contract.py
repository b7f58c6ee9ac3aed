"""How long contracts are renewed."""

import json
import os
from typing import Any, Self

from patronomy import _arguments, _core
from patronomy._value_models import Array, ValueModel, column, content, optional_column
from patronomy.errors import ParameterError

__all__ = ["ShiftedBetaGeometric"]

_OWNER = "ShiftedBetaGeometric"
_MOST_PERIODS = 1_000_000


class ShiftedBetaGeometric(ValueModel):
    """Shifted beta-geometric: customers leave at the end of a period, each with a chance of their own.

    Fader and Hardie (2007), "How to project customer retention". Chances are from
    Beta(alpha, beta): retention rises with time although no customer changes, for those likely to
    leave have left.

    Parameters
    ----------
    penalty : float, default 0
        This times the sum of the squared logarithms of the parameters is taken from the mean
        log-likelihood.
    max_iter : int, default 500
        Most steps of the search.
    tol : float, default 1e-7
        The search ends where no derivative of the mean log-likelihood is larger.

    Attributes
    ----------
    alpha_, beta_ : float, the parameters
    params_, standard_errors_ : dict, parameters by name and their errors (Hessian)
    log_likelihood_, aic_, bic_ : float
    n_customers_ : int
    converged_ : bool
    n_iter_ : int
    notices_ : list of str, what you should know of the fit

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.ShiftedBetaGeometric().fit_retained([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> round(model.alpha_, 3), round(model.beta_, 3)
    (0.668, 3.806)
    >>> float(model.survival(12)[12].round(3))
    0.378
    """

    _core_model = _core.ContractModel

    alpha_: float
    beta_: float
    n_jobs = None

    def __init__(
        self, *, penalty: float = 0.0, max_iter: int = 500, tol: float = 1e-7
    ) -> None:
        self.penalty = penalty
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, periods: Any, has_left: Any, *, weights: Any = None) -> Self:
        """Find the parameters from customers one by one.

        Parameters
        ----------
        periods : column of whole numbers
            Periods that each customer has begun, 1 or more.
        has_left : column of bool
            Whether the customer has left at the end of the last; else it was renewed then,
            and what follows is not known.
        weights : column, optional
            How many customers each row stands for.

        Raises
        ------
        BadValuesError, ParameterError, TooFewRowsError
            For tenures that count no periods, columns of unequal length, and no customer.
        """
        import numpy as np

        left = np.ascontiguousarray(has_left)
        if left.dtype != np.bool_:
            raise ParameterError(
                f"`has_left` of `{_OWNER}` must be a column of bool; got {left.dtype}"
            )
        model = _core.ContractModel.fit(
            column(_OWNER, "periods", periods),
            left,
            optional_column(_OWNER, "weights", weights),
            self._params(),
        )
        self._take(model)
        return self

    def fit_retained(self, retained: Any) -> Self:
        """Find the parameters from one cohort: its size at the start, and after each period."""
        counts = column(_OWNER, "retained", retained)
        self._take(_core.ContractModel.fit_retained(counts, self._params()))
        return self

    def survival(self, periods: int) -> Array:
        """Return the share of customers that is left after 0, 1, ... `periods` periods."""
        found: Array = self._fitted().survival(self._periods(periods))
        return found

    def retention(self, periods: int) -> Array:
        """Return the share of those there in period 1, 2, ... `periods` that renews."""
        found: Array = self._fitted().retention(self._periods(periods))
        return found

    def discounted_renewals(self, renewals: Any, rate: float) -> Array:
        """Return the renewals to come of customers who have renewed so many times.

        The next one is now and at full worth, each later one discounted by exp(-rate) for each
        period between: ln(1 + d) for an interest of d (Fader and Hardie 2010, equation 6).
        """
        found: Array = self._fitted().discounted(
            column(_OWNER, "renewals", renewals),
            _arguments.number(_OWNER, "rate", rate),
        )
        return found

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote.

        Raises
        ------
        SavedFormatError
            If the file is not one of ours, is damaged or of a later version.
        """
        model = _core.ContractModel.load(os.fspath(path))
        controls = content(model)["params"]["controls"]
        return cls()._restored(model, controls)

    def _periods(self, periods: Any) -> int:
        return _arguments.whole_number(_OWNER, "periods", periods, 0, _MOST_PERIODS)

    def _params(self) -> str:
        return json.dumps({"controls": self._controls()})
