"""Rules as text: both sides by what people call the items."""

from collections import Counter
from typing import Any

from patronomy._mined import called


def titles(table: dict[str, list[Any]], side: str) -> list[str]:
    labels = table[side]
    names = table.get(f"{side}_names", labels)
    return [called(*both) for both in zip(labels, names, strict=True)]


def readable(table: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the columns with both sides as texts."""
    shown: dict[str, list[Any]] = {
        side: titles(table, side) for side in ("antecedent", "consequent")
    }
    left = {
        n: v for n, v in table.items() if n not in shown and not n.endswith("_names")
    }
    return {**shown, **left}


def items(table: dict[str, list[Any]]) -> tuple[list[list[str]], list[list[str]]]:
    """Return the items of both sides as texts, of different items different ones."""
    sides = ("antecedent", "consequent")
    texts: dict[Any, str] = {}
    for side in sides:
        names = table.get(f"{side}_names", table[side])
        for both in zip(table[side], names, strict=True):
            for label, name in zip(*both, strict=True):
                texts[label] = str(label if name is None else name)
    often = Counter(texts.values())
    shown = {k: t if often[t] == 1 else f"{t} ({k})" for k, t in texts.items()}
    left, right = ([[shown[k] for k in row] for row in table[side]] for side in sides)
    return left, right
