"""What estimators share: parameters are stored as they are given, and checked by `fit`."""

import inspect
from typing import Any, Self


class Estimator:
    """The parameters of an estimator, by scikit-learn's conventions."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, and return the estimator itself."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"`{name}` is no parameter of `{type(self).__name__}`; "
                    f"parameters are {', '.join(known)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults[name].default
            and not _is_equal(value, defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"


def _is_equal(value: object, default: object) -> bool:
    # An array would be compared element by element.
    return type(value) is type(default) and bool(value == default)
