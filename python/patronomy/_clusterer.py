"""What estimators of clusters share: rows checked, names kept, models that travel."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from patronomy import _arguments, _matrix
from patronomy._estimator import Estimator

if TYPE_CHECKING:
    import numpy

Array: TypeAlias = "numpy.ndarray[Any, Any]"

MOST = 2**31 - 1


class Clusterer(Estimator):
    """An estimator of clusters, by scikit-learn's conventions."""

    _core_model: ClassVar[Any]

    n_jobs: int | None
    labels_: Array
    notices_: list[str]
    n_features_in_: int
    feature_names_in_: Array

    def _rows(self, X: Any) -> Any:
        """Return what the core reads: at least one row and one column of numbers."""
        data = _matrix.numbers(self._owner(), X)
        _matrix.at_least_one(self._owner(), data)
        return data

    def _name_features(self, n_features: int, names: list[str]) -> None:
        self.n_features_in_ = n_features
        if names:
            import numpy as np

            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _fitted(self) -> Any:
        if not hasattr(self, "_model"):
            raise _not_fitted()(
                f"This {type(self).__name__} instance is not fitted yet; call fit first"
            )
        return self._model

    def _like_fit(self, X: Any) -> Any:
        self._fitted()
        data = self._rows(X)
        _matrix.same_columns(self._owner(), data, self.n_features_in_)
        return data

    @classmethod
    def _owner(cls) -> str:
        return cls.__name__

    def _n_jobs(self) -> int | None:
        return _arguments.optional_whole_number(
            self._owner(), "n_jobs", self.n_jobs, -1, 1_024
        )

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="clusterer",
            target_tags=TargetTags(required=False),
            input_tags=InputTags(),
        )

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        model = state.pop("_model", None)
        if model is not None:
            state["_saved"] = model.to_json()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        saved = self.__dict__.pop("_saved", None)
        if saved is not None:
            self._model = self._core_model.from_json(saved)


def seed(owner: str, random_state: Any) -> int:
    """Return a seed: a whole number as it is, a generator's next."""
    if random_state is None:
        return 0
    if hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    if hasattr(random_state, "integers"):
        return int(random_state.integers(2**63 - 1))
    return _arguments.whole_number(owner, "random_state", random_state, 0, 2**64 - 1)


def _not_fitted() -> type[Exception]:
    """Return scikit-learn's error where scikit-learn is in use."""
    import sys

    if "sklearn" in sys.modules:
        from sklearn import exceptions

        error: type[Exception] = exceptions.NotFittedError
        return error
    return AttributeError
