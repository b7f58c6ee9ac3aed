"""Rules put to use: what to recommend to whom, what to put side by side."""

from collections.abc import Sequence

from patronomy import _arguments, _core
from patronomy._mined import MOST
from patronomy._progress import Progress, job
from patronomy._rule_data import baskets_of
from patronomy._rule_params import Combine, Repeat, recommend_json
from patronomy.table import ArrowTable


class RuleUse:
    """What follows from rules."""

    __slots__ = ()

    _inner: _core.Rules

    def recommend(
        self,
        data: object,
        *,
        k: int = 5,
        repeat: Repeat = "exclude",
        rank_by: str = "confidence",
        combine: Combine = "strongest",
        exclude: Sequence[object] | None = None,
        refused: object = None,
        margins: object = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ArrowTable:
        """Recommend items to each customer, each with the rule that speaks for it.

        Parameters
        ----------
        data : Transactions or Baskets
            Of transactions, all that each customer has bought up to the clock counts
            as one basket; baskets are taken as they are.
        k : int, default 5
            Most items for each.
        repeat : {"exclude", "include"}, default "exclude"
            Whether what was bought before may be recommended again.
        rank_by : str, default "confidence"
            An interest measure, by which items are ranked.
        combine : {"strongest", "sum"}, default "strongest"
            Of several rules for one item the strongest counts, or all add up; the
            reason given is the strongest either way.
        exclude : list, optional
            Items, by label, that are recommended to nobody.
        refused : dict, optional
            For customers (or baskets) the items that they refuse.
        margins : dict, optional
            What items are worth: scores are multiplied by it, and items that are not
            in it, or worth nothing, are left out.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        ArrowTable
            customer (or transaction, or basket), rank, item, item_name where items
            have names, score, and the reason: rule (its place here), antecedent,
            support_count, antecedent_count, confidence, lift.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["ink", "pen"]] * 3 + [["mug"]]).rules()
        >>> asked = pt.Baskets.from_lists([["pen"], ["mug"], ["ink", "pen"]])
        >>> rules.recommend(asked).to_dict()["item"]
        ['ink']
        """
        most = _arguments.whole_number("Rules.recommend", "k", k, 1, MOST)
        return self._applied(
            "Rules.recommend",
            data,
            most,
            repeat,
            (rank_by, combine),
            (exclude, refused, margins),
            False,
            (progress, n_jobs, memory_mb),
        )

    def missing_items(
        self,
        data: object,
        *,
        rank_by: str = "confidence",
        combine: Combine = "strongest",
        exclude: Sequence[object] | None = None,
        refused: object = None,
        margins: object = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ArrowTable:
        """List who has most of a set but not the rest, the surest first.

        Every item that a rule speaks for and that the customer has not bought, with
        the strongest of these rules. Parameters and columns are those of `recommend`.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["ink", "pen"]] * 3 + [["mug"]]).rules()
        >>> asked = pt.Baskets.from_lists([["pen"], ["mug"], ["ink"]])
        >>> rules.missing_items(asked).to_dict()["basket"]
        [0, 2]
        """
        return self._applied(
            "Rules.missing_items",
            data,
            None,
            "exclude",
            (rank_by, combine),
            (exclude, refused, margins),
            True,
            (progress, n_jobs, memory_mb),
        )

    def _applied(
        self,
        owner: str,
        data: object,
        k: int | None,
        repeat: object,
        ranking: tuple[object, object],
        items: tuple[object, object, object],
        strongest_first: bool,
        limits: tuple[Progress, object, object],
    ) -> ArrowTable:
        from patronomy.baskets import Baskets

        unit = "basket"
        if isinstance(data, Baskets):
            baskets = data
            unit = "basket" if data.ids is None else "transaction"
        else:
            baskets = baskets_of(owner, "data", data).by_customer()
            unit = "customer"
        exclude, refused, margins = items
        params = recommend_json(
            owner,
            self._inner,
            baskets,
            k=k,
            repeat=repeat,
            rank_by=ranking[0],
            combine=ranking[1],
            exclude=exclude,
            refused=refused,
            margins=margins,
        )
        with job(owner, *limits) as how:
            found = self._inner.recommend(
                baskets._inner, params, unit, strongest_first, *how
            )
        return ArrowTable._wrap(found)

    def shelf_pairs(self, k: int = 20) -> ArrowTable:
        """Return the pairs of items that should stand side by side, the best first.

        Pairs of single items with a rule between them, by how many baskets have both
        beyond what chance explains.

        Parameters
        ----------
        k : int, default 20
            Most pairs.

        Returns
        -------
        ArrowTable
            item, with_item (the rule from the first to the second has the higher
            confidence), item_name and with_item_name where items have names; and the
            reason: support_count, item_count, with_item_count, expected_count (by the
            rule's test, or by the frequencies alone where there was none), extra_count,
            confidence, lift, p_adjusted where rules were tested, rule (its place).

        Examples
        --------
        >>> import patronomy as pt
        >>> rows = [["ink", "pen"], ["cup", "tea"]] * 9
        >>> pairs = pt.Baskets.from_lists(rows).rules().shelf_pairs().to_dict()
        >>> pairs["support_count"], [round(e, 2) for e in pairs["expected_count"]]
        ([9, 9], [3.94, 3.94])
        """
        most = _arguments.whole_number("Rules.shelf_pairs", "k", k, 1, MOST)
        return ArrowTable._wrap(self._inner.shelf_pairs(most))
