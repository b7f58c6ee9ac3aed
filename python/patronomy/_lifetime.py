"""What laws of buying and leaving share: customers summed up, the fit, and every question."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, TypeAlias

from patronomy import _arguments, _core
from patronomy._lifetime_results import Holdout, LikelihoodRatio, Tracking
from patronomy._progress import Progress, reporting
from patronomy._value_models import Array, ValueModel, column, content, optional_column
from patronomy.errors import ParameterError, SavedFormatError

_MOST_COUNT = 100_000
_MOST_SEED = 2**64 - 1

Prediction: TypeAlias = Literal[
    "p_alive", "p_stay", "expected_transactions", "discounted_transactions"
]
# Each with its name in the core, and that of its argument.
_PREDICTIONS: dict[str, tuple[str, str | None]] = {
    "p_alive": ("p_alive", None),
    "p_stay": ("p_stay", "time"),
    "expected_transactions": ("expected", "time"),
    "discounted_transactions": ("discounted", "rate"),
}


class Lifetime(ValueModel):
    """A law of buying and leaving, and what it says of customers.

    Methods that take `frequency`, `recency` and `T` answer for the customers of the fit where
    none are given. All times are in the unit of the fit.
    """

    _core_model = _core.LifetimeModel
    _law: ClassVar[str]

    progress: Progress
    n_groups_: int

    def fit(
        self,
        frequency: Any,
        recency: Any,
        T: Any,
        *,
        weights: Any = None,
        covariates: Any = None,
    ) -> Self:
        """Find the parameters that make these customers likeliest.

        Parameters
        ----------
        frequency : column of whole numbers
            Repeat transactions of each customer, those after the first.
        recency : column
            Time from the first transaction to the last; 0 without a repeat.
        T : column
            Time from the first transaction to the end of observation; above 0.
        weights : column, optional
            How many customers each row stands for.
        covariates : table or mapping of names to columns, optional
            Numbers that customers have from the start, where the model names any.

        Returns
        -------
        The model itself. One that has not converged says so in `converged_` and `notices_`.

        Raises
        ------
        BadValuesError
            For rows that break a rule, with how many and the first: a repeat at time 0,
            a recency above T, T not above 0, what is no finite number.
        ParameterError
            For parameters outside their rules and columns of unequal length.
        TooFewRowsError
            Without a customer.
        """
        return self._fit(self._customers_of(frequency, recency, T, weights, covariates))

    def _fit(self, customers: _core.CustomerSummary) -> Self:
        with reporting(self.progress) as report:
            model = _core.LifetimeModel.fit(
                customers, self._params(), report, self._n_jobs()
            )
        self._customers = customers
        self._take(model)
        return self

    @classmethod
    def from_parameters(cls, *values: float) -> Self:
        """Return the law with parameters that are known from elsewhere, such as a paper.

        They are in the order of the paper, which is that of `params_`.
        """
        if len(values) != 4:
            raise ParameterError(
                f"`values` of `{cls.__name__}` must be 4 parameters; got {len(values)}"
            )
        numbers = [_arguments.number(cls.__name__, "values", v) for v in values]
        model = cls()
        model._take(_core.LifetimeModel.given(model._params(), numbers))
        return model

    def p_alive(
        self,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Array:
        """Return the chance that each customer is still one, from 0 to 1."""
        asked = self._asked(frequency, recency, T, covariates)
        found: Array = self._fitted().p_alive(asked, self._n_jobs())
        return found

    def expected_transactions(
        self,
        t: float,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Array:
        """Return the transactions expected of each customer within `t` after observation."""
        asked = self._asked(frequency, recency, T, covariates)
        found: Array = self._fitted().expected(
            asked, self._number("t", t), self._n_jobs()
        )
        return found

    def expected_interval(
        self,
        t: float,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
        level: float = 0.95,
        n_draws: int = 200,
        drawn: Literal["normal", "bootstrap"] = "normal",
        random_state: int = 0,
    ) -> tuple[Array, Array]:
        """Return the limits of what is expected, as the parameters are known so well only.

        They hold the mean of customers who did the same, not the count of one of them: for
        that see `count_probabilities`. Parameters are drawn from the normal distribution of
        their logarithms, or come from fits to customers weighted anew (the Bayesian bootstrap,
        Rubin 1981).
        """
        return self.interval(
            "expected_transactions",
            t,
            frequency,
            recency,
            T,
            covariates=covariates,
            level=level,
            n_draws=n_draws,
            drawn=drawn,
            random_state=random_state,
        )

    def interval(
        self,
        prediction: Prediction,
        at: float | None = None,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
        level: float = 0.95,
        n_draws: int = 200,
        drawn: Literal["normal", "bootstrap"] = "normal",
        random_state: int = 0,
    ) -> tuple[Array, Array]:
        """Return the limits of a prediction, as the parameters are known so well only.

        Parameters
        ----------
        prediction : str
            "p_alive", "p_stay", "expected_transactions" or "discounted_transactions".
        at : float, optional
            The time of "p_stay" and "expected_transactions", the rate of
            "discounted_transactions"; "p_alive" has none.
        frequency, recency, T, covariates
            Customers other than those of the fit.
        level, n_draws, drawn, random_state
            As in `expected_interval`.
        """
        asked = self._asked(frequency, recency, T, covariates)
        params = self._interval_params(level, n_draws, drawn, random_state)
        with reporting(self.progress) as report:
            low, high = self._fitted().intervals(
                asked, self._prediction(prediction, at), params, report, self._n_jobs()
            )
        return low, high

    def interval_of_new(
        self,
        prediction: Prediction,
        at: float | None = None,
        covariates: Sequence[float] = (),
        *,
        level: float = 0.95,
        n_draws: int = 200,
        random_state: int = 0,
    ) -> tuple[float, float]:
        """Return the limits of a prediction of a new customer; see `interval`."""
        found: tuple[float, float] = self._fitted().interval_new(
            self._prediction(prediction, at),
            list(covariates),
            self._interval_params(level, n_draws, "normal", random_state),
        )
        return found

    def _interval_params(
        self, level: float, n_draws: int, drawn: str, random_state: int
    ) -> str:
        owner = type(self).__name__
        whole = _arguments.whole_number
        return json.dumps(
            {
                "level": self._number("level", level),
                "n_draws": whole(owner, "n_draws", n_draws, 20, 10_000),
                "drawn": _arguments.choice(
                    owner, "drawn", drawn, ("normal", "bootstrap")
                ),
                "seed": whole(owner, "random_state", random_state, 0, _MOST_SEED),
            }
        )

    def _prediction(self, prediction: str, at: float | None) -> str:
        """Return what is asked in the form of the core."""
        owner = type(self).__name__
        name = _arguments.choice(owner, "prediction", prediction, tuple(_PREDICTIONS))
        core, argument = _PREDICTIONS[name]
        if argument is None:
            if at is not None:
                raise ParameterError(
                    f"`at` of `{owner}` must be left away for {name!r}; "
                    f"got {_arguments.shown(at)}"
                )
            return json.dumps(core)
        return json.dumps({core: {argument: _arguments.number(owner, "at", at)}})

    def p_stay(
        self,
        t: float,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Array:
        """Return the chance of each customer, if still there, to be there `t` later as well.

        One less it is the hazard of leaving within `t`.
        """
        asked = self._asked(frequency, recency, T, covariates)
        found: Array = self._fitted().p_stay(
            asked, self._number("t", t), self._n_jobs()
        )
        return found

    def discounted_transactions(
        self,
        rate: float,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Array:
        """Return all transactions to come of each customer, discounted.

        Each is worth exp(-rate x time until it): `rate` is per unit of time, with continuous
        compounding, ln(1 + d) for an interest of d (discounted expected residual transactions;
        Fader, Hardie and Lee 2005, "RFM and CLV").
        """
        asked = self._asked(frequency, recency, T, covariates)
        found: Array = self._fitted().discounted(
            asked, self._number("rate", rate), self._n_jobs()
        )
        return found

    def count_probabilities(
        self,
        t: float,
        n_max: int,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Array:
        """Return the chances of 0, 1, ... `n_max` transactions within `t`, a row a customer."""
        asked = self._asked(frequency, recency, T, covariates)
        found: Array = self._fitted().count_probabilities(
            asked, self._number("t", t), self._count("n_max", n_max), self._n_jobs()
        )
        return found

    def log_likelihoods(
        self,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Array:
        """Return the logarithm of the likelihood of each customer."""
        asked = self._asked(frequency, recency, T, covariates)
        found: Array = self._fitted().log_likelihoods(asked, self._n_jobs())
        return found

    def expected_of_new(self, t: float, covariates: Sequence[float] = ()) -> float:
        """Return the repeat transactions expected of a new customer within `t`."""
        found: float = self._fitted().expected_new(
            self._number("t", t), list(covariates)
        )
        return found

    def discounted_of_new(self, rate: float, covariates: Sequence[float] = ()) -> float:
        """Return all repeat transactions of a new customer, discounted."""
        found: float = self._fitted().discounted_new(
            self._number("rate", rate), list(covariates)
        )
        return found

    def count_probabilities_of_new(
        self, t: float, n_max: int, covariates: Sequence[float] = ()
    ) -> Array:
        """Return the chances that a new customer comes back 0, 1, ... `n_max` times."""
        found: Array = self._fitted().count_probabilities_new(
            self._number("t", t), self._count("n_max", n_max), list(covariates)
        )
        return found

    def holdout(
        self,
        actual: Any,
        t: float,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
        max_frequency: int = 7,
    ) -> Holdout:
        """Return transactions of the `t` after observation beside those expected.

        `actual` has those of each customer. Source: the hold-out plots of Fader, Hardie and
        Lee (2005).
        """
        asked = self._asked(frequency, recency, T, covariates)
        found = self._fitted().holdout(
            asked,
            column(type(self).__name__, "actual", actual),
            self._number("t", t),
            self._count("max_frequency", max_frequency),
            self._n_jobs(),
        )
        return Holdout(**json.loads(found))

    def tracking(
        self,
        ends: Sequence[float],
        actual_increments: Sequence[float] | None = None,
        frequency: Any = None,
        recency: Any = None,
        T: Any = None,
        *,
        covariates: Any = None,
    ) -> Tracking:
        """Return repeat transactions of all customers up to each of the times `ends`.

        The clock begins when the first customer came; times beyond the end of observation
        are a forecast. `actual_increments` are the transactions that were made between them.
        """
        asked = self._asked(frequency, recency, T, covariates)
        actual = None if actual_increments is None else list(actual_increments)
        found = json.loads(
            self._fitted().tracking(asked, list(ends), actual, self._n_jobs())
        )
        return Tracking(**found)

    def likelihood_ratio(self, full: "Lifetime") -> LikelihoodRatio:
        """Test this model as a special case of `full`, fitted on the same customers."""
        return LikelihoodRatio(*self._fitted().likelihood_ratio(full._fitted()))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote; the customers it was fitted on were not kept.

        Raises
        ------
        SavedFormatError
            If the file is not one of ours, is damaged, or holds another law.
        """
        model = _core.LifetimeModel.load(os.fspath(path))
        params = content(model)["params"]
        loaded = cls(**cls._of_law(path, params["law"]))
        loaded._set_covariates(params)
        return loaded._restored(model, params["controls"])

    @classmethod
    def _of_law(cls, path: Any, law: Any) -> dict[str, Any]:
        """Return the parameters of the class that a law tells."""
        if law != cls._law:
            raise SavedFormatError(
                f"{os.fspath(path)!r} holds the law `{law}`; `{cls.__name__}` reads `{cls._law}`"
            )
        return {}

    def _set_covariates(self, params: dict[str, Any]) -> None:
        """Read the names of covariates, where the law has any."""

    def _law_params(self) -> dict[str, Any]:
        return {"law": self._law}

    def _params(self) -> str:
        return json.dumps({**self._law_params(), "controls": self._controls()})

    def _take(self, model: Any) -> None:
        super()._take(model)
        self.n_groups_ = content(model)["n_groups"]

    def _number(self, name: str, value: Any) -> float:
        return _arguments.number(type(self).__name__, name, value)

    def _count(self, name: str, value: Any) -> int:
        return _arguments.whole_number(type(self).__name__, name, value, 0, _MOST_COUNT)

    def _asked(self, frequency: Any, recency: Any, T: Any, covariates: Any) -> Any:
        """Return the customers that are asked about: those given, or those of the fit."""
        self._fitted()
        given = [x is not None for x in (frequency, recency, T)]
        if all(given):
            return self._customers_of(frequency, recency, T, None, covariates)
        if any(given) or covariates is not None:
            raise ParameterError(
                f"`frequency`, `recency` and `T` of `{type(self).__name__}` must be given "
                "together; without any the customers of the fit are meant"
            )
        if not hasattr(self, "_customers"):
            raise ParameterError(
                f"`frequency` of `{type(self).__name__}` must be given, with `recency` and "
                "`T`: a loaded or given model has no customers of its own"
            )
        return self._customers

    def _customers_of(
        self,
        frequency: Any,
        recency: Any,
        T: Any,
        weights: Any,
        covariates: Any,
        log_intervals: Any = None,
    ) -> _core.CustomerSummary:
        owner = type(self).__name__
        return _core.CustomerSummary(
            (
                column(owner, "frequency", frequency),
                column(owner, "recency", recency),
                column(owner, "T", T),
            ),
            optional_column(owner, "weights", weights),
            optional_column(owner, "log_intervals", log_intervals),
            self._covariates_of(covariates),
            self._n_jobs(),
        )

    def _covariates_of(self, covariates: Any) -> list[tuple[str, Any]]:
        if covariates is None:
            return []
        owner = type(self).__name__
        named = self._named_covariates()
        if not named:
            raise ParameterError(
                f"`covariates` of `{owner}` must be None: the model depends on none; "
                "`BGNBD` and `ParetoNBD` name them in `rate_covariates` and "
                "`dropout_covariates`"
            )
        names = (
            covariates if isinstance(covariates, Mapping) else _columns_of(covariates)
        )
        # Other columns of the table would keep equal customers apart.
        return [(n, column(owner, n, covariates[n])) for n in names if n in named]

    def _named_covariates(self) -> set[str]:
        """Return the covariates that the law depends on."""
        return set()


def _columns_of(table: Any) -> list[Any]:
    names = getattr(table, "column_names", getattr(table, "columns", None))
    if names is None:
        raise ParameterError(
            "`covariates` must be a table or a mapping of names to columns"
        )
    return list(names)


class WithCovariates(Lifetime):
    """A law whose parameters may depend on what is known of customers from the start."""

    rate_covariates: Sequence[str]
    dropout_covariates: Sequence[str]

    def __init__(
        self,
        *,
        rate_covariates: Sequence[str] = (),
        dropout_covariates: Sequence[str] = (),
        penalty: float = 0.0,
        max_iter: int = 500,
        tol: float = 1e-7,
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.rate_covariates = rate_covariates
        self.dropout_covariates = dropout_covariates
        self.penalty = penalty
        self.max_iter = max_iter
        self.tol = tol
        self.n_jobs = n_jobs
        self.progress = progress

    def _law_params(self) -> dict[str, Any]:
        owner = type(self).__name__
        named = ("rate_covariates", "dropout_covariates")
        rule = "names of covariates"
        return {
            "law": self._law,
            **{n: _arguments.items(owner, n, getattr(self, n), rule) for n in named},
        }

    def _named_covariates(self) -> set[str]:
        return {*self.rate_covariates, *self.dropout_covariates}

    def _set_covariates(self, params: dict[str, Any]) -> None:
        self.rate_covariates = tuple(params["rate_covariates"])
        self.dropout_covariates = tuple(params["dropout_covariates"])
