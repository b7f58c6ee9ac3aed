"""What a transaction of each customer is worth."""

import json
import os
from typing import Any, Self

from patronomy import _arguments, _core
from patronomy._value_models import Array, ValueModel, column, content, optional_column
from patronomy.errors import ParameterError

__all__ = ["GammaGamma"]

_OWNER = "GammaGamma"


class GammaGamma(ValueModel):
    """Gamma-gamma: the mean value of a customer's transactions, learnt from few of them.

    Fader and Hardie (2013), "The gamma-gamma model of monetary value". Values of a customer's
    transactions are from Gamma(p, nu), and nu of customers from Gamma(q, v). It holds that how
    much a customer spends does not depend on how often; `notices_` says where it does. Customers
    without a transaction take no part.

    Parameters
    ----------
    penalty : float, default 0
        This times the sum of the squared logarithms of the parameters is taken from the mean
        log-likelihood.
    max_iter : int, default 500
        Most steps of the search.
    tol : float, default 1e-7
        The search ends where no derivative of the mean log-likelihood is larger.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.

    Attributes
    ----------
    p_, q_, v_ : float, the parameters; v_ in the unit of the values
    params_, standard_errors_ : dict, parameters by name and their errors (Hessian)
    log_likelihood_, aic_, bic_ : float; they depend on the currency
    population_mean_ : float or None, p v / (q - 1); None where q is at most 1
    frequency_correlation_ : float or None, of frequency and mean value
    n_customers_, n_groups_ : int
    converged_ : bool
    n_iter_ : int
    notices_ : list of str, what you should know of the fit

    Examples
    --------
    >>> import patronomy as pt
    >>> frequency = [1, 2, 3, 4, 5, 2] * 20
    >>> value = [10.0 + i % 17 for i in range(120)]
    >>> model = pt.GammaGamma().fit(frequency, value)
    >>> 10.0 < model.expected_spend([1], [26.0])[0] < 26.0
    np.True_
    """

    _core_model = _core.SpendModel

    p_: float
    q_: float
    v_: float
    population_mean_: float | None
    frequency_correlation_: float | None
    n_groups_: int

    def __init__(
        self,
        *,
        penalty: float = 0.0,
        max_iter: int = 500,
        tol: float = 1e-7,
        n_jobs: int | None = None,
    ) -> None:
        self.penalty = penalty
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs

    def fit(self, frequency: Any, mean_value: Any, *, weights: Any = None) -> Self:
        """Find the parameters that make these values likeliest.

        Parameters
        ----------
        frequency : column
            Transactions that each mean is of.
        mean_value : column
            Their mean value, above 0 where there is a transaction.
        weights : column, optional
            How many customers each row stands for.

        Raises
        ------
        BadValuesError
            For values of 0 or less, with how many and the first; for what is no number.
        TooFewRowsError
            Without a customer who has a transaction.
        """
        model = _core.SpendModel.fit(
            column(_OWNER, "frequency", frequency),
            column(_OWNER, "mean_value", mean_value),
            optional_column(_OWNER, "weights", weights),
            json.dumps({"controls": self._controls()}),
            self._n_jobs(),
        )
        self._take(model)
        return self

    def expected_spend(self, frequency: Any, mean_value: Any) -> Array:
        """Return the expected value of a transaction of each customer.

        p (v + x z) / (p x + q - 1): a mean of the customer's own values and of all customers'
        (equation 5). Without a transaction it is the mean of all.
        """
        found: Array = self._fitted().expected(
            column(_OWNER, "frequency", frequency),
            column(_OWNER, "mean_value", mean_value),
            self._n_jobs(),
        )
        return found

    def expected_interval(
        self,
        frequency: Any,
        mean_value: Any,
        *,
        level: float = 0.95,
        n_draws: int = 200,
        random_state: int = 0,
    ) -> tuple[Array, Array]:
        """Return the limits of `expected_spend`, as p, q and v are known so well only.

        They hold the mean of customers who did the same, not the next purchase of one of them.
        Parameters are drawn from the normal distribution of their logarithms.

        Raises
        ------
        ParameterError
            If a parameter breaks its rule, or the model has no standard errors.
        """
        params = {
            "level": _arguments.number(_OWNER, "level", level),
            "n_draws": _arguments.whole_number(_OWNER, "n_draws", n_draws, 20, 10_000),
            "seed": _arguments.whole_number(
                _OWNER, "random_state", random_state, 0, 2**64 - 1
            ),
        }
        found: tuple[Array, Array] | None = self._fitted().intervals(
            column(_OWNER, "frequency", frequency),
            column(_OWNER, "mean_value", mean_value),
            json.dumps(params),
            self._n_jobs(),
        )
        if found is None:
            raise ParameterError(
                "`level` of `GammaGamma` must be left alone for a model without standard "
                "errors: its fit ended at no maximum"
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
        model = _core.SpendModel.load(os.fspath(path))
        controls = content(model)["params"]["controls"]
        return cls()._restored(model, controls)

    def _take(self, model: Any) -> None:
        super()._take(model)
        found = content(model)
        self.population_mean_ = model.population_mean
        self.frequency_correlation_ = found["frequency_correlation"]
        self.n_groups_ = found["n_groups"]
