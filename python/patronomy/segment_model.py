"""What a segmentation has learnt: to save, to assign others with, to find again."""

import json
import os
from typing import TYPE_CHECKING, Any, Literal, Self

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting

if TYPE_CHECKING:
    from patronomy.features import Features
    from patronomy.segments import Segments
    from patronomy.transactions import Transactions

__all__ = ["SegmentModel"]


class SegmentModel(Frozen):
    """Centres, scales and names of segments, to keep and to assign others with.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
    >>> model = tx.features("rfm").segment(k=2).model
    >>> len(model.assign(tx)) == len(tx.features("rfm"))
    True
    """

    __slots__ = ("_inner",)

    _inner: _core.SegmentModel

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`SegmentModel` has no public constructor: take `Segments.model` or "
            "`SegmentModel.load`"
        )

    @classmethod
    def _wrap(cls, inner: _core.SegmentModel) -> Self:
        model = object.__new__(cls)
        model._set(_inner=inner)
        return model

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the model of a file that `save` wrote.

        Raises
        ------
        FileError
            If the file cannot be read.
        SavedFormatError
            If it is damaged or holds something else.
        """
        text = _arguments.path_text("SegmentModel.load", path)
        return cls._wrap(_core.SegmentModel.load(text))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, judgements included, to a file that later versions read."""
        self._inner.save(_arguments.path_text("SegmentModel.save", path))

    def assign(
        self,
        data: "Transactions | Features",
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
    ) -> "Segments":
        """Assign customers to the segment of the nearest centre.

        Parameters
        ----------
        data : Transactions or Features
            Of transactions the same features are made as those of the fit; features
            must have the same columns.
        progress, n_jobs
            As in `Transactions.rfm`.

        Returns
        -------
        Segments
            ``margin`` and ``fits`` say how sure each customer's segment is.

        Raises
        ------
        FeatureMismatchError
            If the features are others.
        """
        from patronomy.segments import Segments

        features = self._features(data, progress, n_jobs)
        jobs = _arguments.optional_whole_number("assign", "n_jobs", n_jobs, -1, 1_024)
        with reporting(progress) as report:
            return Segments._of(self._inner.assign(features, report, jobs))

    def refit(
        self,
        data: "Transactions | Features",
        k: int | Literal["same"] = "same",
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
    ) -> "Segments":
        """Find the segments again on later customers; names go with their segments.

        Scales stay. Centres are looked for from the old ones, or afresh if `k` is a
        number. Old and new segments are matched by the customers they share (Kuhn
        1955); one that keeps at least half of them keeps number, name and description.

        Returns
        -------
        Segments
            Its ``changes`` say which are stable, changed, new or gone, how far centres
            have moved, and how far the customers have (population stability index).
        """
        from patronomy.segments import Segments

        n = None if k == "same" else _arguments.whole_number("refit", "k", k, 1, 1_000)
        jobs = _arguments.optional_whole_number("refit", "n_jobs", n_jobs, -1, 1_024)
        features = self._features(data, progress, n_jobs)
        with reporting(progress) as report:
            found, changes = self._inner.refit(features, n, report, jobs)
        return Segments._of(found, json.loads(changes))

    def _features(
        self, data: object, progress: Progress, n_jobs: int | None
    ) -> _core.Features:
        from patronomy.features import Features
        from patronomy.transactions import Transactions

        if isinstance(data, Features):
            return data._features
        if not isinstance(data, Transactions):
            raise TypeError(
                "`data` of `SegmentModel` must be `Transactions` or `Features`; got "
                f"an object of type {type(data).__name__}"
            )
        jobs = _arguments.optional_whole_number("assign", "n_jobs", n_jobs, -1, 1_024)
        with reporting(progress) as report:
            return self._inner.features(data._inner, report, jobs)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job that found the segments."""
        params: dict[str, Any] = self._json()["params"]
        return params

    @property
    def names(self) -> dict[int, str]:
        """The segments' names by number."""
        return {s["id"]: s["name"] for s in self._json()["segments"]}

    @property
    def judgements(self) -> list[dict[str, Any]]:
        """What experts did, in order: action, by, why, at."""
        judgements: list[dict[str, Any]] = self._json()["judgements"]
        return judgements

    def _json(self) -> dict[str, Any]:
        model: dict[str, Any] = json.loads(self._inner.to_json())["model"]
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        return _model_from_json, (self._inner.to_json(),)

    def __repr__(self) -> str:
        names = ", ".join(f"{i}: {name!r}" for i, name in self.names.items())
        return f"SegmentModel({{{names}}})"


def _model_from_json(text: str) -> SegmentModel:
    """Return the model of its JSON text; a pickle calls this."""
    return SegmentModel._wrap(_core.SegmentModel.from_json(text))
