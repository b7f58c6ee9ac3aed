"""k-prototypes: clusters of rows that hold numbers and categories."""

import json
import os
from collections.abc import Sequence
from math import isnan
from typing import Any, Self

from patronomy import _arguments, _core, _matrix
from patronomy._clusterer import MOST, Array, Clusterer, seed
from patronomy._progress import Progress, reporting
from patronomy.errors import (
    BadValuesError,
    ColumnNotFoundError,
    FeatureMismatchError,
    ParameterError,
)

__all__ = ["KPrototypes"]

_OWNER = "KPrototypes"


class KPrototypes(Clusterer):
    """Rows of numbers and categories to the nearest of `n_clusters` prototypes (Huang 1998).

    A prototype has the mean of its rows' numbers and, of each category column, the value
    that most of them have. A row is as far from it as the squared distance of the numbers, and
    `gamma` for each category that differs. Nothing is scaled. Cost: rows x columns x clusters
    for each iteration; the same bits with any number of threads.

    Parameters
    ----------
    n_clusters : int, default 8
        How many prototypes; at most as many as there are rows.
    categorical : sequence of str or int
        The category columns, by names (of tables) or positions; all others must hold numbers,
        and at least one must. Missing categories are an error that names the column.
    gamma : float, optional
        What a category that differs adds to the squared distance of the numbers; by default half
        the mean of the number columns' standard deviations, as Huang proposes.
    n_init : int, default 3
        How many starts are tried, the one with the least inertia being kept: rows drawn one by
        one far from each other.
    max_iter : int, default 100
        Most iterations of a start.
    random_state : int, numpy.random.RandomState or None, default None
        Seed of what is drawn; None stands for 0, so that every run gives the same.
    n_jobs : int, optional
        Threads; by default all cores. The result does not depend on it.
    progress : bool or callable, optional
        Whether a bar is shown; by default for long work where somebody is watching.

    Attributes
    ----------
    cluster_means_ : numpy.ndarray of the means, prototypes by number columns
    cluster_modes_ : list of the most frequent categories as text, prototype by prototype
    gamma_ : float, what a category that differs adds
    labels_ : numpy.ndarray of int32, the number of each row's prototype
    inertia_ : float, the sum of the distances of the rows to their prototypes
    n_iter_ : int, iterations of the start that was kept
    sizes_ : numpy.ndarray, rows of each prototype
    notices_ : list of str, what you should know of the fit, or of the last `predict`
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray of the columns' names, if they have names

    Examples
    --------
    >>> import patronomy as pt
    >>> X = [[1.0, "shop"], [2.0, "shop"], [1.5, "web"], [1.5, "web"]]
    >>> model = pt.KPrototypes(2, categorical=[1], gamma=4.0).fit(X)
    >>> sorted(model.cluster_modes_)
    [['shop'], ['web']]
    >>> bool(model.predict([[1.4, "web"]])[0] == model.labels_[2])
    True
    """

    _core_model = _core.PrototypesModel

    cluster_means_: Array
    cluster_modes_: list[list[str]]
    gamma_: float
    inertia_: float
    n_iter_: int
    sizes_: Array

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        categorical: Sequence[str | int] = (),
        gamma: float | None = None,
        n_init: int = 3,
        max_iter: int = 100,
        random_state: Any = None,
        n_jobs: int | None = None,
        progress: Progress = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.categorical = categorical
        self.gamma = gamma
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: Any, y: object = None) -> Self:
        """Find the prototypes of `X`, a table, or an array or lists of rows.

        Raises
        ------
        ParameterError
            For parameters outside their rules, and more clusters than rows.
        ColumnNotFoundError
            For a category column that is not there.
        BadValuesError
            For missing values and infinite ones; names the column.
        """
        numbers, columns, names, n_columns = self._split(X)
        with reporting(self.progress) as report:
            model, self.labels_ = self._core_model.fit(
                numbers, columns, self._params(), report, self._n_jobs()
            )
        self._take(model)
        self._name_features(n_columns, names)
        return self

    def fit_predict(self, X: Any, y: object = None) -> Array:
        """Fit, and return the labels of the rows."""
        return self.fit(X, y).labels_

    def predict(self, X: Any) -> Array:
        """Return for each row the number of the nearest prototype.

        A category that the fit had not is different from that of every prototype; `notices_`
        then says how many rows have such.

        Raises
        ------
        FeatureMismatchError
            If the columns are not those of the fit.
        """
        model = self._fitted()
        numbers, columns, names, n_columns = self._split(X)
        known = list(getattr(self, "feature_names_in_", []))
        if n_columns != self.n_features_in_ or (names and known and names != known):
            raise FeatureMismatchError(
                f"X has columns {names or n_columns}, but {_OWNER} was fitted with "
                f"{known or self.n_features_in_}"
            )
        labels, notices = model.predict(numbers, columns, self._n_jobs())
        self.notices_ = notices
        found: Array = labels
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the prototypes and the parameters to a JSON file, whole or not at all.

        Category columns are kept by name, or by position where they have none.
        """
        self._fitted().save(os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what `save` wrote, ready to predict; the rows' labels were not kept.

        Raises
        ------
        SavedFormatError
            If the file is not one of ours, is damaged or of a later version.
        """
        model = cls._core_model.load(os.fspath(path))
        saved = json.loads(model.to_json())["model"]
        params, columns = saved["params"], saved["category_names"]
        has_names = len(saved["feature_names"]) > 0
        params["random_state"] = params.pop("seed")
        params["categorical"] = columns if has_names else [int(c) for c in columns]
        loaded = cls(**params)
        loaded._take(model)
        loaded._name_features(saved["n_features"] + len(columns), [])
        return loaded

    def _split(self, X: Any) -> tuple[Any, Any, list[str], int]:
        """Return numbers, categories, the names of all columns and how many there are."""
        names = _matrix.names(X)
        if names:
            chosen = self._chosen(names)
            rest = [name for name in names if name not in chosen]
            if not rest:
                raise ParameterError(_NO_NUMBERS)
            numbers = _matrix.numbers(_OWNER, _matrix.select(X, rest))
            _matrix.at_least_one(_OWNER, numbers)
            return numbers, self._texts(X, chosen), names, len(names)
        import numpy as np

        rows = np.asarray(X, dtype=object)
        if rows.ndim != 2:
            raise ParameterError(
                f"`X` of `{_OWNER}` must have two dimensions, rows and columns; got "
                f"{rows.ndim}"
            )
        positions = [
            int(p) for p in self._chosen([str(i) for i in range(rows.shape[1])])
        ]
        rest_of = [i for i in range(rows.shape[1]) if i not in positions]
        if not rest_of:
            raise ParameterError(_NO_NUMBERS)
        numbers = _matrix.numbers(_OWNER, rows[:, rest_of])
        _matrix.at_least_one(_OWNER, numbers)
        columns = [(str(p), _text(str(p), rows[:, p])) for p in positions]
        return numbers, columns, [], rows.shape[1]

    def _texts(self, X: Any, chosen: list[str]) -> Any:
        return _matrix.select(X, chosen) if chosen else []

    def _chosen(self, names: list[str]) -> list[str]:
        rule = "a sequence of names or positions of columns"
        found = []
        for column in _arguments.items(_OWNER, "categorical", self.categorical, rule):
            if isinstance(column, str):
                if column not in names:
                    raise ColumnNotFoundError(
                        f"no column `{column}` for `categorical` of `{_OWNER}`; columns are "
                        + ", ".join(f"`{name}`" for name in names)
                    )
                found.append(column)
            else:
                at = _arguments.whole_number(
                    _OWNER, "categorical", column, 0, len(names) - 1
                )
                found.append(names[at])
        if len(set(found)) < len(found):
            raise ParameterError(
                f"`categorical` of `{_OWNER}` must name each column once; got "
                f"{list(self.categorical)}"
            )
        return found

    def _take(self, model: Any) -> None:
        self._model = model
        self.cluster_means_ = model.means
        self.cluster_modes_ = model.modes
        self.gamma_ = model.gamma
        self.inertia_ = model.inertia
        self.n_iter_ = model.n_iter
        self.sizes_ = model.sizes
        self.notices_ = model.notices

    def _params(self) -> str:
        whole = _arguments.whole_number
        return json.dumps(
            {
                "n_clusters": whole(_OWNER, "n_clusters", self.n_clusters, 1, MOST),
                "gamma": _arguments.optional_number(_OWNER, "gamma", self.gamma),
                "n_init": whole(_OWNER, "n_init", self.n_init, 1, MOST),
                "max_iter": whole(_OWNER, "max_iter", self.max_iter, 1, MOST),
                "seed": seed(_OWNER, self.random_state),
            }
        )


_NO_NUMBERS = f"`categorical` of `{_OWNER}` must leave at least one column of numbers; got all columns"


def _text(name: str, column: Any) -> list[str]:
    """Return categories as text; a missing one is no category."""
    for row, value in enumerate(column):
        if value is None or (isinstance(value, float) and isnan(value)):
            raise BadValuesError(
                f"column `{name}`: a category is missing, first at row {row}: `{value}`; leave "
                "these rows out, or give them a category of their own"
            )
    return [str(value) for value in column]
