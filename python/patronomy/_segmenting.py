"""What `Transactions` say of customers in numbers."""

from collections.abc import Sequence

from patronomy import _arguments, _core
from patronomy._frozen import Frozen
from patronomy._progress import Progress, reporting
from patronomy.features import Features, FeatureSet, features_json


class Segmenting(Frozen):
    """The part of `Transactions` that describes customers for segments and models."""

    __slots__ = ()

    _inner: _core.Transactions

    def features(
        self,
        sets: FeatureSet | Sequence[FeatureSet] = "rfm",
        *,
        n_components: int | None = None,
        n_classes: int | None = None,
        season: bool = True,
        min_customers: int = 5,
        random_state: int = 0,
        progress: Progress = None,
        n_jobs: int | None = None,
    ) -> Features:
        """Describe every customer with an order in numbers, as of the clock.

        Parameters
        ----------
        sets : {"rfm", "behaviour", "basket", "classes"} or a list of them, default "rfm"
            See `Features`.
        n_components : int, optional
            Coordinates of "basket": 1 to 100. By default those that are larger than
            independent purchases would have (Marchenko and Pastur 1967), at most 20.
        n_classes : int, optional
            Classes of "classes": 2 to 50. By default the number, of 1 to 10, for which
            Bayes' information criterion (Schwarz 1978) is least.
        season : bool, default True
            Whether classes are told beside what all customers buy in the same week, where
            there are weeks enough: then seasons and trends are no kinds of customers.
        min_customers : int, default 5
            Items bought by fewer customers have no place among coordinates and classes.
        random_state : int, default 0
            Seed of what the decomposition of baskets begins with.
        progress, n_jobs
            As in `rfm`.

        Returns
        -------
        Features
            One row for each customer, sorted by customer.

        Raises
        ------
        ColumnNotFoundError
            If a role is missing: money for "rfm" and "behaviour", `transaction` and
            `item` for all but "rfm".
        TooFewRowsError
            If no customer has an order, or no two items have enough customers.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=200, n_days=365, seed=1)
        >>> tx.features().names
        ['recency_days', 'frequency', 'monetary']
        """
        params = features_json(
            sets, n_components, n_classes, season, min_customers, random_state
        )
        jobs = _arguments.optional_whole_number("features", "n_jobs", n_jobs, -1, 1_024)
        with reporting(progress) as report:
            return Features._of(_core.Features.fit(self._inner, params, report, jobs))
