"""What customers are worth: the result of `Transactions.value`, and the model behind it."""

import os
from typing import TYPE_CHECKING, Any, Self

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy._value_models import content
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from patronomy.transactions import Transactions

__all__ = ["CustomerValue", "ValueModel"]


class ValueModel(Frozen):
    """Laws of buying, leaving and spending, with the cut points of the tiers.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
    >>> model = tx.value(horizon_days=90).model
    >>> sorted(model.lifetime)
    ['a', 'alpha', 'b', 'r']
    """

    __slots__ = ("_inner",)

    _inner: _core.ValueModel

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`ValueModel` has no public constructor: take `CustomerValue.model` or "
            "`ValueModel.load`"
        )

    @classmethod
    def _wrap(cls, inner: _core.ValueModel) -> Self:
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
        return cls._wrap(
            _core.ValueModel.load(_arguments.path_text("ValueModel.load", path))
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file that every later version reads."""
        self._inner.save(_arguments.path_text("ValueModel.save", path))

    def score(
        self,
        tx: "Transactions",
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> "CustomerValue":
        """Value other customers, or the same at another time, by these laws and tiers."""
        from patronomy.transactions import Transactions

        if not isinstance(tx, Transactions):
            raise TypeError(
                "`tx` of `ValueModel.score` must be `Transactions`; got an object of "
                f"type {type(tx).__name__}; bind its roles first"
            )
        jobs = _arguments.optional_whole_number("score", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("score", "memory_mb", memory_mb)
        with reporting(progress) as report:
            inner = self._inner.score(tx._inner, report, jobs, memory)
        return CustomerValue._wrap(inner)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job."""
        params: dict[str, Any] = self._json()["params"]
        return params

    @property
    def lifetime(self) -> dict[str, float]:
        """The parameters of the law of buying and leaving, in days."""
        return _values(self._json()["lifetime"])

    @property
    def spend(self) -> dict[str, float]:
        """The parameters p, q and v of the gamma-gamma model."""
        return _values(self._json()["spend"])

    @property
    def log_likelihood(self) -> float:
        """Of the law of buying and leaving, over all customers."""
        return float(self._json()["lifetime"]["estimates"]["log_likelihood"])

    @property
    def cuts(self) -> list[float]:
        """The least value of each tier but the lowest, ascending."""
        return list(self._json()["cuts"])

    @property
    def converged(self) -> bool:
        """Whether both fits have ended at a maximum."""
        found = self._json()
        return all(found[m]["estimates"]["converged"] for m in ("lifetime", "spend"))

    @property
    def notices(self) -> list[str]:
        """What you should know of the fits and of the customers."""
        return list(self._json()["notices"])

    def _json(self) -> dict[str, Any]:
        return content(self._inner)

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_json, (self._inner.to_json(),)

    def __repr__(self) -> str:
        params = self.params
        lifetime = ", ".join(f"{n}={v:.4g}" for n, v in self.lifetime.items())
        return (
            f"ValueModel(law={params['law']!r}, horizon_days={params['horizon_days']}, "
            f"{lifetime})"
        )


class CustomerValue(ArrowTable):
    """Customers with what they are worth within a horizon, sorted by customer.

    Columns: `customer`; `frequency`, days with a purchase after the first; `recency_days` and
    `age_days`, since the last and the first; `mean_value`, money of a day with a purchase;
    `p_alive`, the chance to be still a customer; `expected_transactions` within the horizon;
    `expected_spend`, money of each; `value`, their product; `value_low` and `value_high`, its
    interval; `tier`, 1 for the most valuable.

    Examples
    --------
    >>> import patronomy as pt
    >>> v = pt.simulate.shop(n_customers=300, n_days=365, seed=1).value(horizon_days=90)
    >>> d = v.to_dict()
    >>> all(abs(n * s - x) < 1e-9 * max(x, 1) for n, s, x in zip(
    ...     d["expected_transactions"], d["expected_spend"], d["value"]))
    True
    """

    __slots__ = ()

    _inner: _core.CustomerValue

    @property
    def model(self) -> ValueModel:
        """The laws and cut points, to value other customers with."""
        return ValueModel._wrap(self._inner.model)

    @property
    def counts(self) -> dict[str, Any]:
        """The rows in, the rows used, and those left out by reason."""
        counts: dict[str, Any] = self.model._json()["counts"]
        return counts

    @property
    def reference(self) -> str:
        """The day up to which customers were observed, as ISO text."""
        return str(self.model._json()["reference"])

    @property
    def notices(self) -> list[str]:
        """What you should know of the fits and of the customers."""
        return self.model.notices


def _values(model: dict[str, Any]) -> dict[str, float]:
    return {p["name"]: p["value"] for p in model["estimates"]["parameters"]}


def _from_json(text: str) -> ValueModel:
    return ValueModel._wrap(_core.ValueModel.from_json(text))
