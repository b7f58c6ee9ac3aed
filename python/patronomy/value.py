"""What customers are worth: the result of `Transactions.value`, and the model behind it."""

import json
import os
from typing import TYPE_CHECKING, Any, Self

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy._value_models import content
from patronomy.profit import Profit, contacts_of, core_of
from patronomy.retention import Retention
from patronomy.table import ArrowTable
from patronomy.value_evaluation import EquityChange, ValueEvaluation

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
        profit: Profit | None = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> "CustomerValue":
        """Value other customers, or the same at another time, by these laws and tiers.

        A model of profit takes each customer's share of it from the `profit` ledger of these
        transactions; without one, each has the share that all customers had.
        """
        bound = _transactions("ValueModel.score", "tx", tx)
        ledger = core_of("ValueModel.score", profit)
        jobs = _arguments.optional_whole_number("score", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("score", "memory_mb", memory_mb)
        with reporting(progress) as report:
            inner = self._inner.score(bound, ledger, report, jobs, memory)
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
    def margin(self) -> dict[str, Any] | None:
        """What share of money is profit; None for a model without a ledger.

        `collective`, of all customers; `within` and `between`, how much orders of one customer
        and customers differ: the larger the second, the more a customer's own share counts.
        """
        margin: dict[str, Any] | None = self._json().get("margin")
        return margin

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
    `last_value`, money (or profit) of as many days before as the horizon has; `p_alive`, the
    chance to be still a customer; `p_leave`, the chance that who is one leaves within the
    horizon; `expected_transactions` within it; `expected_spend`, money of each;
    `expected_margin`, the share of it that is profit (null without a ledger); `value`, their
    product, discounted; `value_low` and `value_high`, its interval; `tier`, 1 for the most
    valuable.

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
    def equity(self) -> float:
        """Customer equity: the values of all customers together."""
        return self._inner.equity

    def equity_change(
        self, earlier: "CustomerValue", *, lost_below: float = 0.1
    ) -> EquityChange:
        """Say what moved customer equity since an earlier valuation.

        Parameters
        ----------
        earlier : CustomerValue
            Of the same horizon and discount.
        lost_below : float, default 0.1
            Who is a customer still with a lower chance, but had a higher one before, is lost; so
            is who was valued earlier only.

        Returns
        -------
        EquityChange
            One row for each movement; they add up exactly.

        Raises
        ------
        FeatureMismatchError
            If the valuations cannot be compared.
        ParameterError
            If `lost_below` is not in [0, 1].
        """
        if not isinstance(earlier, CustomerValue):
            raise TypeError(
                "`earlier` of `equity_change` must be a `CustomerValue`; got an object "
                f"of type {type(earlier).__name__}; take the result of `Transactions.value`"
            )
        below = _arguments.number("equity_change", "lost_below", lost_below)
        return EquityChange._of(*self._inner.equity_change(earlier._inner, below))

    def evaluate(
        self,
        later: "Transactions",
        *,
        contacts: "Transactions | None" = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ValueEvaluation:
        """Hold the values to what then came, beside the forecast that the last period repeats.

        Parameters
        ----------
        later : Transactions
            Of which the days after the valuation count, as many as the horizon has; they must
            have been observed, by lines or by a clock (`as_of`) that reaches to the last.
        contacts : Transactions, optional
            As in `Transactions.profit`, where value is profit.
        progress, n_jobs, memory_mb
            As in `rfm`.

        Raises
        ------
        ParameterError
            If the horizon has not been observed whole, or values are discounted.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=730, seed=1)
        >>> past, later = tx.split("2025-06-01")
        >>> told = past.value(horizon_days=90).evaluate(later)
        >>> told.expected["mean_absolute"] < told.repeated["mean_absolute"]
        True
        """
        bound = _transactions("evaluate", "later", later)
        calls = contacts_of("evaluate", contacts)
        jobs = _arguments.optional_whole_number("evaluate", "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number("evaluate", "memory_mb", memory_mb)
        with reporting(progress) as report:
            table, summary = self._inner.evaluate(bound, calls, report, jobs, memory)
        return ValueEvaluation._of(table, json.loads(summary))

    def retention(
        self,
        *,
        profit: Profit | None = None,
        min_value: float | None = None,
        value_share: float = 0.8,
        max_p_leave: float = 0.5,
        max_deal_share: float = 0.5,
        n_draws: int = 200,
        random_state: int = 0,
        progress: Progress = None,
        n_jobs: int | None = None,
    ) -> Retention:
        """Say whom to keep: of little value, valuable and settled, valuable and shopping around.

        For each customer others are drawn that would have done the same under the laws of the
        valuation; each is of a class, and their shares are the chances of the customer's.

        Parameters
        ----------
        profit : Profit, optional
            The ledger of the same transactions, whose discounts tell who is after deals. Without
            it, or without discounts, the hazard of leaving alone decides.
        min_value : float, optional
            What a valuable customer is worth at least within the horizon. By default what the
            most valuable are worth at least who hold `value_share` of all value.
        value_share : float, default 0.8
            See `min_value`.
        max_p_leave : float, default 0.5
            The largest chance to leave within the horizon of who is settled.
        max_deal_share : float, default 0.5
            The largest share of orders with a discount of who is settled.
        n_draws : int, default 200
            How many are drawn for each customer.
        random_state : int, default 0
            Of what is drawn.
        progress, n_jobs
            As in `rfm`.

        Raises
        ------
        FeatureMismatchError
            If the ledger is of another day.
        ParameterError
            If a parameter breaks its rule.
        """
        owner = "retention"
        shares = {
            "value_share": value_share,
            "max_p_leave": max_p_leave,
            "max_deal_share": max_deal_share,
        }
        params = {
            "min_value": _arguments.optional_number(owner, "min_value", min_value),
            "n_draws": _arguments.whole_number(owner, "n_draws", n_draws, 20, 100_000),
            "seed": _arguments.whole_number(
                owner, "random_state", random_state, 0, 2**64 - 1
            ),
        } | {k: _arguments.number(owner, k, v) for k, v in shares.items()}
        ledger = core_of(owner, profit)
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        with reporting(progress) as report:
            table, summary = self._inner.retention(
                ledger, json.dumps(params), report, jobs
            )
        return Retention._of(table, json.loads(summary))

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


def _transactions(owner: str, name: str, tx: object) -> _core.Transactions:
    from patronomy.transactions import Transactions

    if not isinstance(tx, Transactions):
        raise TypeError(
            f"`{name}` of `{owner}` must be `Transactions`; got an object of type "
            f"{type(tx).__name__}; bind its roles first"
        )
    return tx._inner
