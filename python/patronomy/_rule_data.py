"""What rules are asked about: baskets, or transactions that have them."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from patronomy import _arguments

if TYPE_CHECKING:
    from patronomy.baskets import Baskets


@runtime_checkable
class _HasBaskets(Protocol):
    """Transactions, or what else has baskets."""

    def baskets(self) -> "Baskets": ...


def baskets_of(owner: str, name: str, data: object) -> "Baskets":
    """Return the baskets of an argument."""
    from patronomy.baskets import Baskets

    if isinstance(data, Baskets):
        return data
    if isinstance(data, _HasBaskets):
        return data.baskets()
    raise TypeError(
        f"`{name}` of `{owner}` must be Transactions or Baskets; "
        f"got {_arguments.shown(data)}"
    )
