"""Rules measured on data that they were not mined from."""

from typing import TYPE_CHECKING, Any

from patronomy import _core, _render
from patronomy._rule_text import readable
from patronomy.table import ArrowTable

if TYPE_CHECKING:
    from patronomy.rules import Rules

__all__ = ["RuleEvaluation"]

_SHOWN = 10
# What is shown of the columns: all of them are wider than a screen.
_COLUMNS = (
    "antecedent",
    "consequent",
    "confidence",
    "lift",
    "later_support_count",
    "later_confidence",
    "later_lift",
    "later_p_adjusted",
    "holds",
)


class RuleEvaluation(ArrowTable):
    """Rules measured on data that they were not mined from: `Rules.evaluate`.

    One row for each rule: antecedent, consequent, support, confidence and lift as
    mined; later_support_count, later_antecedent_count, later_consequent_count,
    later_support, later_confidence, later_lift, later_expected_count, later_p_value,
    later_p_adjusted; holds.
    """

    __slots__ = ("_evaluation",)

    _evaluation: _core.Evaluation

    @classmethod
    def _of(cls, inner: _core.Evaluation) -> "RuleEvaluation":
        evaluation = cls._wrap(inner.table(False))
        evaluation._set(_evaluation=inner)
        return evaluation

    @property
    def n_holding(self) -> int:
        """How many rules hold."""
        return self._evaluation.n_holding

    @property
    def n_unknown_items(self) -> int:
        """How many of the rules' items the later data do not know."""
        return self._evaluation.n_unknown_items

    @property
    def rules(self) -> "Rules":
        """The rules that were measured."""
        from patronomy.rules import Rules

        return Rules._wrap(self._evaluation.rules)

    def holding(self) -> "Rules":
        """Return the rules that hold."""
        from patronomy.rules import Rules

        return Rules._wrap(self._evaluation.holding())

    def _caption(self) -> str:
        return f"RuleEvaluation: {self.n_holding:,} of {_render.counted(len(self), 'rule')} hold"

    def __repr__(self) -> str:
        return f"{_render.text_table(self._shown())}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return _render.html_table(self._shown(), self._caption())

    def _shown(self) -> dict[str, list[Any]]:
        table = readable(self._evaluation.table(True).head(_SHOWN))
        return {name: table[name] for name in _COLUMNS}
