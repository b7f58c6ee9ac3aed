"""Association rules: what is bought with what, tested, and put to use."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args

from patronomy import _arguments, _core, _render
from patronomy._mined import MOST
from patronomy._rule_checks import RuleChecks
from patronomy._rule_text import items, readable, titles
from patronomy._rule_use import RuleUse
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PlotKind: TypeAlias = Literal["scatter", "grouped", "graph"]

# Rules in a graph: where nothing is said, and at most.
_IN_GRAPH, _MOST_IN_GRAPH = 20, 100

__all__ = ["Rules", "measures"]

_SHOWN = 10


def measures() -> dict[str, str]:
    """Return every interest measure: its name, and its formula, range and source.

    In the formulas n are the baskets, n_x those with the antecedent X, n_y those with
    the consequent Y, n_xy those with both; n_10 is n_x - n_xy, n_01 is n_y - n_xy, and
    n_00 has neither. A positive number over zero is infinite, zero over zero is NaN.

    Examples
    --------
    >>> import patronomy as pt
    >>> pt.rules.measures()["jaccard"]
    'n_xy / (n_x + n_y - n_xy). In [0, 1] (Jaccard 1901).'
    """
    return dict(_core.measures())


class Rules(RuleChecks, RuleUse, ArrowTable):
    """Rules: with the items of the antecedent, those of the consequent are bought too.

    One row for each rule: antecedent, consequent (lists of labels), support_count
    (baskets with both), antecedent_count, consequent_count, support, confidence, lift,
    and where rules were tested expected_count (baskets with both as chance, basket
    sizes and the parts of the antecedent explain them), p_value, p_adjusted (for all
    rules that could have been found: `n_candidates`). `Transactions.rules`,
    `Baskets.rules` and `Itemsets.rules` return it.

    Examples
    --------
    >>> import patronomy as pt
    >>> rows = [["ink", "pen"], ["cup", "tea"]] * 20 + [["ink"]] * 5
    >>> rules = pt.Baskets.from_lists(rows).rules(min_support=0.1, min_confidence=0.9)
    >>> rules.to_dict()["antecedent"], rules.to_dict()["consequent"]
    ([['tea'], ['cup'], ['pen']], [['cup'], ['tea'], ['ink']])
    >>> len(rules.significant(0.01))
    3
    """

    __slots__ = ()

    _inner: _core.Rules

    @property
    def n_rules(self) -> int:
        """The number of rules."""
        return len(self._inner)

    @property
    def n_baskets(self) -> int:
        """The baskets that were mined, by weight."""
        return self._inner.n_baskets

    @property
    def n_candidates(self) -> float:
        """How many rules could have been found: what p-values are adjusted for."""
        return self._inner.n_candidates

    @property
    def min_support_count(self) -> int:
        """The smallest support of both sides together, as a number of baskets."""
        return self._inner.min_support_count

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the job; items are numbers."""
        return _arguments.parsed_dict(self._inner.params_json())

    def batches(self, n_rows: int = 1_000_000) -> Iterator[ArrowTable]:
        """Return the rows as tables of so many, each made when it is asked for."""
        n = _arguments.whole_number("Rules.batches", "n_rows", n_rows, 1, MOST)
        return map(ArrowTable._wrap, self._inner.batches(n))

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as plain Python lists, by name."""
        columns: dict[str, list[Any]] = self._inner.head(0)
        for batch in self.batches():
            for name, values in batch.to_dict().items():
                columns[name].extend(values)
        return columns

    def with_measures(self, *names: str) -> "Rules":
        """Return the same rules with these interest measures as columns.

        Parameters
        ----------
        *names : str
            Of `patronomy.rules.measures()`; arules' and mlxtend's spellings are
            understood. ``"all"`` is all of them.

        Raises
        ------
        ParameterError
            Names the most similar measure where one is unknown.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["c"]]).rules()
        >>> rules.with_measures("jaccard", "hyperLift").to_dict()["jaccard"]
        [1.0, 1.0]
        """
        wanted = list(dict(_core.measures())) if names == ("all",) else list(names)
        return self._wrap(self._inner.with_measures(wanted))

    def measure(self, name: str) -> list[float]:
        """Return what is known of the rules under a name, one value for each.

        A measure; support_count, antecedent_count, consequent_count,
        antecedent_length, consequent_length, length; improvement, boost or
        lift_increase over the parts of the antecedent; where rules were tested
        expected_count, p_value, p_adjusted, and least_lift: what support_count over
        expected_count is at least, with a confidence of 99.9 % for one rule. Sorted by
        it, rules come by how strong they are for sure.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["c"]]).rules()
        >>> rules.measure("conviction")
        [inf, inf]
        """
        return self._inner.values(_name("Rules.measure", name))

    def filter(self, expression: str) -> "Rules":
        """Return the rules for which a condition holds.

        Parameters
        ----------
        expression : str
            As SQL writes it, over the names of `measure`:
            ``"lift > 2 and p_adjusted <= 0.05 and length = 2"``.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["c"]]).rules()
        >>> len(rules.filter("lift > 1.4")), len(rules.filter("lift > 1.6"))
        (2, 0)
        """
        return self._wrap(self._inner.filter(_name("Rules.filter", expression)))

    def sort_by(self, by: str, *, descending: bool = True) -> "Rules":
        """Return the rules sorted, the highest first.

        Equal ones keep their order, and NaN comes last.

        Parameters
        ----------
        by : str
            What `measure` knows, or a number made of it: ``"lift * support"``.
        descending : bool, default True
            The highest first; the lowest otherwise.

        Raises
        ------
        ParameterError
            If the name is unknown, with the most similar one, or the expression is no
            number.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["a", "b"], ["a", "b"], ["a"]]).rules()
        >>> rules.sort_by("confidence * support / 2").to_dict()["confidence"]
        [1.0, 0.6666666666666666]
        """
        owner = "Rules.sort_by"
        down = _arguments.flag(owner, "descending", descending)
        return self._wrap(self._inner.sort_by(_name(owner, by), down))

    def significant(self, alpha: float = 0.05) -> "Rules":
        """Return the rules whose adjusted p-value is at most `alpha`.

        With Holm's correction the chance that even one of them is chance's work is at
        most `alpha`.
        """
        level = _arguments.number("Rules.significant", "alpha", alpha)
        return self._wrap(self._inner.significant(level))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the rules of a file that `save` wrote.

        Raises
        ------
        FileError
            If the file cannot be read.
        SavedFormatError
            If it is damaged or holds something else.
        """
        return cls._wrap(_core.Rules.load(_arguments.path_text("Rules.load", path)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the rules to a file that every later version reads.

        With all that tests and recommendations need, but without the other item sets.
        Labels must be text or integers.
        """
        self._inner.save(_arguments.path_text("Rules.save", path))

    def to_pmml(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Return the rules as PMML 4.4 (`AssociationModel`), or write them to a file.

        What tests say is written as extensions: expected_count, p_value, p_adjusted.
        Items become text.

        Parameters
        ----------
        path : path, optional
            Where to write; the text is returned where not given.

        Raises
        ------
        ParameterError
            If an item's label has a character that XML cannot hold.
        FileError
            If the file cannot be written.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["ink", "pen"]] * 3 + [["mug"]]).rules()
        >>> text = rules.to_pmml()
        >>> [line.strip() for line in text.splitlines() if "<Item " in line][0]
        '<Item id="1" value="mug"/>'
        """
        if path is None:
            return self._inner.to_pmml()
        self._inner.save_pmml(_arguments.path_text("Rules.to_pmml", path))
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_json, (self._inner.to_json(),)

    def in_words(self, n: int = _SHOWN) -> list[str]:
        """Return the first rules as sentences, with names where items have them.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["ink", "pen"]] * 3 + [["ink"]]).rules()
        >>> rules.sort_by("confidence").in_words(1)
        ['pen → ink: 3 of 3 baskets with it (100 %), 1.0 times as often as by chance']
        """
        most = _arguments.whole_number("Rules.in_words", "n", n, 1, MOST)
        table = self._inner.head(most, True)
        sides = zip(
            titles(table, "antecedent"), titles(table, "consequent"), strict=True
        )
        said = []
        for i, (x, y) in enumerate(sides):
            both, of = table["support_count"][i], table["antecedent_count"][i]
            share, lift = table["confidence"][i], table["lift"][i]
            said.append(
                f"{x} → {y}: {both:,} of {of:,} baskets with it ({share:.0%}), "
                f"{lift:,.1f} times as often as by chance".replace("%", " %")
            )
        return said

    def plot(
        self,
        kind: PlotKind = "scatter",
        n: int | None = None,
        *,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw the first rules; `sort_by` puts others first. Needs matplotlib.

        An infinite lift has the darkest colour, one that is NaN is grey.

        Parameters
        ----------
        kind : {"scatter", "grouped", "graph"}, default "scatter"
            Support, confidence and lift of each rule as a point; a matrix of the
            antecedents and the consequents with the highest lifts, 20 of each, with
            the others of each together; or items and the arrows of rules between them.
        n : int, optional
            How many rules, at most 100 in a graph; where not given 20 in a graph and
            all otherwise.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure otherwise.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.

        Examples
        --------
        >>> import patronomy as pt
        >>> rules = pt.Baskets.from_lists([["ink", "pen"]] * 3 + [["mug"]]).rules()
        >>> ax = rules.sort_by("lift").plot("graph")
        >>> sorted(text.get_text() for text in ax.texts)
        ['ink', 'pen']
        """
        from patronomy import rule_plots

        owner = "Rules.plot"
        shown = _arguments.choice(owner, "kind", kind, get_args(PlotKind))
        limit = _MOST_IN_GRAPH if shown == "graph" else MOST
        most = _arguments.optional_whole_number(owner, "n", n, 1, limit)
        if shown == "scatter":
            names = ("support", "confidence", "lift")
            support, confidence, lift = (self.measure(name)[:most] for name in names)
            return rule_plots.scatter(support, confidence, lift, ax)
        if most is None:
            most = _IN_GRAPH if shown == "graph" else max(len(self), 1)
        table = self._inner.head(most, True)
        left, right = items(table)
        lift = table["lift"]
        if shown == "graph":
            return rule_plots.graph(
                left, right, table["confidence"], lift, ax, most=most
            )
        x, y = ([", ".join(row) for row in side] for side in (left, right))
        return rule_plots.grouped_matrix(x, y, table["support"], lift, ax)

    def _caption(self) -> str:
        rules = _render.counted(len(self), "rule")
        first = f"first {_SHOWN} of " if len(self) > _SHOWN else ""
        n_baskets = _render.counted(self.n_baskets, "basket")
        return f"Rules: {first}{rules}, in {self.min_support_count:,} or more of {n_baskets}"

    def _shown(self) -> dict[str, list[Any]]:
        return readable(self._inner.head(_SHOWN, True))

    def __repr__(self) -> str:
        return f"{_render.text_table(self._shown())}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return _render.html_table(self._shown(), self._caption())


def _from_json(text: str) -> Rules:
    """Return the rules of their JSON text; a pickle calls this."""
    return Rules._wrap(_core.Rules.from_json(text))


def _name(owner: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"`{owner}` needs a text; got {_arguments.shown(value)}")
