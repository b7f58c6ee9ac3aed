"""Gaussian mixtures with the conventions of scikit-learn."""

import json
import os
from math import log
from typing import Any, Self

from patronomy import _arguments, _core, _matrix
from patronomy._clusterer import MOST, Array, Clusterer, seed

__all__ = ["GaussianMixture"]

_OWNER = "GaussianMixture"


class GaussianMixture(Clusterer):
    """Clouds of any ellipsoid shape that overlap, and how likely each row is of each.

    Expectation-maximisation (Dempster, Laird and Rubin 1977) with a full covariance matrix for
    each cloud, from the clusters of k-means, with the names of scikit-learn's class. Nothing
    is scaled. A row that is far from all clouds has a label too. The fit can be interrupted
    between starts alone, therefore at most 200,000 rows.

    Parameters
    ----------
    n_components : int, default 1
        How many clouds; at most as many as there are rows.
    tol : float, default 1e-3
        A start ends when an iteration changes the mean log-likelihood by less than this.
    reg_covar : float, default 1e-6
        What is added to each column's variance, so that no cloud becomes flat.
    max_iter : int, default 100
        Most iterations of a start; one that does not come to rest by then is an error.
    n_init : int, default 1
        How many starts are tried, the one with the greatest likelihood being kept.
    random_state : int, numpy.random.RandomState or None, default None
        Seed of what is drawn; None stands for 0, so that every run gives the same.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.

    Attributes
    ----------
    weights_ : numpy.ndarray of shape (n_components,), the share of each cloud
    means_ : numpy.ndarray of shape (n_components, n_features)
    covariances_ : numpy.ndarray of shape (n_components, n_features, n_features)
    lower_bound_ : float, the mean log-likelihood of the rows
    converged_ : bool, always true: a fit that is not is an error
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of the columns' names, if they have names

    Examples
    --------
    >>> import patronomy as pt
    >>> X = [[i % 2 * 50.0 + i // 2] for i in range(40)]
    >>> model = pt.GaussianMixture(n_components=2).fit(X)
    >>> sorted(model.means_[:, 0].round(6).tolist())
    [9.5, 59.5]
    >>> (model.predict([[0.0]]) == model.predict([[12.0]])).tolist()
    [True]
    """

    _core_model = _core.MixtureModel

    weights_: Array
    means_: Array
    covariances_: Array
    lower_bound_: float
    converged_: bool

    def __init__(
        self,
        n_components: int = 1,
        *,
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> Self:
        """Find the clouds of `X`, an array or table of numbers.

        Raises
        ------
        ParameterError
            For parameters outside their rules, more clouds than rows, a cloud that lost its
            rows or became flat, a start that did not come to rest: with what to do.
        BadValuesError
            For missing or infinite values; names the column.
        """
        data = self._rows(X)
        model = self._core_model.fit(data, self._params(), self._n_jobs())
        self._take(model, _matrix.names(X))
        return self

    def fit_predict(self, X: Any, y: object = None) -> Array:
        """Fit, and return the labels of the rows."""
        return self.fit(X, y).predict(X)

    def predict(self, X: Any) -> Array:
        """Return for each row the number of the likeliest cloud."""
        labels: Array = self._fitted().predict(self._like_fit(X), self._n_jobs())
        return labels

    def predict_proba(self, X: Any) -> Array:
        """Return how likely each row is of each cloud, rows by clouds."""
        data = self._like_fit(X)
        shares: Array = self._fitted().predict_proba(data, self._n_jobs())
        return shares

    def score_samples(self, X: Any) -> Array:
        """Return the logarithm of the density at each row."""
        data = self._like_fit(X)
        scores: Array = self._fitted().score_samples(data, self._n_jobs())
        return scores

    def score(self, X: Any, y: object = None) -> float:
        """Return the mean log-likelihood of these rows."""
        return float(self.score_samples(X).mean())

    def bic(self, X: Any) -> float:
        """Return the Bayesian information criterion (Schwarz 1978); less is better."""
        n, n_parameters = len(X), int(self._fitted().n_parameters)
        return n_parameters * log(n) - 2 * n * self.score(X)

    def aic(self, X: Any) -> float:
        """Return the information criterion of Akaike (1974); less is better."""
        n_parameters = int(self._fitted().n_parameters)
        return 2 * n_parameters - 2 * len(X) * self.score(X)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the clouds and the parameters to a JSON file, whole or not at all."""
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote, ready to predict.

        Raises
        ------
        SavedFormatError
            If the file is not one of ours, is damaged or of a later version.
        """
        model = cls._core_model.load(os.fspath(path))
        params = json.loads(model.to_json())["model"]["params"]
        params["random_state"] = params.pop("seed")
        loaded = cls(**params)
        loaded._take(model, model.feature_names)
        return loaded

    def _take(self, model: Any, names: list[str]) -> None:
        d = model.n_features
        self._model = model
        self.weights_ = model.weights
        self.means_ = model.means.reshape(-1, d)
        self.covariances_ = model.covariances.reshape(-1, d, d)
        self.lower_bound_ = model.log_likelihood
        self.converged_ = True
        self._name_features(d, names)

    def _params(self) -> str:
        whole, number = _arguments.whole_number, _arguments.number
        return json.dumps(
            {
                "n_components": whole(
                    _OWNER, "n_components", self.n_components, 1, MOST
                ),
                "tol": number(_OWNER, "tol", self.tol),
                "reg_covar": number(_OWNER, "reg_covar", self.reg_covar),
                "max_iter": whole(_OWNER, "max_iter", self.max_iter, 1, MOST),
                "n_init": whole(_OWNER, "n_init", self.n_init, 1, MOST),
                "seed": seed(_OWNER, self.random_state),
            }
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "density_estimator"
        return tags
