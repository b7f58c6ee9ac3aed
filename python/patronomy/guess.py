"""Roles proposed for the columns of a table."""

from collections.abc import Mapping
from typing import Any, Self

from patronomy import _render
from patronomy._frozen import Frozen

__all__ = ["RoleGuess"]

_SURE = 0.5


class RoleGuess(Frozen):
    """Proposals of a column for each role, to be confirmed; nothing is bound by them.

    Made by `Transactions.guess` and `inspect`.

    Attributes
    ----------
    proposals : list of dict
        Each with role, column, confidence (0 to 1), reason, and alternatives (pairs of
        column and confidence).
    time_format : str or None
        The format of the proposed times, where they are text that is not ISO 8601.
    """

    __slots__ = ("proposals", "time_format")

    proposals: list[dict[str, Any]]
    time_format: str | None

    def __init__(self, *args: object, **kwargs: object) -> None:
        raise TypeError(
            "`RoleGuess` has no public constructor: `Transactions.guess` returns it"
        )

    @classmethod
    def _from(cls, found: Mapping[str, Any]) -> Self:
        guess = object.__new__(cls)
        guess._set(proposals=found["proposals"], time_format=found["time_format"])
        return guess

    @property
    def roles(self) -> dict[str, str]:
        """The proposals with a confidence of at least 0.5, ready to be passed on.

        Examples
        --------
        >>> import patronomy as pt
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
        >>> _ = path.write_text("cust,date,amount\\n7,2024-01-05,1.5\\n")
        >>> guess = pt.Transactions.guess(path)
        >>> guess.roles
        {'customer': 'cust', 'time': 'date', 'amount': 'amount'}
        >>> pt.Transactions(path, **guess.roles).n_rows
        1
        """
        sure = [p for p in self.proposals if p["confidence"] >= _SURE]
        return {p["role"]: p["column"] for p in sure}

    def _columns(self) -> dict[str, list[Any]]:
        names = ("role", "column", "confidence", "reason")
        table: dict[str, list[Any]] = {n: [p[n] for p in self.proposals] for n in names}
        others = [", ".join(c for c, _ in p["alternatives"]) for p in self.proposals]
        return {**table, "or": others}

    def _caption(self) -> str:
        n = _render.counted(len(self.proposals), "proposal")
        shown = f", times as {self.time_format!r}" if self.time_format else ""
        return f"RoleGuess: {n}{shown}; confirm before use"

    def __repr__(self) -> str:
        if not self.proposals:
            return self._caption()
        return f"{_render.text_table(self._columns())}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return _render.html_table(self._columns(), self._caption())
