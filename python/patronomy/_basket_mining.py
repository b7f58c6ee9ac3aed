"""What `Baskets` are mined for: item sets, rules, contrasts."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from patronomy import _arguments, _core
from patronomy._basket_making import Making
from patronomy._itemset_params import Algorithm, Target, params_json
from patronomy._opening import speaks_arrow
from patronomy._progress import Progress, job
from patronomy._rule_params import Correction, Keep, Test, group_numbers
from patronomy._rule_params import params_json as rule_params_json
from patronomy.itemset_scan import ItemsetScan
from patronomy.itemsets import Itemsets
from patronomy.rules import Rules
from patronomy.table import ArrowTable


class Mining(Making):
    """The part of `Baskets` that finds what is bought together."""

    __slots__ = ()

    _inner: _core.Baskets

    def with_taxonomy(self, taxonomy: object) -> Self:
        """Return the same baskets, with the ancestors of each item added.

        Sets are then mined over all levels at once; none has an item together with
        its own ancestor.

        Parameters
        ----------
        taxonomy : mapping or table
            The parent of each item, by label, or a list of its parents; or a table
            whose first column is the item and whose second the parent.

        Raises
        ------
        ParameterError
            If an item would be its own ancestor, or labels are of another type.

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["cola"], ["milk"]])
        >>> baskets.with_taxonomy({"cola": "drink", "milk": "drink"}).support_counts
        [1, 1, 2]
        """
        owner = "Baskets.with_taxonomy"
        if not isinstance(taxonomy, Mapping):
            if not speaks_arrow(taxonomy):
                raise TypeError(
                    f"`taxonomy` of `{owner}` must be a dict of items and their "
                    f"parents, or a table of both; got {_arguments.shown(taxonomy)}"
                )
            return self._wrap(self._inner.with_parents_table(taxonomy))
        pairs = [
            (item, parent)
            for item, parents in taxonomy.items()
            for parent in (
                parents if isinstance(parents, (list, tuple, set)) else [parents]
            )
        ]
        children, parents = [p[0] for p in pairs], [p[1] for p in pairs]
        return self._wrap(self._inner.with_parents(children, parents))

    def itemsets(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        algorithm: Algorithm = "auto",
        target: Target = "frequent",
        count_only: bool = False,
        max_len: int | None = None,
        min_len: int = 1,
        required: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        item_min_support_counts: Mapping[Any, int] | None = None,
        top_k: int | None = None,
        max_itemsets: int | None = None,
        taxonomy: object = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Itemsets:
        """Find the sets of items that enough baskets have.

        Parameters
        ----------
        min_support : float, optional
            The smallest support, as a fraction of the baskets; 0.01 where neither it
            nor the count is given.
        min_support_count : int, optional
            The smallest support, as a number of baskets.
        algorithm : {"auto", "apriori", "fp_growth", "eclat", "lcm"}, default "auto"
            How sets are looked for; the result is the same.
        target : {"frequent", "closed", "maximal", "generators"}, default "frequent"
            All sets; those whose every larger set has less support; those of which no
            larger set is frequent; those whose every smaller set has more support.
        count_only : bool, default False
            Whether to count the sets without keeping them: `n_itemsets` is all that
            the result then has.
        max_len, min_len : int, optional
            Most and fewest items of a set.
        required, forbidden : list, optional
            Items, by label, that every set must have, and that none may have.
        item_min_support_counts : dict, optional
            Smallest supports, as numbers of baskets, of single items by label: a set
            needs the smallest among its items. For frequent sets only.
        top_k : int, optional
            Only so many sets with the highest supports, and those that tie with the
            last.
        max_itemsets : int, optional
            More sets than these are refused before they fill the memory.
        taxonomy : mapping or table, optional
            As in `with_taxonomy`.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        Itemsets

        Raises
        ------
        ParameterError
            If a parameter breaks its rule, or a label is unknown.
        BudgetError
            If there are more sets than allowed; the message names a support that
            would do.

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["a", "b", "c"], ["a", "b"], ["c"]])
        >>> baskets.itemsets(min_support_count=2, target="maximal").to_dict()["itemset"]
        [['a', 'b'], ['c']]
        >>> baskets.itemsets(min_support_count=1, count_only=True).n_itemsets
        7
        """
        baskets = self._inner
        if taxonomy is not None:
            baskets = self.with_taxonomy(taxonomy)._inner
        params = params_json(
            baskets,
            min_support=min_support,
            min_support_count=min_support_count,
            algorithm=algorithm,
            target=target,
            max_len=max_len,
            min_len=min_len,
            required=required,
            forbidden=forbidden,
            item_min_support_counts=item_min_support_counts,
            top_k=top_k,
            max_itemsets=max_itemsets,
        )
        shown = _arguments.parsed_dict(params)
        only = _arguments.flag("itemsets", "count_only", count_only)
        with job("itemsets", progress, n_jobs, memory_mb) as how:
            if only:
                n = baskets.count_itemsets(params, *how)
                return Itemsets._counted(n, shown)
            found = baskets.itemsets(params, *how)
            return Itemsets._of(found, shown)

    def rules(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        min_confidence: float = 0.5,
        min_lift: float | None = None,
        max_len: int | None = None,
        max_antecedent_len: int | None = None,
        max_consequent_len: int | None = 1,
        antecedents: Sequence[object] | None = None,
        consequents: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        keep: Keep = "all",
        test: Test = "size_conditional",
        correction: Correction = "holm",
        alpha: float | None = None,
        measures: Sequence[str] = (),
        algorithm: Algorithm = "auto",
        max_itemsets: int | None = None,
        max_rules: int | None = None,
        taxonomy: object = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> Rules:
        """Find rules: what is bought with what, and whether chance does as much.

        Parameters
        ----------
        min_support : float, optional
            The smallest support of both sides together, as a fraction of the baskets;
            0.01 where neither it nor the count is given.
        min_support_count : int, optional
            The smallest support, as a number of baskets.
        min_confidence : float, default 0.5
            The smallest confidence, in [0, 1].
        min_lift : float, optional
            The smallest lift.
        max_len, max_antecedent_len : int, optional
            Most items of both sides together, and of antecedents.
        max_consequent_len : int or None, default 1
            Most items of consequents; None is any number.
        antecedents, consequents : list, optional
            Items, by label, that a side may have; all where not given.
        forbidden : list, optional
            Items, by label, that no rule may have.
        keep : {"all", "productive", "basis"}, default "all"
            All rules; those with a higher confidence than with any part of the
            antecedent; those with the shortest antecedents and the longest consequents
            among rules about the same baskets (needs ``max_consequent_len=None``): all
            other rules follow from these, and where frequent sets are very many they are
            made of closed sets and generators alone.
        test : {"size_conditional", "fisher", "none"}, default "size_conditional"
            How p-values are found. Large baskets put items together by chance; the
            default knows how large each basket is; where it expects as many as there
            are, or more, the p-value is 1. Fisher's exact test does not know, and
            calls that a finding.
        correction : {"holm", "benjamini_hochberg", "none"}, default "holm"
            Against any false rule among all that could have been found; against too
            large a share of false ones; or no correction.
        alpha : float, optional
            Only rules whose adjusted p-value is at most this.
        measures : list of str, default none
            Interest measures that become columns, as in `Rules.with_measures`.
        algorithm : str, default "auto"
            As in `itemsets`.
        max_itemsets, max_rules : int, optional
            More item sets or rules than these are refused.
        taxonomy : mapping or table, optional
            As in `with_taxonomy`.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        Rules

        Raises
        ------
        ParameterError
            If a parameter breaks its rule, or a label is unknown.
        BudgetError
            If there are more item sets or rules than allowed.

        Examples
        --------
        >>> import patronomy as pt
        >>> rows = [["ink", "pen"], ["cup", "tea"]] * 20
        >>> rules = pt.Baskets.from_lists(rows).rules(min_support=0.1, alpha=0.05)
        >>> rules.to_dict()["lift"]
        [2.0, 2.0, 2.0, 2.0]
        """
        baskets = self._inner
        if taxonomy is not None:
            baskets = self.with_taxonomy(taxonomy)._inner
        params = rule_params_json(
            baskets,
            min_support=min_support,
            min_support_count=min_support_count,
            min_confidence=min_confidence,
            min_lift=min_lift,
            max_len=max_len,
            max_antecedent_len=max_antecedent_len,
            max_consequent_len=max_consequent_len,
            antecedents=antecedents,
            consequents=consequents,
            forbidden=forbidden,
            keep=keep,
            test=test,
            correction=correction,
            alpha=alpha,
            algorithm=algorithm,
            max_itemsets=max_itemsets,
            max_rules=max_rules,
        )
        with job("rules", progress, n_jobs, memory_mb) as how:
            rules = Rules._wrap(baskets.rules(params, *how))
        return rules.with_measures(*measures)

    def contrasts(
        self,
        groups: object,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        max_len: int | None = 2,
        alpha: float | None = None,
        progress: Progress = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ArrowTable:
        """Find what one group of baskets holds together and the others do not.

        The test knows basket sizes: a group with large baskets holds more of
        everything. Groups must be defined by something other than these purchases, a
        country or a channel; groups made by what was bought differ in it by
        construction, and their p-values mean nothing.

        Parameters
        ----------
        groups : sequence or mapping
            The group of each basket, in order; or of each customer.
        min_support, min_support_count
            Of sets in all baskets, as in `itemsets`.
        max_len : int or None, default 2
            Most items of a set.
        alpha : float, optional
            Only sets whose adjusted p-value is at most this.
        progress, n_jobs, memory_mb
            As in `Transactions.rfm`.

        Returns
        -------
        ArrowTable
            One row for each set and group where it is more frequent than in all:
            group, itemset, names where items have names, support_count (baskets of the
            group with it), group_count (baskets of the group), share, other_share (of
            the other baskets), expected_count, ratio, p_value, p_adjusted (Holm).

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["tea", "cup"]] * 30 + [["ink", "pen"]] * 30)
        >>> found = baskets.contrasts(["shop"] * 30 + ["web"] * 30, alpha=0.01)
        >>> found.to_dict()["group"][0], len(found)
        ('shop', 6)
        """
        owner = "Baskets.contrasts"
        places, labels = group_numbers(owner, self._inner.customers, groups)
        params = params_json(
            self._inner,
            min_support=min_support,
            min_support_count=min_support_count,
            algorithm="auto",
            target="frequent",
            max_len=max_len,
            min_len=1,
            required=None,
            forbidden=None,
            item_min_support_counts=None,
            top_k=None,
            max_itemsets=None,
        )
        level = _arguments.optional_number(owner, "alpha", alpha)
        with job(owner, progress, n_jobs, memory_mb) as how:
            found = self._inner.contrasts(
                places,
                labels,
                params,
                1.0 if level is None else level,
                *how,
            )
        return ArrowTable._wrap(found)

    def scan_itemsets(
        self,
        *,
        min_support: float | None = None,
        min_support_count: int | None = None,
        algorithm: Algorithm = "auto",
        target: Target = "frequent",
        max_len: int | None = None,
        min_len: int = 1,
        required: Sequence[object] | None = None,
        forbidden: Sequence[object] | None = None,
        item_min_support_counts: Mapping[Any, int] | None = None,
        top_k: int | None = None,
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
        memory_mb: float | None = None,
    ) -> ItemsetScan:
        """Find item sets while they are taken, for more of them than memory holds.

        Parameters
        ----------
        min_support, min_support_count, algorithm, target, max_len, min_len, required, \
forbidden, item_min_support_counts, top_k, n_jobs
            As in `itemsets`. Apriori holds all sets nevertheless, and so does what
            finds closed, maximal and generator sets where the named algorithm has no
            way of its own to them.
        max_itemsets : int, optional
            More sets than these end the search with an error; without it, none are
            too many.
        memory_mb : float, optional
            Most memory for sets found before it was their turn; 64 where not given.

        Returns
        -------
        ItemsetScan

        Examples
        --------
        >>> import patronomy as pt
        >>> baskets = pt.Baskets.from_lists([["a", "b", "c"], ["a", "b"], ["c"]])
        >>> scan = baskets.scan_itemsets(min_support_count=1)
        >>> sum(len(table) for table in scan.batches())
        7
        """
        params = params_json(
            self._inner,
            min_support=min_support,
            min_support_count=min_support_count,
            algorithm=algorithm,
            target=target,
            max_len=max_len,
            min_len=min_len,
            required=required,
            forbidden=forbidden,
            item_min_support_counts=item_min_support_counts,
            top_k=top_k,
            max_itemsets=max_itemsets,
        )
        owner = "scan_itemsets"
        jobs = _arguments.optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
        memory = _arguments.optional_number(owner, "memory_mb", memory_mb)
        inner = _core.ItemsetScan(self._inner, params, jobs, memory)
        return ItemsetScan._of(inner, _arguments.parsed_dict(params))
