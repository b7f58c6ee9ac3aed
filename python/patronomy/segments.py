"""Segments of customers: found, named by experts, kept from month to month."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from patronomy import _arguments, _core, _render, _segment_params
from patronomy._opening import no_table, speaks_arrow
from patronomy._progress import Progress, reporting
from patronomy._segment_params import Scale
from patronomy._segment_results import Changes, ClassGap, Explanation, Profile
from patronomy.errors import ParameterError
from patronomy.segment_model import SegmentModel
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from patronomy.features import Features
    from patronomy.transactions import Transactions

__all__ = ["Segments"]

_ORIGINS = {
    "given": "the number was given",
    "classes": "there is a segment for each latent class",
    "refit": "the segments are those of the fit before",
}

PlotKind: TypeAlias = Literal["profile", "choice", "projection"]


class Segments(ArrowTable):
    """Customers in segments: `Features.segment`, `SegmentModel.assign` or `refit`.

    One row for each customer: ``customer``; ``segment`` (number) and ``segment_name``,
    null for customers of rejected segments; ``distance`` to the centre in scaled units;
    ``margin``, 0 half-way to the next segment and 1 at the centre; ``fits``, False for
    who is farther from the centre than nearly all of the segment were at the fit.

    Experts change it in place: `name`, `describe`, `merge`, `split`, `reject`. Who did
    what and why stays with the ``model``.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
    >>> s = tx.features("rfm").segment(k=3)
    >>> s.name(0, "regulars", by="Ann", why="a third of all, steady")
    >>> s.model.names[0]
    'regulars'
    """

    __slots__ = ("_changes", "_segments")

    _segments: _core.Segments
    _changes: dict[str, Any] | None

    @classmethod
    def _of(cls, inner: _core.Segments, changes: dict[str, Any] | None = None) -> Self:
        segments = cls._wrap(inner.table())
        segments._set(_segments=inner, _changes=changes)
        return segments

    # Experts change it in place, so a copy must not share what they change.
    def __copy__(self) -> Self:
        return self._of(self._segments, self._changes)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self.__copy__()

    def _become(self, inner: _core.Segments) -> None:
        self._set(_inner=inner.table(), _segments=inner)

    @property
    def model(self) -> SegmentModel:
        """Centres, scales, names and judgements, to save and to assign others with."""
        return SegmentModel._wrap(self._segments.model)

    @property
    def features(self) -> "Features":
        """The features of these customers."""
        from patronomy.features import Features

        return Features._of(self._segments.features)

    @property
    def segments(self) -> ArrowTable:
        """The segments: number, name, description, customers, medians of the features."""
        return ArrowTable._wrap(self._segments.segments())

    @property
    def notices(self) -> list[str]:
        """What you should know: how columns were scaled, and what is odd."""
        notices: list[str] = self.model._json()["notices"]
        return notices

    @property
    def choice(self) -> list[dict[str, Any]] | None:
        """The numbers of segments that were tried, each with what speaks for it.

        ``inertia``; ``simplified_silhouette``, ``silhouette`` of a sample,
        ``calinski_harabasz``: more is better; ``davies_bouldin``: less is; ``gap`` beside
        even rows (Tibshirani et al. 2001); ``stability``, the mean adjusted Rand index
        on halves of the customers; shares of the smallest and the largest segment. None
        where the number was given.
        """
        choice = self.model._json()["choice"]
        return None if choice is None else list(choice["candidates"])

    @property
    def reason(self) -> str:
        """Why there are as many segments as there are."""
        model = self.model._json()
        if model["choice"] is not None:
            return str(model["choice"]["reason"])
        return _ORIGINS[model["origin"]]

    @property
    def changes(self) -> Changes | None:
        """What a refit has changed; None if this is none."""
        return None if self._changes is None else Changes(self._changes)

    def name(self, segment: int, name: str, *, by: str = "", why: str = "") -> None:
        """Give a segment a name; it stays through refits.

        Raises
        ------
        ParameterError
            If there is no such segment, or the name is blank, too long or another's.
        """
        said = _segment_params.said("Segments.name", by, why)
        self._become(
            self._segments.name(_id("name", segment), _text("name", name), said)
        )

    def describe(self, segment: int, text: str, *, by: str = "", why: str = "") -> None:
        """Say in words what a segment is."""
        said = _segment_params.said("Segments.describe", by, why)
        found = _text("describe", text)
        self._become(self._segments.describe(_id("describe", segment), found, said))

    def merge(self, segments: Sequence[int], *, by: str = "", why: str = "") -> None:
        """Make some segments one, with number, name and description of the first."""
        said = _segment_params.said("Segments.merge", by, why)
        listed = _arguments.items("Segments.merge", "segments", segments, "numbers")
        ids = [_id("merge", one) for one in listed]
        self._become(self._segments.merge(ids, said))

    def split(
        self, segment: int, parts: int = 2, *, by: str = "", why: str = ""
    ) -> None:
        """Cut a segment into parts by k-means; they get numbers of their own."""
        said = _segment_params.said("Segments.split", by, why)
        n = _arguments.whole_number("Segments.split", "parts", parts, 2, 10_000)
        self._become(self._segments.split(_id("split", segment), n, said))

    def reject(self, segment: int, *, by: str = "", why: str = "") -> None:
        """Hold a segment for none: its customers are in no segment."""
        said = _segment_params.said("Segments.reject", by, why)
        self._become(self._segments.reject(_id("reject", segment), said))

    def restore(self, segment: int, *, by: str = "", why: str = "") -> None:
        """Make a rejected segment one again."""
        said = _segment_params.said("Segments.restore", by, why)
        self._become(self._segments.restore(_id("restore", segment), said))

    def assign(self, data: "Transactions | Features") -> "Segments":
        """Assign others to these segments; see `SegmentModel.assign`."""
        return self.model.assign(data)

    def refit(
        self, data: "Transactions | Features", k: int | Literal["same"] = "same"
    ) -> "Segments":
        """Find the segments again on later customers; see `SegmentModel.refit`."""
        return self.model.refit(data, k)

    def within(
        self,
        segment: int,
        k: int | Literal["auto"] = "auto",
        *,
        scale: Scale = "log",
        random_state: int = 0,
    ) -> "Segments":
        """Find segments within one, in the same features, scaled anew."""
        params = _segment_params.segment_json(
            "within",
            k=k,
            scale=scale,
            min_segments=2,
            max_segments=10,
            min_share=0.01,
            n_init=10,
            reach=0.99,
            sample=5_000,
            random_state=random_state,
        )
        return self._of(self._segments.within(_id("within", segment), params))

    def moves(self, earlier: "Segments") -> ArrowTable:
        """Return how many customers went from which earlier segment to which of these.

        Columns: ``from_segment`` ("(new)": not there earlier), ``to_segment`` ("(gone)":
        not there now), ``n_customers``, and ``share`` of those of ``from_segment``.
        """
        if not isinstance(earlier, Segments):
            raise TypeError(
                "`earlier` of `Segments.moves` must be `Segments`; got an object of "
                f"type {type(earlier).__name__}"
            )
        return ArrowTable._wrap(self._segments.moves(earlier._segments))

    def profile(
        self,
        attributes: object = None,
        *,
        customer: str = "customer",
        fdr: float = 0.05,
        n_representatives: int = 3,
    ) -> Profile:
        """Say in what each segment differs from the customers elsewhere.

        Columns that the segments were found in get effect sizes only: a test of them
        would be circular, since segments of pure noise differ in them too. Attributes
        get tests, adjusted for their number (Benjamini and Hochberg 1995): numbers by
        ranks (Mann and Whitney 1947), all else by Fisher's exact test of each value.

        Parameters
        ----------
        attributes : table, optional
            What else is known, one row for each customer: numbers, texts, categories.
        customer : str, default "customer"
            Its column of identifiers.
        fdr : float, default 0.05
            The share of false ones among the differences in attributes that are told.
        n_representatives : int, default 3
            Customers who stand for each segment.

        Raises
        ------
        ColumnNotFoundError
            If the table has no such column.
        BadValuesError
            If a customer has two rows.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> tx.features("rfm").segment(k=3).profile().columns
        ['segment', 'segment_name', 'n_customers', 'traits']
        """
        params = {
            "fdr": _arguments.number("profile", "fdr", fdr),
            "n_representatives": _arguments.whole_number(
                "profile", "n_representatives", n_representatives, 0, 2**32
            ),
        }
        if attributes is not None and not speaks_arrow(attributes):
            raise TypeError(no_table("Segments.profile", attributes))
        column = _arguments.column_name("profile", "customer", customer)
        return Profile._of(
            *self._segments.profile(json.dumps(params), attributes, column)
        )

    def explain(self, *, max_depth: int = 4, min_share: float = 0.01) -> Explanation:
        """Return rules that stand for the segments, tested on other customers.

        A classification tree (Breiman et al. 1984) of at most `max_depth` thresholds is
        grown on half of the customers, at most 50,000; the other half tests it.

        Parameters
        ----------
        max_depth : int, default 4
            Most thresholds one after the other: 1 to 10.
        min_share : float, default 0.01
            Least share of the customers behind a rule.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> found = tx.features("rfm").segment(k=3).explain()
        >>> found.fidelity > found.baseline
        True
        """
        depth = _arguments.whole_number("explain", "max_depth", max_depth, 1, 10)
        share = _arguments.number("explain", "min_share", min_share)
        params = {"max_depth": depth, "min_share": share}
        return Explanation._of(*self._segments.explain(json.dumps(params)))

    def class_gap(
        self,
        tx: "Transactions",
        *,
        n_items: int = 5,
        min_share: float = 0.1,
        fdr: float = 0.05,
        progress: Progress = None,
        n_jobs: int | None = None,
    ) -> ClassGap:
        """Return what each customer's segment buys and the customer does not.

        An item is a segment's own if at least `min_share` of its customers bought it,
        more than elsewhere, and more than chance makes: Fisher's exact test, adjusted
        for all pairs of segment and item. Segments that were found in baskets differ in
        items by construction; then there is no test, and a notice says so.

        Parameters
        ----------
        tx : Transactions
            The purchases; roles `transaction` and `item` are needed.
        n_items : int, default 5
            Most items for each customer.
        min_share : float, default 0.1
            Least share of the segment's customers who bought an item.
        fdr : float, default 0.05
            The share of false ones among the items held to be a segment's.
        progress, n_jobs
            As in `Transactions.rfm`.

        Examples
        --------
        >>> import patronomy as pt
        >>> tx = pt.simulate.shop(n_customers=300, n_days=365, seed=1)
        >>> tx.features("rfm").segment(k=3).class_gap(tx).columns[:4]
        ['customer', 'segment', 'segment_name', 'item']
        """
        from patronomy.transactions import Transactions

        if not isinstance(tx, Transactions):
            raise TypeError(
                "`tx` of `Segments.class_gap` must be `Transactions`; got an object of "
                f"type {type(tx).__name__}"
            )
        number = _arguments.number
        params = {
            "n_items": _arguments.whole_number(
                "class_gap", "n_items", n_items, 1, 2**32
            ),
            "min_share": number("class_gap", "min_share", min_share),
            "fdr": number("class_gap", "fdr", fdr),
        }
        jobs = _arguments.optional_whole_number("class_gap", "n_jobs", n_jobs, -1, 1024)
        with reporting(progress) as report:
            found = self._segments.class_gap(
                tx._inner, json.dumps(params), report, jobs
            )
        return ClassGap._of(*found)

    def projection(self) -> ArrowTable:
        """Return where customers stand along the two axes of most variance.

        Columns: ``customer``, ``segment``, ``segment_name``, ``x``, ``y``, in scaled units.
        """
        return ArrowTable._wrap(self._segments.projection())

    def plot(self, kind: PlotKind = "profile", *, ax: "Axes | None" = None) -> "Axes":
        """Draw the segments; needs matplotlib.

        Parameters
        ----------
        kind : {"profile", "choice", "projection"}, default "profile"
            A heat map of how likely a customer of each segment has more of a feature
            than others; silhouette, stability and inertia of the numbers of segments
            that were tried; or customers along the two axes of most variance.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure otherwise.

        Raises
        ------
        ParameterError
            For "choice" if the number of segments was given.
        """
        from patronomy import segment_plots

        kinds = ("profile", "choice", "projection")
        chosen = _arguments.choice("Segments.plot", "kind", kind, kinds)
        if chosen == "profile":
            return segment_plots.heat_map(self.profile().traits.to_dict(), ax)
        if chosen == "projection":
            return segment_plots.projection(self.projection().to_dict(), ax)
        candidates = self.choice
        if candidates is None:
            raise ParameterError(
                '`kind` of `Segments.plot` is "choice", but no numbers were compared; '
                'call `segment` with k="auto"'
            )
        return segment_plots.choice(candidates, len(self.model.names), ax)

    def plot_moves(self, earlier: "Segments", *, ax: "Axes | None" = None) -> "Axes":
        """Draw who went from which earlier segment to which of these."""
        from patronomy import segment_plots

        return segment_plots.flow(self.moves(earlier).to_dict(), ax)

    def _caption(self) -> str:
        customers = _render.counted(len(self), "customer")
        return f"Segments: {customers} in {len(self.model.names)} segments"

    def __repr__(self) -> str:
        return f"{_render.text_table(self._segments.segments().head(50))}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return _render.html_table(self._segments.segments().head(50), self._caption())


def _id(method: str, segment: object) -> int:
    return _arguments.whole_number(
        f"Segments.{method}", "segment", segment, 0, 2**31 - 1
    )


def _text(method: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(
            f"`Segments.{method}` takes a text; got {_arguments.shown(value)}"
        )
    return value
