"""Mini-batch k-means with the conventions of scikit-learn, and over streams of tables."""

import json
import os
from collections.abc import Iterable
from typing import Any, Literal, Self

from patronomy import _arguments, _core, _matrix
from patronomy._centres import Centres, Init
from patronomy._clusterer import MOST, Array
from patronomy._progress import Progress, reporting
from patronomy.errors import BadValuesError

__all__ = ["MiniBatchKMeans"]

_OWNER = "MiniBatchKMeans"
_MOST_ROWS = 2**63 - 1


class MiniBatchKMeans(Centres):
    """Centres learnt from a few rows at a time, for more rows than memory or patience holds.

    Each row of a batch draws the nearest centre towards itself, by the share that it has of
    all rows the centre has met (Sculley 2010). Names and meanings are those of
    scikit-learn's class. The inertia is some per cent higher than that of `KMeans`. Nothing is
    scaled. What is drawn depends on the seed and on the number of the batch alone: a model
    that was saved and loaded goes on as if it had not been.

    Parameters
    ----------
    n_clusters : int, default 8
        How many centres; at most as many as there are rows, or rows of the first batch.
    init : {"k-means++", "k-means||", "random"} or array (n_clusters, n_features)
        Where they are at first: drawn from `init_size` rows as `KMeans` draws them, or these.
    max_iter : int, default 100
        Most times that as many rows are drawn as there are.
    batch_size : int, default 1024
        Rows of a batch that `fit` draws.
    compute_labels : bool, default True
        Whether the rows get labels in the end: a pass over all of them.
    random_state : int, numpy.random.RandomState or None, default None
        Seed of what is drawn; None stands for 0, so that every run gives the same.
    tol : float, default 0.0
        The fit ends when the sum of the squared moves of all centres is at most this
        times the mean variance of the columns; 0: it does not.
    max_no_improvement : int or None, default 10
        The fit ends when so many batches in a row have not lowered the smoothed inertia;
        None: it does not.
    init_size : int, optional
        Rows that a start is drawn from, at least one for each centre; by default three
        batches, or three rows for each centre where that is more.
    n_init : int or "auto", default "auto"
        How many starts are tried, of which the one is kept that fits `init_size` other rows
        best; by default 3 for ``init="random"``, else 1.
    reassignment_ratio : float, default 0.01
        A centre that has met less than this share of the rows of the fullest one is now and
        then put on a row of the batch; 0: it is not.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.
    progress : bool or callable, optional
        Whether a bar is shown; by default for long work where somebody is watching.

    Attributes
    ----------
    cluster_centers_ : numpy.ndarray of shape (n_clusters, n_features)
    labels_ : numpy.ndarray of int32, the number of each row's centre; of the last batch
        after `partial_fit`
    inertia_ : float, the weighted sum of the squared distances of these rows to their
        centres; without labels the smoothed one of the batches, for all rows
    n_iter_ : int, times that as many rows were drawn as there are
    n_steps_ : int, batches learnt from
    counts_ : numpy.ndarray, the weight of the rows that each centre has met
    sizes_ : numpy.ndarray, rows of each centre; empty without labels
    notices_ : list of str, what you should know of the fit
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of the columns' names, if they have names

    Examples
    --------
    >>> import patronomy as pt
    >>> batches = [[[0.0], [0.2], [10.0]], [[0.1], [9.0], [11.0]]]
    >>> model = pt.MiniBatchKMeans(n_clusters=2).fit_batches(batches)
    >>> sorted(round(x, 6) for x in model.cluster_centers_[:, 0].tolist())
    [0.1, 10.0]
    >>> model.n_steps_
    2
    """

    _core_model = _core.MiniBatchModel

    n_steps_: int
    counts_: Array

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Init = "k-means++",
        max_iter: int = 100,
        batch_size: int = 1024,
        compute_labels: bool = True,
        random_state: Any = None,
        tol: float = 0.0,
        max_no_improvement: int | None = 10,
        init_size: int | None = None,
        n_init: int | Literal["auto"] = "auto",
        reassignment_ratio: float = 0.01,
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.compute_labels = compute_labels
        self.random_state = random_state
        self.tol = tol
        self.max_no_improvement = max_no_improvement
        self.init_size = init_size
        self.n_init = n_init
        self.reassignment_ratio = reassignment_ratio
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Find centres by batches drawn from `X`; what was learnt before is forgotten.

        Parameters
        ----------
        X
            Rows of numbers: an array, a pandas, polars or pyarrow table, or lists.
        y
            Not used.
        sample_weight : array of one number of 0 or more for each row, optional
            Rows are drawn with a chance in proportion to it.

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
            model, labels = self._core_model.fit(
                data, self._params(n_columns), weights, report, self._n_jobs()
            )
        self._take(model, n_columns, _matrix.names(X))
        self._label(labels)
        return self

    def partial_fit(self, X: Any, y: object = None, sample_weight: Any = None) -> Self:
        """Learn from one more batch, of any number of rows.

        The first batch of an estimator that was not fitted is also what the first centres
        are drawn from: it must have a row for each. A batch that is refused changes nothing.

        Raises
        ------
        FeatureMismatchError
            If the columns are not those of the first batch.
        """
        if hasattr(self, "_model"):
            data = self._like_fit(X)
            weights = _matrix.weights(_OWNER, sample_weight, _matrix.shape(data)[0])
            model, labels = self._model.partial_fit(data, weights, self._n_jobs())
            self._take(model, self.n_features_in_, model.feature_names)
        else:
            data = self._rows(X)
            n_rows, n_columns = _matrix.shape(data)
            weights = _matrix.weights(_OWNER, sample_weight, n_rows)
            model, labels = self._core_model.start(
                data, self._params(n_columns), weights, self._n_jobs()
            )
            self._take(model, n_columns, _matrix.names(X))
        self._label(labels)
        return self

    def fit_batches(self, batches: Iterable[Any]) -> Self:
        """Learn from a stream of batches, each looked at once; what was learnt before is
        forgotten.

        Parameters
        ----------
        batches
            Arrays or tables with the same columns, one after the other: a generator, a
            ``pyarrow.RecordBatchReader``, a list. Only one is held at a time.

        Returns
        -------
        The estimator itself.

        Raises
        ------
        BadValuesError
            If there is no batch with rows.
        """
        if hasattr(self, "_model"):
            del self._model
        for batch in batches:
            # Readers give batches without rows where a filter left none.
            if len(batch) > 0:
                self.partial_fit(batch)
        if not hasattr(self, "_model"):
            raise BadValuesError(
                f"`batches` of `{_OWNER}` must hold rows; got no batch with any"
            )
        return self

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote, ready to predict and to go on learning.

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
        self.n_steps_ = model.n_steps
        self.counts_ = model.counts

    def _label(self, labels: Array) -> None:
        if self.compute_labels:
            self.labels_ = labels
        elif hasattr(self, "labels_"):
            del self.labels_

    def _params(self, n_columns: int) -> str:
        def whole(name: str, least: int = 1, most: int = MOST) -> int:
            value = getattr(self, name)
            return _arguments.whole_number(_OWNER, name, value, least, most)

        params = {
            **self._shared_params(n_columns),
            "max_iter": whole("max_iter"),
            "batch_size": whole("batch_size", most=_MOST_ROWS),
            "compute_labels": _arguments.flag(
                _OWNER, "compute_labels", self.compute_labels
            ),
            "tol": _arguments.number(_OWNER, "tol", self.tol),
            "reassignment_ratio": _arguments.number(
                _OWNER, "reassignment_ratio", self.reassignment_ratio
            ),
            "max_no_improvement": None,
        }
        if self.max_no_improvement is not None:
            params["max_no_improvement"] = whole("max_no_improvement", 0)
        if self.init_size is not None:
            params["init_size"] = whole("init_size", most=_MOST_ROWS)
        return json.dumps(params)
