"""Customers in numbers, as of the clock: what segments and models are found in."""

import json
from collections.abc import Sequence
from typing import Any, Literal, Self, TypeAlias, get_args

from patronomy import _arguments, _core, _render, _segment_params
from patronomy._opening import no_table, speaks_arrow
from patronomy._progress import Progress, reporting
from patronomy._segment_params import Scale
from patronomy.segments import Segments
from patronomy.table import ArrowTable

__all__ = ["FeatureSet", "Features"]

FeatureSet: TypeAlias = Literal["rfm", "behaviour", "basket", "classes"]

_OWNER = "features"


class Features(ArrowTable):
    """Customers in numbers: `Transactions.features`, or a table of your own.

    One row for each customer: ``customer`` and a column of float64 for each feature.

    ``rfm``: ``recency_days`` since the last order, ``frequency`` (orders), ``monetary``
    (money in all). ``behaviour``: ``tenure_days`` since the first order,
    ``orders_per_30_days``, ``order_value``, ``items_per_order`` (distinct ones),
    ``item_variety`` (distinct items over purchases of items) and ``weekend_share`` (of
    orders on Saturday or Sunday). ``basket``: coordinates ``basket_1``, ``basket_2`` ...
    in which customers are near who buy the same items, by correspondence analysis
    (Benzécri 1973; Greenacre 1984). ``classes``: ``class_1``, ``class_2`` ..., how likely
    each kind of customers is, kinds being what purchases and sizes of baskets would best
    come from: latent class analysis (Lazarsfeld 1950), a mixture of multinomials fitted
    by expectation and maximisation (Dempster, Laird and Rubin 1977); with role ``price``,
    likings of items that few bought come from items alike.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
    >>> tx.features(["rfm", "behaviour"]).columns[:4]
    ['customer', 'recency_days', 'frequency', 'monetary']
    """

    __slots__ = ("_features",)

    _features: _core.Features

    @classmethod
    def _of(cls, inner: _core.Features) -> Self:
        features = cls._wrap(inner.table())
        features._set(_features=inner)
        return features

    @classmethod
    def from_table(cls, data: object, customer: str = "customer") -> Self:
        """Return features of your own: the number columns beside the identifiers.

        Parameters
        ----------
        data
            A pandas, polars or pyarrow table, one row for each customer.
        customer : str, default "customer"
            The column of identifiers.

        Raises
        ------
        ColumnNotFoundError
            If there is no such column.
        ColumnTypeError
            If another column holds no numbers.
        BadValuesError
            If one has nulls.

        Examples
        --------
        >>> import patronomy as pt, pyarrow as pa
        >>> table = pa.table({"id": ["a", "b"], "visits": [3, 40]})
        >>> len(pt.Features.from_table(table, "id"))
        2
        """
        if not speaks_arrow(data):
            raise TypeError(no_table("Features.from_table", data))
        column = _arguments.column_name("Features.from_table", "customer", customer)
        return cls._of(_core.Features.from_table(data, column))

    @property
    def names(self) -> list[str]:
        """The features, in order."""
        return self._features.names

    @property
    def notices(self) -> list[str]:
        """What you should know of them."""
        return self._features.notices

    @property
    def counts(self) -> dict[str, Any]:
        """Where the rows of the transactions went."""
        return _arguments.parsed_dict(self._features.counts_json())

    @property
    def recipe(self) -> dict[str, Any]:
        """How they were made: parameters, kinds of columns, and the space of baskets."""
        return _arguments.parsed_dict(self._features.recipe_json())

    def segment(
        self,
        k: int | Literal["auto"] = "auto",
        *,
        scale: Scale = "log",
        min_segments: int = 2,
        max_segments: int = 10,
        min_share: float = 0.01,
        n_init: int = 10,
        reach: float = 0.99,
        sample: int = 5_000,
        random_state: int = 0,
        progress: Progress = None,
        n_jobs: int | None = None,
    ) -> Segments:
        """Find segments: scale the columns, and gather customers around centres.

        Columns are scaled, or money and days would decide alone by their units; what was
        done stands among the ``notices``, beside warnings if one segment holds nearly
        everyone or one column makes all the difference. k-means then finds the centres.

        Parameters
        ----------
        k : int or "auto", default "auto"
            How many segments; "auto" takes the number that is recommended, see
            `Segments.choice`, and of "classes" alone one for each class.
        scale : {"log", "standard", "robust", "yeo-johnson", "none"}, default "log"
            "log" is sign(x) ln(1 + abs(x)), then as "standard": less the mean, over the
            standard deviation; "robust" takes median and quartiles; "yeo-johnson" the
            power that makes a column most normal (Yeo and Johnson 2000). Coordinates of
            baskets keep their proportions.
        min_segments, max_segments : int, default 2 and 10
            The numbers that "auto" tries.
        min_share : float, default 0.01
            "auto" recommends no number with a smaller segment than this share.
        n_init : int, default 10
            Starts of k-means; "auto" makes 5 for each number.
        reach : float, default 0.99
            A customer farther from the centre than this share of the segment's own were
            at the fit fits none: 0.5 to 1.
        sample : int, default 5000
            Customers that silhouette, gap and stability are worked out on.
        random_state : int, default 0
            Seed of what is drawn.
        progress, n_jobs
            As in `Transactions.rfm`.

        Returns
        -------
        Segments
            Numbered from the largest on.

        Raises
        ------
        ParameterError
            If a parameter breaks its rule.
        TooFewRowsError
            If there are fewer customers than segments.
        BadValuesError
            If a feature is missing or infinite.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> s = tx.features("rfm").segment(k=3)
        >>> s.segments.columns[:2]
        ['segment', 'segment_name']
        """
        params = _segment_params.segment_json(
            "segment",
            k=k,
            scale=scale,
            min_segments=min_segments,
            max_segments=max_segments,
            min_share=min_share,
            n_init=n_init,
            reach=reach,
            sample=sample,
            random_state=random_state,
        )
        jobs = _arguments.optional_whole_number("segment", "n_jobs", n_jobs, -1, 1_024)
        with reporting(progress) as report:
            return Segments._of(self._features.segment(params, report, jobs))

    def _caption(self) -> str:
        customers = _render.counted(len(self), "customer")
        return f"Features: {customers}, {len(self.names)} features"

    def _shown_rows(self) -> int:
        return 5


def features_json(
    sets: FeatureSet | Sequence[FeatureSet],
    n_components: int | None,
    n_classes: int | None,
    season: bool,
    min_customers: int,
    random_state: int,
) -> str:
    """Return the arguments of `Transactions.features` in the form of the core."""
    names = get_args(FeatureSet)
    rule = "one of " + ", ".join(names) + ", or a list of them"
    listed = (
        [sets]
        if isinstance(sets, str)
        else _arguments.items(_OWNER, "sets", sets, rule)
    )
    whole = _arguments.whole_number
    return json.dumps(
        {
            "sets": [_arguments.choice(_OWNER, "sets", one, names) for one in listed],
            "n_components": _arguments.optional_whole_number(
                _OWNER, "n_components", n_components, 1, 100
            ),
            "n_classes": _arguments.optional_whole_number(
                _OWNER, "n_classes", n_classes, 2, 50
            ),
            "season": _arguments.flag(_OWNER, "season", season),
            "min_customers": whole(
                _OWNER, "min_customers", min_customers, 1, 2**32 - 1
            ),
            "seed": whole(_OWNER, "random_state", random_state, 0, 2**64 - 1),
        }
    )
