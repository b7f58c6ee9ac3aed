"""What models of customer value share: columns checked, estimates read, models that travel."""

import json
import os
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from patronomy import _arguments
from patronomy._estimator import Estimator
from patronomy._opening import speaks_arrow
from patronomy.errors import ParameterError

if TYPE_CHECKING:
    import numpy

Array: TypeAlias = "numpy.ndarray[Any, Any]"

_MOST_STEPS = 2**31 - 1


class ValueModel(Estimator):
    """A model fitted by maximum likelihood."""

    _core_model: ClassVar[Any]

    penalty: float
    max_iter: int
    tol: float
    n_jobs: int | None

    params_: dict[str, float]
    standard_errors_: dict[str, float | None]
    log_likelihood_: float
    aic_: float
    bic_: float
    n_customers_: int
    n_iter_: int
    converged_: bool
    notices_: list[str]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file; it is there whole or not at all."""
        self._fitted().save(os.fspath(path))

    def _take(self, model: Any) -> None:
        """Read what was learnt into attributes, each parameter as one with a dash."""
        self._model = model
        found = content(model)
        estimates = found["estimates"]
        parameters = estimates["parameters"]
        self.params_ = {p["name"]: p["value"] for p in parameters}
        self.standard_errors_ = {p["name"]: p["standard_error"] for p in parameters}
        for name, value in self.params_.items():
            if name.isidentifier():
                setattr(self, f"{name}_", value)
        self.log_likelihood_ = estimates["log_likelihood"]
        self.aic_, self.bic_ = model.criteria
        self.n_customers_ = found["n_customers"]
        self.n_iter_ = estimates["n_iter"]
        self.converged_ = estimates["converged"]
        self.notices_ = found["notices"]

    def _controls(self) -> dict[str, Any]:
        owner = type(self).__name__
        return {
            "penalty": _arguments.number(owner, "penalty", self.penalty),
            "max_iter": _arguments.whole_number(
                owner, "max_iter", self.max_iter, 1, _MOST_STEPS
            ),
            "tol": _arguments.number(owner, "tol", self.tol),
        }

    def _n_jobs(self) -> int | None:
        return _arguments.optional_whole_number(
            type(self).__name__, "n_jobs", self.n_jobs, -1, 1_024
        )

    def _fitted(self) -> Any:
        if not hasattr(self, "_model"):
            raise AttributeError(
                f"This {type(self).__name__} instance is not fitted yet; call fit first"
            )
        return self._model

    def _restored(self, model: Any, controls: dict[str, Any]) -> Self:
        """Fill an estimator that stands for a model from a file."""
        for name, value in controls.items():
            setattr(self, name, value)
        self._take(model)
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        # The customers stay behind: a model is small.
        state.pop("_customers", None)
        model = state.pop("_model", None)
        if model is not None:
            state["_saved"] = model.to_json()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        saved = self.__dict__.pop("_saved", None)
        if saved is not None:
            self._model = self._core_model.from_json(saved)


def content(model: Any) -> dict[str, Any]:
    """Return what a model of the core holds, without the envelope it is saved in."""
    found: dict[str, Any] = json.loads(model.to_json())["model"]
    return found


def column(owner: str, name: str, values: Any) -> Any:
    """Return a column of floats: an array, a series of any kind, or a list."""
    import numpy as np

    if isinstance(values, str):
        raise ParameterError(
            f"`{name}` of `{owner}` must be a column of numbers; got a text: give the "
            f"column itself, such as table[{values!r}]"
        )
    if speaks_arrow(values) and hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        found = np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"`{name}` of `{owner}` must be a column of numbers; {error}"
        ) from error
    if found.ndim != 1 or np.ndim(values) != 1:
        raise ParameterError(
            f"`{name}` of `{owner}` must have one dimension; got {np.ndim(values)}"
        )
    return found


def optional_column(owner: str, name: str, values: Any) -> Any:
    """Return the same, or None where nothing is given."""
    return None if values is None else column(owner, name, values)
