"""Shops whose truth is known: to try every job without data, and to measure methods.

Examples
--------
>>> import patronomy as pt
>>> shop = pt.simulate.Shop(n_customers=100, n_days=365, seed=1)
>>> shop.truth.rules.columns
['antecedent', 'antecedent_2', 'consequent', 'probability']
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, Self

from patronomy import _core, _shop_params
from patronomy._arguments import (
    TimeLike,
    items,
    number,
    optional_number,
    optional_whole_number,
)
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy._shop_params import CustomerIds, Difficulty, Language
from patronomy.table import ArrowTable
from patronomy.transactions import Transactions

__all__ = ["Oracle", "Shop", "Truth", "shop"]


class Shop(Frozen):
    """A shop drawn from a seed, with tables of what is true of it.

    Customers of five segments and wholesale buyers arrive, buy at rates of their
    own and drop out; items have seasons, prices and trends; rules, deviations and
    a campaign with a control group are planted. Nothing is drawn before something
    is asked for. The same arguments give the same shop on every machine of one
    kind. ``polars.DataFrame(shop)``, ``pyarrow.table(shop)`` and
    ``duckdb.sql("from shop")`` read its lines.

    Parameters
    ----------
    n_customers : int, default 1000
        Number of customers that the shop wins over its days: 1 to 5,000,000.
    n_days : int, default 730
        Number of days that the shop is open: 1 to 36,500.
    seed : int, default 0
        The seed of all that is random in it.
    n_lines : int, optional
        About how many lines there shall be; it replaces `n_customers`.
    n_items : int, default 240
        Number of items on sale: 1 to 100,000.
    first_day : date or str, default "2024-01-01"
        The day on which it opens.
    difficulty : {"easy", "medium", "hard"}, default "medium"
        How hard the truth is to find; the oracle's scores fall with it.
    language : {"english", "chinese", "mixed"}, default "english"
        The language of the items' names.
    customer_ids : {"integer", "text"}, default "integer"
        Whether customers are numbers or texts such as ``K0010001``.
    wholesale_share : float, default 0.02
        Share of customers that buy for resale.
    return_rate : float, default 0.02
        Share of order lines that come back, in part or whole: 0 to 0.5.
    cancellation_rate : float, default 0.01
        Share of orders that are cancelled soon after: 0 to 0.5.
    amount : bool, default False
        Whether role `amount` is bound beside `quantity` and `price`.
    dirt : mapping of str to float, optional
        What spoils the table, each kind with its share of the rows.

    Raises
    ------
    ParameterError
        If a value is out of its range, or a name is none that is known.

    Notes
    -----
    Kinds of dirt: ``customer_missing``, ``customer_malformed``,
    ``transaction_missing``, ``item_missing``, ``time_missing``,
    ``time_impossible``, ``time_future``, ``amount_missing``,
    ``amount_not_finite``, ``quantity_zero``, ``amount_zero``,
    ``price_negative``, ``sum_mismatch`` (binds `amount`), ``duplicate``,
    ``return_unmatched``, ``test_row``, ``adjustment_row``, ``currency_mixed``,
    ``item_unknown``, ``item_name_varies``, ``full_width_text``,
    ``broken_encoding``, ``untrimmed_text``, ``price_outlier``, ``bulk_buyer``
    (a share of the customers), ``time_hole`` (one hole, whatever the share). No
    row has two of them.

    Examples
    --------
    >>> import patronomy as pt
    >>> shop = pt.simulate.Shop(n_customers=200, seed=1, dirt={"duplicate": 0.01})
    >>> set(shop.truth.dirt.to_dict()["kind"])
    {'duplicate'}
    >>> shop.transactions().n_rows > 200
    True
    """

    __slots__ = ("_inner",)

    _inner: _core.Shop

    def __init__(
        self,
        n_customers: int = 1000,
        n_days: int = 730,
        seed: int = 0,
        *,
        n_lines: int | None = None,
        n_items: int = 240,
        first_day: TimeLike = "2024-01-01",
        difficulty: Difficulty = "medium",
        language: Language = "english",
        customer_ids: CustomerIds = "integer",
        wholesale_share: float = 0.02,
        return_rate: float = 0.02,
        cancellation_rate: float = 0.01,
        amount: bool = False,
        dirt: Mapping[str, float] | None = None,
    ) -> None:
        params = _shop_params.params_json(
            n_customers=n_customers,
            n_days=n_days,
            seed=seed,
            n_items=n_items,
            first_day=first_day,
            difficulty=difficulty,
            language=language,
            customer_ids=customer_ids,
            wholesale_share=wholesale_share,
            return_rate=return_rate,
            cancellation_rate=cancellation_rate,
            amount=amount,
            dirt=dirt,
        )
        if n_lines is not None:
            n_lines = _shop_params.whole("n_lines", n_lines, 1, 2**40)
        self._set(_inner=_core.Shop(params, n_lines))

    @property
    def params(self) -> dict[str, Any]:
        """The parameters, by name."""
        return dict(json.loads(self._inner.params_json()))

    def transactions(
        self,
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Transactions:
        """Return its lines with their roles bound.

        Parameters
        ----------
        progress : bool or callable, optional
            As in `Transactions.rfm`.
        n_jobs : int, optional
            Threads; None or -1 takes all cores. The shop is the same with any of them.
        memory_mb : float, optional
            Refuse, with an estimate, a shop whose drawing and lines would take more.

        Raises
        ------
        BudgetError
            If `memory_mb` is too little.

        Examples
        --------
        >>> import patronomy as pt
        >>> sorted(pt.simulate.Shop(n_customers=20).transactions().roles)[:3]
        ['channel', 'currency', 'customer']
        """
        jobs, memory = _limits("Shop.transactions", n_jobs, memory_mb)
        with reporting(progress) as report:
            return Transactions._wrap(self._inner.transactions(report, jobs, memory))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the lines as an Arrow C stream capsule."""
        return self._inner.__arrow_c_stream__(requested_schema)

    @property
    def truth(self) -> "Truth":
        """What is true of it, as tables."""
        return Truth._wrap(self._inner)

    def oracle(
        self,
        *,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> "Oracle":
        """Return the scores of one who knows the mechanism but sees only the data.

        Parameters
        ----------
        progress, n_jobs, memory_mb
            As in `transactions`.

        Raises
        ------
        BudgetError
            If `memory_mb` is too little.

        Examples
        --------
        >>> import patronomy as pt
        >>> oracle = pt.simulate.Shop(n_customers=200, n_days=365).oracle()
        >>> 0.5 < oracle.score("churn") < 1
        True
        """
        jobs, memory = _limits("Shop.oracle", n_jobs, memory_mb)
        with reporting(progress) as report:
            return Oracle._wrap(self._inner.oracle(report, jobs, memory))

    def __repr__(self) -> str:
        p = self.params
        return (
            f"Shop(n_customers={p['n_customers']}, n_days={p['n_days']}, "
            f"seed={p['seed']}, difficulty={p['difficulty']!r})"
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("`Shop` cannot be pickled; make it again from its parameters")


class Truth(Frozen):
    """What is true of a shop: each attribute is a table. `Shop.truth` returns it.

    Rows of the shop's lines count from 0, days from its opening.

    Examples
    --------
    >>> import patronomy as pt
    >>> truth = pt.simulate.Shop(n_customers=50).truth
    >>> len(truth.customers), len(truth.items)
    (50, 240)
    """

    __slots__ = ("_inner",)

    _inner: _core.Shop

    def __init__(self) -> None:
        raise TypeError("`Truth` has no public constructor: `Shop.truth` returns it")

    @classmethod
    def _wrap(cls, inner: _core.Shop) -> Self:
        truth = object.__new__(cls)
        truth._set(_inner=inner)
        return truth

    def _table(self, name: str) -> ArrowTable:
        return ArrowTable._wrap(self._inner.truth(name))

    @property
    def customers(self) -> ArrowTable:
        """Segment, rates, days of the first order and of the drop-out."""
        return self._table("customers")

    @property
    def items(self) -> ArrowTable:
        """Names, place in the tree, base price, season and trend."""
        return self._table("items")

    @property
    def rules(self) -> ArrowTable:
        """The planted rules with their probabilities."""
        return self._table("rules")

    @property
    def deviations(self) -> ArrowTable:
        """The customers that depart from their segment, how, and from when on."""
        return self._table("deviations")

    @property
    def campaign(self) -> ArrowTable:
        """Who was sent a letter, who responded, and what the letter changed."""
        return self._table("campaign")

    @property
    def returns(self) -> ArrowTable:
        """Which row undoes which purchase."""
        return self._table("returns")

    @property
    def dirt(self) -> ArrowTable:
        """Which row is spoiled, and how."""
        return self._table("dirt")


class Oracle(Frozen):
    """The oracle's answers to each task, and the measure of anyone else's.

    It knows the mechanism and its numbers, but of the customers only what the
    clean lines say. `Shop.oracle` returns it. The tasks: ``segments``, ``churn``,
    ``value``, ``rule_baskets``, ``rule_pairs``, ``deviations``, ``campaign``,
    ``trends``.

    Examples
    --------
    >>> import patronomy as pt
    >>> oracle = pt.simulate.Shop(n_customers=200, n_days=365).oracle()
    >>> oracle.scores.columns
    ['task', 'metric', 'n', 'chance', 'score', 'clairvoyant']
    """

    __slots__ = ("_inner",)

    _inner: _core.Oracle

    def __init__(self) -> None:
        raise TypeError("`Oracle` has no public constructor: `Shop.oracle` returns it")

    @classmethod
    def _wrap(cls, inner: _core.Oracle) -> Self:
        oracle = object.__new__(cls)
        oracle._set(_inner=inner)
        return oracle

    @property
    def scores(self) -> ArrowTable:
        """One row per task: metric, rows, score by chance, the oracle's score.

        The last column is the score of one who also knows each customer's hidden
        traits, which no method can.
        """
        return ArrowTable._wrap(self._inner.scores())

    def score(self, task: str) -> float | None:
        """Return the oracle's score in a task; None where the shop is too small.

        Parameters
        ----------
        task : str
            The task.

        Raises
        ------
        ParameterError
            If there is no such task.
        """
        name = _shop_params.choice("task", "task", task)
        scores = self.scores.to_dict()
        found: float | None = scores["score"][scores["task"].index(name)]
        return found

    def predictions(self, task: str) -> ArrowTable:
        """Return the rows a task is measured on, with truth and the oracle's answer.

        Parameters
        ----------
        task : str
            The task.

        Raises
        ------
        ParameterError
            If there is no such task.
        """
        name = _shop_params.choice("task", "task", task)
        return ArrowTable._wrap(self._inner.predictions(name))

    def evaluate(self, task: str, predictions: Iterable[float]) -> float | None:
        """Return the score of anyone's predictions.

        Parameters
        ----------
        task : str
            The task.
        predictions : iterable of float
            One value for each row of `predictions`, in their order.

        Returns
        -------
        float or None
            None where the shop is too small for the question to have an answer.

        Raises
        ------
        ParameterError
            If there is no such task, or not one number for each row.

        Examples
        --------
        >>> import patronomy as pt
        >>> oracle = pt.simulate.Shop(n_customers=200, n_days=365).oracle()
        >>> constant = [0.0] * len(oracle.predictions("churn"))
        >>> oracle.evaluate("churn", constant)
        0.5
        """
        name = _shop_params.choice("task", "task", task)
        given = items("Oracle", "predictions", predictions, "a list of numbers")
        values = [number("Oracle", "predictions", value) for value in given]
        return self._inner.evaluate(name, values)

    def __repr__(self) -> str:
        return repr(self.scores)

    def _repr_html_(self) -> str:
        return self.scores._repr_html_()


def _limits(
    owner: str, n_jobs: object, memory_mb: object
) -> tuple[int | None, float | None]:
    return (
        optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024),
        optional_number(owner, "memory_mb", memory_mb),
    )


def shop(
    n_customers: int = 1000,
    n_days: int = 730,
    seed: int = 0,
    *,
    n_lines: int | None = None,
    n_items: int = 240,
    first_day: TimeLike = "2024-01-01",
    difficulty: Difficulty = "medium",
    language: Language = "english",
    customer_ids: CustomerIds = "integer",
    wholesale_share: float = 0.02,
    return_rate: float = 0.02,
    cancellation_rate: float = 0.01,
    amount: bool = False,
    dirt: Mapping[str, float] | None = None,
    progress: Progress = None,
    n_jobs: int | None = None,
    memory_mb: float | None = None,
) -> Transactions:
    """Return the transactions of a generated shop.

    The short form of ``Shop(...).transactions()``: the arguments are those of
    `Shop`, which gives the truth too.

    Parameters
    ----------
    n_customers, n_days, seed
        The size of the shop, and the seed of all that is random in it.
    n_lines, n_items, first_day, difficulty, language, customer_ids
        As in `Shop`.
    wholesale_share, return_rate, cancellation_rate, amount, dirt
        As in `Shop`.
    progress, n_jobs, memory_mb
        As in `Shop.transactions`.

    Returns
    -------
    Transactions
        Its sales lines, with their roles bound.

    Raises
    ------
    ParameterError
        If a value is out of its range, or a name is none that is known.
    BudgetError
        If `memory_mb` is too little.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=100, n_days=90, seed=7)
    >>> tx.n_rows > 0
    True
    >>> tx.n_rows == pt.simulate.shop(n_customers=100, n_days=90, seed=7).n_rows
    True
    """
    return Shop(
        n_customers,
        n_days,
        seed,
        n_lines=n_lines,
        n_items=n_items,
        first_day=first_day,
        difficulty=difficulty,
        language=language,
        customer_ids=customer_ids,
        wholesale_share=wholesale_share,
        return_rate=return_rate,
        cancellation_rate=cancellation_rate,
        amount=amount,
        dirt=dirt,
    ).transactions(progress=progress, n_jobs=n_jobs, memory_mb=memory_mb)
