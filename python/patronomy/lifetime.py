"""Laws of how customers buy and leave: who is still one, and how much is to come."""

import os
from typing import Any, Literal, Self

from patronomy import _arguments
from patronomy._lifetime import Lifetime, WithCovariates
from patronomy._lifetime_results import Holdout, LikelihoodRatio, Tracking
from patronomy._progress import Progress
from patronomy._value_models import content
from patronomy.errors import SavedFormatError

__all__ = [
    "BGBB",
    "BGCNBD",
    "BGNBD",
    "MBGNBD",
    "Holdout",
    "LikelihoodRatio",
    "ParetoNBD",
    "Tracking",
]


class BGNBD(WithCovariates):
    """BG/NBD: purchases at random; after each repeat a customer may leave for good.

    Fader, Hardie and Lee (2005), "Counting your customers the easy way". Rates are from
    Gamma(r, alpha), chances to leave from Beta(a, b). Equal customers are computed once, so data
    rounded to days are fast. Parameters are searched by their logarithms, with exact
    derivatives; a customer who has not bought again cannot have left.

    Parameters
    ----------
    rate_covariates, dropout_covariates : sequence of str, default ()
        Columns of `covariates` that buying and leaving depend on (Fader and Hardie 2007):
        alpha of a customer is alpha exp(-g z); a and b are a exp(g z) and b exp(g z). Effects
        are in `params_` as "alpha.name".
    penalty : float, default 0
        This times the sum of the squared logarithms of the parameters is taken from the mean
        log-likelihood; it keeps parameters of scarce data from running off, and biases all.
    max_iter : int, default 500
        Most steps of the search.
    tol : float, default 1e-7
        The search ends where no derivative of the mean log-likelihood is larger.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.
    progress : bool or callable, optional
        Whether a bar is shown; by default for long work where somebody is watching.

    Attributes
    ----------
    r_, alpha_, a_, b_ : float, the parameters; alpha_ in the unit of the times
    params_, standard_errors_ : dict, parameters by name and their errors (Hessian)
    log_likelihood_, aic_, bic_ : float
    n_customers_, n_groups_ : int, customers, and how many of them differ
    converged_ : bool
    n_iter_ : int
    notices_ : list of str, what you should know of the fit

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.BGNBD.from_parameters(0.243, 4.414, 0.793, 2.426)
    >>> model.p_alive([26], [30.86], [31.0]).round(2).tolist()
    [0.97]
    >>> round(model.expected_of_new(52.0), 2)
    1.45
    """

    _law = "bg_nbd"

    r_: float
    alpha_: float
    a_: float
    b_: float


class ParetoNBD(WithCovariates):
    """Pareto/NBD: purchases at random; a customer may leave at any time.

    Schmittlein, Morrison and Colombo (1987). Rates of buying are from Gamma(r, alpha), rates of
    leaving from Gamma(s, beta). Parameters, attributes and methods are those of `BGNBD`, with
    r_, alpha_, s_ and beta_; a covariate of leaving divides beta.

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.ParetoNBD.from_parameters(0.553, 10.578, 0.606, 11.669)
    >>> round(model.expected_of_new(52.0), 2)
    1.47
    """

    _law = "pareto_nbd"

    r_: float
    alpha_: float
    s_: float
    beta_: float


class MBGNBD(Lifetime):
    """MBG/NBD: as BG/NBD, and a customer may leave after the first purchase too.

    Batislam, Denizel and Filiztekin (2007); Hoppe and Wagner (2007). Parameters, attributes and
    methods are those of `BGNBD`, without covariates.

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.MBGNBD.from_parameters(0.525, 6.183, 0.891, 1.614)
    >>> 0.0 < model.p_alive([0], [0.0], [39.0])[0] < 1.0
    np.True_
    """

    _law = "mbg_nbd"

    r_: float
    alpha_: float
    a_: float
    b_: float

    def __init__(
        self,
        *,
        penalty: float = 0.0,
        max_iter: int = 500,
        tol: float = 1e-7,
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.penalty = penalty
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.progress = progress


class BGBB(MBGNBD):
    """BG/BB: opportunities, such as years, that a customer uses or not, until leaving.

    Fader, Hardie and Shang (2010). An opportunity is used with a chance from Beta(alpha, beta);
    before each a customer leaves with a chance from Beta(gamma, delta). `frequency`, `recency`
    and `T` count opportunities. Parameters and methods are those of `MBGNBD`.

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.BGBB.from_parameters(1.204, 0.750, 0.657, 2.783)
    >>> model.p_alive([6], [6], [6]).round(2).tolist()
    [0.93]
    """

    _law = "bg_bb"

    beta_: float
    gamma_: float
    delta_: float


class BGCNBD(Lifetime):
    """BG/CNBD-k: BG/NBD of regular buyers, whose intervals are Erlang-k.

    Platzer and Reutterer (2016); Reutterer, Platzer and Schroeder (2021). Who buys every month
    and has been quiet for three is gone, while one who buys at random may only be late.

    Parameters
    ----------
    k : int or "auto", default "auto"
        How regular purchases are, 1 being at random; by default the one from 1 to 6 that makes
        the data likeliest, for which `fit` needs `log_intervals`.
    may_leave_at_once : bool, default False
        Whether a customer may leave after the first purchase too (MBG/CNBD-k).
    penalty, max_iter, tol, n_jobs, progress
        As of `BGNBD`.

    Attributes
    ----------
    k_ : int, how regular purchases are
    tried_ : dict of each k tried and its log-likelihood
    r_, alpha_, a_, b_ and those of `BGNBD`

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.BGCNBD(k=3)
    >>> model
    BGCNBD(k=3)
    """

    r_: float
    alpha_: float
    a_: float
    b_: float
    k_: int
    tried_: dict[int, float]

    def __init__(
        self,
        *,
        k: int | Literal["auto"] = "auto",
        may_leave_at_once: bool = False,
        penalty: float = 0.0,
        max_iter: int = 500,
        tol: float = 1e-7,
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.k = k
        self.may_leave_at_once = may_leave_at_once
        self.penalty = penalty
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(
        self,
        frequency: Any,
        recency: Any,
        T: Any,
        *,
        weights: Any = None,
        covariates: Any = None,
        log_intervals: Any = None,
    ) -> Self:
        """Find the parameters, and k where it is open.

        As `BGNBD.fit`; `log_intervals` is for each customer the sum of the logarithms of the
        times between transactions, 0 without a repeat.
        """
        return self._fit(
            self._customers_of(
                frequency, recency, T, weights, covariates, log_intervals
            )
        )

    def _law_params(self) -> dict[str, Any]:
        owner = type(self).__name__
        k = (
            None
            if self.k == "auto"
            else _arguments.whole_number(owner, "k", self.k, 1, 100)
        )
        late = _arguments.flag(owner, "may_leave_at_once", self.may_leave_at_once)
        return {"law": {"mbg_cnbd" if late else "bg_cnbd": {"k": k}}}

    @classmethod
    def _of_law(cls, path: Any, law: Any) -> dict[str, Any]:
        kind = next(iter(law)) if isinstance(law, dict) else law
        if kind not in ("bg_cnbd", "mbg_cnbd"):
            raise SavedFormatError(
                f"{os.fspath(path)!r} holds the law `{kind}`; `{cls.__name__}` reads "
                "`bg_cnbd` and `mbg_cnbd`"
            )
        k = law[kind]["k"]
        return {
            "k": "auto" if k is None else k,
            "may_leave_at_once": kind == "mbg_cnbd",
        }

    def _take(self, model: Any) -> None:
        super()._take(model)
        found = content(model)
        (chosen,) = found["law"].values()
        self.k_ = chosen["k"]
        self.tried_ = {t["k"]: t["log_likelihood"] for t in found["tried"]}
