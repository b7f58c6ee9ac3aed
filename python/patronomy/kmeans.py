"""k-means with the conventions of scikit-learn."""

import json
import os
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from patronomy import _arguments, _core, _matrix
from patronomy._estimator import Estimator
from patronomy._progress import Progress, reporting
from patronomy.errors import ParameterError

if TYPE_CHECKING:
    import numpy

__all__ = ["KMeans"]

Init: TypeAlias = Literal["k-means++", "k-means||", "random"] | Any
_Array: TypeAlias = "numpy.ndarray[Any, Any]"

_OWNER = "KMeans"
_STARTS = ("k-means++", "k-means||", "random")
_MOST = 2**31 - 1


class KMeans(Estimator):
    """Rows to the nearest of `n_clusters` centres, each the mean of its rows.

    Lloyd's algorithm (1982) from the starts of Arthur and Vassilvitskii (2007), with the
    names and meanings of scikit-learn's class. Nothing is scaled. Labels are exact: the
    centre with the least distance in floats of 64 bits, the first of equal ones, by any
    instruction set and with any number of threads. Cost: rows x columns x clusters for each
    iteration; beside the labels hardly any memory, and no copy of the numbers.

    Parameters
    ----------
    n_clusters : int, default 8
        How many centres; at most as many as there are rows.
    init : {"k-means++", "k-means||", "random"} or array (n_clusters, n_features)
        Where they are at first: rows drawn one by one far from each other (greedy
        k-means++), the same in five rounds (Bahmani et al. 2012; fewer passes where there
        are many clusters), rows drawn at random, or these.
    n_init : int or "auto", default "auto"
        How many starts are tried, of which the one with the least inertia is kept; by
        default 10 for ``init="random"``, else 1.
    max_iter : int, default 300
        Most iterations of a start.
    tol : float, default 1e-4
        A start ends when the sum of the squared moves of all centres is at most this
        times the mean variance of the columns.
    random_state : int, numpy.random.RandomState or None, default None
        Seed of what is drawn; None stands for 0, so that every run gives the same.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.
    progress : bool or callable, optional
        Whether a bar is shown; by default for long work where somebody is watching.

    Attributes
    ----------
    cluster_centers_ : numpy.ndarray of shape (n_clusters, n_features)
    labels_ : numpy.ndarray of int32, the number of each row's centre
    inertia_ : float, the weighted sum of the squared distances of the rows to their centres
    n_iter_ : int, iterations of the start that was kept
    sizes_ : numpy.ndarray, rows of each centre
    notices_ : list of str, what you should know of the fit
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of the columns' names, if they have names

    Examples
    --------
    >>> import patronomy as pt
    >>> model = pt.KMeans(n_clusters=2).fit([[0.0], [0.1], [10.0], [10.1]])
    >>> model.predict([[9.0]])[0] == model.labels_[2]
    np.True_
    >>> round(model.inertia_, 6)
    0.01
    """

    cluster_centers_: _Array
    labels_: _Array
    inertia_: float
    n_iter_: int
    sizes_: _Array
    notices_: list[str]
    n_features_in_: int
    feature_names_in_: _Array

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Init = "k-means++",
        n_init: int | Literal["auto"] = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: Any = None,
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Find the centres of `X`.

        Parameters
        ----------
        X
            Rows of numbers: an array, a pandas, polars or pyarrow table, or lists. Arrays
            of float32 and float64 and columns of Arrow are read where they lie.
        y
            Not used.
        sample_weight : array of one number of 0 or more for each row, optional

        Returns
        -------
        The estimator itself.

        Raises
        ------
        ParameterError
            For parameters outside their rules, and more clusters than rows.
        BadValuesError
            For missing or infinite values; names the column.
        """
        data = _matrix.numbers(_OWNER, X)
        _matrix.at_least_one(_OWNER, data)
        n_rows, n_columns = _matrix.shape(data)
        weights = _matrix.weights(_OWNER, sample_weight, n_rows)
        with reporting(self.progress) as report:
            model, self.labels_ = _core.KMeansModel.fit(
                data, self._params(n_columns), weights, report, self._n_jobs()
            )
        self._take(model, n_columns, _matrix.names(X))
        return self

    def fit_predict(
        self, X: Any, y: object = None, sample_weight: Any = None
    ) -> _Array:
        """Fit, and return the labels of the rows."""
        return self.fit(X, y, sample_weight).labels_

    def fit_transform(
        self, X: Any, y: object = None, sample_weight: Any = None
    ) -> _Array:
        """Fit, and return the distances of the rows to the centres."""
        return self.fit(X, y, sample_weight).transform(X)

    def predict(self, X: Any) -> _Array:
        """Return for each row the number of the nearest centre.

        Raises
        ------
        FeatureMismatchError
            If the columns are not those of the fit.
        """
        labels: _Array = self._fitted().predict(self._like_fit(X), self._n_jobs())
        return labels

    def transform(self, X: Any) -> _Array:
        """Return the distance of each row to each centre, rows by clusters."""
        data = self._like_fit(X)
        distances: _Array = self._fitted().transform(data, self._n_jobs())
        return distances

    def score(self, X: Any, y: object = None, sample_weight: Any = None) -> float:
        """Return the negative inertia of these rows."""
        data = self._like_fit(X)
        weights = _matrix.weights(_OWNER, sample_weight, _matrix.shape(data)[0])
        return self._fitted().score(data, weights, self._n_jobs())

    def indices(self, X: Any, *, sample: int = 10_000) -> dict[str, float | None]:
        """Return how well these rows and the clusters fit each other.

        None of these figures says that there are clusters at all: a single cloud has a
        best number of parts too.

        Parameters
        ----------
        X
            Rows, as in `fit`.
        sample : int, default 10000
            So many rows are drawn for the silhouette, whose cost is the square of their
            number.

        Returns
        -------
        dict
            ``inertia``; ``simplified_silhouette`` (distances to centres; Hruschka et al.
            2004), ``silhouette`` (distances to rows; Rousseeuw 1987) with its
            ``silhouette_standard_error`` and ``silhouette_n_rows``, both from -1 to 1;
            ``calinski_harabasz`` (1974): of all of these more is better; and
            ``davies_bouldin`` (1979), of which less is. None where a figure is not
            defined: with fewer than two clusters.

        Examples
        --------
        >>> import patronomy as pt
        >>> X = [[0.0], [1.0], [10.0], [11.0]]
        >>> found = pt.KMeans(2).fit(X).indices(X)
        >>> found["calinski_harabasz"], found["davies_bouldin"]
        (200.0, 0.1)
        """
        most = 2**32
        rows = _arguments.whole_number(_OWNER, "sample", sample, 2, most)
        data = self._like_fit(X)
        seed = _seed(self.random_state)
        scanned, sampled = json.loads(
            self._fitted().indices(data, rows, seed, self._n_jobs())
        )
        mean = {} if sampled is None else sampled
        return {
            **scanned,
            "silhouette": mean.get("mean"),
            "silhouette_standard_error": mean.get("standard_error"),
            "silhouette_n_rows": mean.get("n_rows"),
        }

    def get_feature_names_out(self, input_features: object = None) -> _Array:
        """Return the names of the columns of `transform`."""
        import numpy as np

        self._fitted()
        n = len(self.cluster_centers_)
        return np.array([f"kmeans{i}" for i in range(n)], dtype=object)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the centres and the parameters to a JSON file, whole or not at all."""
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote, ready to predict; the rows' labels were not kept.

        Raises
        ------
        SavedFormatError
            If the file is not one of ours, is damaged or of a later version.
        """
        model = _core.KMeansModel.load(os.fspath(path))
        params = json.loads(model.to_json())["model"]["params"]
        init, n_init = params["init"], params["n_init"]
        if isinstance(init, dict):
            import numpy as np

            init = np.array(init["centers"]).reshape(-1, model.n_features)
        loaded = cls(
            params["n_clusters"],
            init=init,
            n_init="auto" if n_init is None else n_init,
            max_iter=params["max_iter"],
            tol=params["tol"],
            random_state=params["seed"],
        )
        loaded._take(model, model.n_features, model.feature_names)
        return loaded

    def _take(
        self, model: _core.KMeansModel, n_features: int, names: list[str]
    ) -> None:
        import numpy as np

        self._model = model
        self.cluster_centers_ = model.centers
        self.inertia_ = model.inertia
        self.n_iter_ = model.n_iter
        self.sizes_ = model.sizes
        self.notices_ = model.notices
        self.n_features_in_ = n_features
        if names:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _fitted(self) -> _core.KMeansModel:
        if not hasattr(self, "_model"):
            raise _not_fitted()(
                f"This {type(self).__name__} instance is not fitted yet; call fit first"
            )
        return self._model

    def _like_fit(self, X: Any) -> Any:
        self._fitted()
        data = _matrix.numbers(_OWNER, X)
        _matrix.at_least_one(_OWNER, data)
        _matrix.same_columns(_OWNER, data, self.n_features_in_)
        return data

    def _n_jobs(self) -> int | None:
        return _arguments.optional_whole_number(
            _OWNER, "n_jobs", self.n_jobs, -1, 1_024
        )

    def _params(self, n_columns: int) -> str:
        whole = _arguments.whole_number
        params = {
            "n_clusters": whole(_OWNER, "n_clusters", self.n_clusters, 1, _MOST),
            "init": self._first(n_columns),
            "max_iter": whole(_OWNER, "max_iter", self.max_iter, 1, _MOST),
            "tol": _arguments.number(_OWNER, "tol", self.tol),
            "seed": _seed(self.random_state),
        }
        if self.n_init != "auto":
            params["n_init"] = whole(_OWNER, "n_init", self.n_init, 1, _MOST)
        return json.dumps(params)

    def _first(self, n_columns: int) -> Any:
        if isinstance(self.init, str):
            return _arguments.choice(_OWNER, "init", self.init, _STARTS)
        import numpy as np

        centers = _matrix.numbers(_OWNER, np.asarray(self.init))
        if _matrix.shape(centers) != (self.n_clusters, n_columns):
            rows, columns = _matrix.shape(centers)
            raise ParameterError(
                f"`init` of `{_OWNER}` must be {self.n_clusters} centres of {n_columns} "
                f"numbers; got {rows} of {columns}"
            )
        return {"centers": centers.ravel().tolist()}

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="clusterer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
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
            self._model = _core.KMeansModel.from_json(saved)


def _seed(random_state: Any) -> int:
    """Return a seed: a whole number as it is, a generator's next."""
    if random_state is None:
        return 0
    if hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    if hasattr(random_state, "integers"):
        return int(random_state.integers(2**63 - 1))
    return _arguments.whole_number(_OWNER, "random_state", random_state, 0, 2**64 - 1)


def _not_fitted() -> type[Exception]:
    """Return scikit-learn's error where scikit-learn is in use."""
    import sys

    if "sklearn" in sys.modules:
        from sklearn import exceptions

        error: type[Exception] = exceptions.NotFittedError
        return error
    return AttributeError
