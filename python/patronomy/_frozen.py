"""The base of every public object: set once, never changed after."""

from typing import NoReturn, Self


class Frozen:
    """An object whose attributes are given when it is made and stay as they are."""

    __slots__ = ()

    def _set(self, **attributes: object) -> None:
        """Set attributes while the object is being made."""
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"`{type(self).__name__}` is frozen: `{name}` cannot be set; make a new one"
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"`{type(self).__name__}` is frozen: `{name}` cannot be deleted"
        )

    # What never changes may be shared.
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
