"""Clusters by density, with the conventions of scikit-learn: DBSCAN and OPTICS."""

import json
from typing import Any, Self

from patronomy import _arguments, _core, _matrix
from patronomy._clusterer import Array, Clusterer

__all__ = ["DBSCAN", "OPTICS"]

_MOST = 2**63 - 1


class _Density(Clusterer):
    """What both share: labels of the rows of the fit, and no others."""

    eps: float
    min_samples: int | float

    def fit_predict(self, X: Any, y: object = None) -> Array:
        """Fit, and return the labels of the rows."""
        return self.fit(X, y).labels_

    def fit(self, X: Any, y: object = None) -> Self:
        """Find the clusters of `X`."""
        raise NotImplementedError

    def _params(self, n_rows: int) -> str:
        owner = self._owner()
        return json.dumps(
            {
                "eps": _arguments.number(owner, "eps", self.eps),
                "min_samples": self._min_samples(n_rows),
            }
        )

    def _min_samples(self, n_rows: int) -> int:
        return _arguments.whole_number(
            self._owner(), "min_samples", self.min_samples, 0, _MOST
        )

    def _name(self, X: Any, data: Any) -> None:
        self._name_features(_matrix.shape(data)[1], _matrix.names(X))


class DBSCAN(_Density):
    """Dense regions as clusters, and rows outside of them as noise (Ester et al. 1996).

    A row with `min_samples` rows within `eps`, itself included, is a core; cores that are
    neighbours are in one cluster, and so are their neighbours. There are no centres, so new
    rows cannot be assigned: there is no `predict`. Labels are those of scikit-learn's class.
    Nothing is scaled. Cost: up to the square of the rows where all are near each other; the
    search cannot be interrupted, therefore at most 50,000 rows.

    Parameters
    ----------
    eps : float, default 0.5
        How near rows must be to each other to be neighbours.
    min_samples : int, default 5
        How many neighbours, the row itself included, make a core; at least 2.
    n_jobs : int, optional
        Threads that check the numbers; the search has one.

    Attributes
    ----------
    labels_ : numpy.ndarray of int32, the number of each row's cluster, -1 for noise
    notices_ : list of str, what you should know of the fit
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of the columns' names, if they have names

    Examples
    --------
    >>> import patronomy as pt
    >>> X = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [90.0]]
    >>> pt.DBSCAN(eps=0.5, min_samples=3).fit(X).labels_.tolist()
    [0, 0, 0, 1, 1, 1, -1]
    """

    def __init__(
        self, eps: float = 0.5, *, min_samples: int = 5, n_jobs: int | None = None
    ) -> None:
        self.eps = eps
        self.min_samples = min_samples
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> Self:
        """Find the clusters of `X`, an array or table of numbers.

        Raises
        ------
        ParameterError
            For parameters outside their rules, and too many rows.
        BadValuesError
            For missing or infinite values; names the column.
        """
        data = self._rows(X)
        self.labels_, self.notices_ = _core.dbscan(
            data, self._params(len(data)), self._n_jobs()
        )
        self._name(X, data)
        return self


class OPTICS(_Density):
    """An order of the rows in which clusters of every density are valleys (Ankerst et al.
    1999), and the clusters of one cut through it.

    The cut is that of scikit-learn's ``cluster_method="dbscan"``: nearly the clusters of
    `DBSCAN` with this `eps`, but that rows at the edge of one may be noise. Where several rows
    are reached equally well, the order need not be scikit-learn's. There are no
    centres, so new rows cannot be assigned: there is no `predict`. Nothing is scaled. Cost: the
    square of the rows times its logarithm; the search cannot be interrupted, therefore at
    most 10,000 rows.

    Parameters
    ----------
    min_samples : int or float, default 5
        How many neighbours, the row itself included, make a core; at least 2. A float up to 1
        is a share of the rows.
    eps : float, default 0.5
        The reachability at which the order is cut.
    n_jobs : int, optional
        Threads that check the numbers; the search has one.

    Attributes
    ----------
    labels_ : numpy.ndarray of int32, the number of each row's cluster, -1 for noise
    ordering_ : numpy.ndarray, the numbers of the rows in order
    reachability_ : numpy.ndarray, for each row, not in order, how far it is from the rows
        before it; ``reachability_[ordering_]`` shows the valleys
    core_distances_ : numpy.ndarray, for each row how far its `min_samples` nearest reach
    notices_ : list of str, what you should know of the fit
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of the columns' names, if they have names

    Examples
    --------
    >>> import patronomy as pt
    >>> X = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [90.0]]
    >>> pt.OPTICS(min_samples=3, eps=0.5).fit(X).labels_.tolist()
    [0, 0, 0, 1, 1, 1, -1]
    """

    ordering_: Array
    reachability_: Array
    core_distances_: Array

    def __init__(
        self, *, min_samples: float = 5, eps: float = 0.5, n_jobs: int | None = None
    ) -> None:
        self.min_samples = min_samples
        self.eps = eps
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: object = None) -> Self:
        """Order the rows of `X`, an array or table of numbers, and cut the order.

        Raises
        ------
        ParameterError
            For parameters outside their rules, and too many rows.
        BadValuesError
            For missing or infinite values; names the column.
        """
        data = self._rows(X)
        found, order = _core.optics(data, self._params(len(data)), self._n_jobs())
        self.labels_, self.notices_ = found
        self.ordering_, self.reachability_, self.core_distances_ = order
        self._name(X, data)
        return self

    def _min_samples(self, n_rows: int) -> int:
        share = self.min_samples
        if isinstance(share, float) and 0 < share <= 1:
            return max(2, int(share * n_rows))
        return super()._min_samples(n_rows)
