"""What models of centres share: rows to the nearest, and the conventions of scikit-learn."""

import json
import os
from typing import Any, Literal, Self, TypeAlias

from patronomy import _arguments, _matrix
from patronomy._clusterer import MOST, Array, Clusterer, seed
from patronomy.errors import ParameterError

Init: TypeAlias = Literal["k-means++", "k-means||", "random"] | Any

_STARTS = ("k-means++", "k-means||", "random")


class Centres(Clusterer):
    """A model of centres: what it can do once it is fitted."""

    n_clusters: int
    init: Init
    n_init: int | Literal["auto"]
    random_state: Any
    cluster_centers_: Array
    inertia_: float
    n_iter_: int
    sizes_: Array

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Find the centres of `X`."""
        raise NotImplementedError

    def fit_predict(self, X: Any, y: object = None, sample_weight: Any = None) -> Array:
        """Fit, and return the labels of the rows."""
        return self.fit(X, y, sample_weight).labels_

    def fit_transform(
        self, X: Any, y: object = None, sample_weight: Any = None
    ) -> Array:
        """Fit, and return the distances of the rows to the centres."""
        return self.fit(X, y, sample_weight).transform(X)

    def predict(self, X: Any) -> Array:
        """Return for each row the number of the nearest centre.

        Raises
        ------
        FeatureMismatchError
            If the columns are not those of the fit.
        """
        labels: Array = self._fitted().predict(self._like_fit(X), self._n_jobs())
        return labels

    def transform(self, X: Any) -> Array:
        """Return the distance of each row to each centre, rows by clusters."""
        data = self._like_fit(X)
        distances: Array = self._fitted().transform(data, self._n_jobs())
        return distances

    def score(self, X: Any, y: object = None, sample_weight: Any = None) -> float:
        """Return the negative inertia of these rows."""
        data = self._like_fit(X)
        weights = _matrix.weights(self._owner(), sample_weight, _matrix.shape(data)[0])
        found: float = self._fitted().score(data, weights, self._n_jobs())
        return found

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
        rows = _arguments.whole_number(self._owner(), "sample", sample, 2, most)
        data = self._like_fit(X)
        own = seed(self._owner(), self.random_state)
        scanned, sampled = json.loads(
            self._fitted().indices(data, rows, own, self._n_jobs())
        )
        mean = {} if sampled is None else sampled
        return {
            **scanned,
            "silhouette": mean.get("mean"),
            "silhouette_standard_error": mean.get("standard_error"),
            "silhouette_n_rows": mean.get("n_rows"),
        }

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Return the names of the columns of `transform`."""
        import numpy as np

        self._fitted()
        n = len(self.cluster_centers_)
        prefix = self._owner().lower()
        return np.array([f"{prefix}{i}" for i in range(n)], dtype=object)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the centres and the parameters to a JSON file, whole or not at all."""
        self._fitted().save(os.fspath(path))

    def _take(self, model: Any, n_features: int, names: list[str]) -> None:
        self._model = model
        self.cluster_centers_ = model.centers
        self.inertia_ = model.inertia
        self.n_iter_ = model.n_iter
        self.sizes_ = model.sizes
        self.notices_ = model.notices
        self._name_features(n_features, names)

    @classmethod
    def _loaded(cls, path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
        """Return a saved model, and its parameters by scikit-learn's names."""
        model = cls._core_model.load(os.fspath(path))
        params = json.loads(model.to_json())["model"]["params"]
        if isinstance(params["init"], dict):
            import numpy as np

            centers = np.array(params["init"]["centers"])
            params["init"] = centers.reshape(-1, model.n_features)
        params["n_init"] = "auto" if params["n_init"] is None else params["n_init"]
        params["random_state"] = params.pop("seed")
        return model, params

    def _shared_params(self, n_columns: int) -> dict[str, Any]:
        """Return the parameters that every model of centres has, checked."""
        owner, whole = self._owner(), _arguments.whole_number
        params = {
            "n_clusters": whole(owner, "n_clusters", self.n_clusters, 1, MOST),
            "init": self._first(n_columns),
            "seed": seed(owner, self.random_state),
        }
        if self.n_init != "auto":
            params["n_init"] = whole(owner, "n_init", self.n_init, 1, MOST)
        return params

    def _first(self, n_columns: int) -> Any:
        if isinstance(self.init, str):
            return _arguments.choice(self._owner(), "init", self.init, _STARTS)
        import numpy as np

        centers = _matrix.numbers(self._owner(), np.asarray(self.init))
        if _matrix.shape(centers) != (self.n_clusters, n_columns):
            rows, columns = _matrix.shape(centers)
            raise ParameterError(
                f"`init` of `{self._owner()}` must be {self.n_clusters} centres of {n_columns} "
                f"numbers; got {rows} of {columns}"
            )
        return {"centers": centers.ravel().tolist()}

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import TransformerTags

        tags = super().__sklearn_tags__()
        tags.transformer_tags = TransformerTags(preserves_dtype=[])
        return tags
