"""k-means with the conventions of scikit-learn."""

import json
import os
from typing import Any, Literal, Self

from patronomy import _arguments, _core, _matrix
from patronomy._centres import Centres, Init
from patronomy._clusterer import MOST, Array
from patronomy._progress import Progress, reporting

__all__ = ["KMeans"]

_OWNER = "KMeans"
_MOST_ROWS = 2**63 - 1
_MISSING = ("error", "mean", "median")


class KMeans(Centres):
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
    min_size, max_size : int, optional
        How many rows a cluster has at least and at most. Where one is given, each iteration
        finds the cheapest assignment that keeps them, exactly; no cluster is empty; and
        there may be ten million rows times clusters. `predict` gives new rows to the nearest
        centre, whatever the sizes.
    missing : {"error", "mean", "median"}, default "error"
        What becomes of missing values (NaN, null): they are refused and their column named, or
        the mean or median of the column's other values, whatever their weights, stands
        in for them. The model keeps these numbers, and fills new rows alike.
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
    fill_ : numpy.ndarray of what stands in for missing values, by column; None where they are
        refused
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

    _core_model = _core.KMeansModel

    fill_: "Array | None"
    cluster_centers_: Array
    labels_: Array
    inertia_: float
    n_iter_: int
    sizes_: Array
    notices_: list[str]
    n_features_in_: int
    feature_names_in_: Array

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Init = "k-means++",
        n_init: int | Literal["auto"] = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: Any = None,
        min_size: int | None = None,
        max_size: int | None = None,
        missing: Literal["error", "mean", "median"] = "error",
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.min_size = min_size
        self.max_size = max_size
        self.missing = missing
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
        data = self._rows(X)
        n_rows, n_columns = _matrix.shape(data)
        weights = _matrix.weights(_OWNER, sample_weight, n_rows)
        with reporting(self.progress) as report:
            model, self.labels_ = _core.KMeansModel.fit(
                data, self._params(n_columns), weights, report, self._n_jobs()
            )
        self._take(model, n_columns, _matrix.names(X))
        return self

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote, ready to predict; the rows' labels were not kept.

        Raises
        ------
        SavedFormatError
            If the file is not one of ours, is damaged or of a later version.
        """
        model, params = cls._loaded(path)
        loaded = cls(**params)
        loaded._take(model, model.n_features, model.feature_names)
        return loaded

    def _take(self, model: Any, n_features: int, names: list[str]) -> None:
        super()._take(model, n_features, names)
        self.fill_ = model.fill

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing != "error"
        return tags

    def _params(self, n_columns: int) -> str:
        params = {
            **self._shared_params(n_columns),
            "max_iter": _arguments.whole_number(
                _OWNER, "max_iter", self.max_iter, 1, MOST
            ),
            "tol": _arguments.number(_OWNER, "tol", self.tol),
            "missing": _arguments.choice(_OWNER, "missing", self.missing, _MISSING),
        }
        for name in ("min_size", "max_size"):
            size = getattr(self, name)
            params[name] = _arguments.optional_whole_number(
                _OWNER, name, size, 1, _MOST_ROWS
            )
        return json.dumps(params)
