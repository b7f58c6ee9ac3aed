"""The errors of the library: one class for each kind, all below `PatronomyError`.

Each class is also the built-in that a caller would expect, so ``except KeyError``
catches a missing column and ``except ValueError`` a bad parameter. ``str(error)``
is the message: what was wrong, the value, the remedy.
"""

__all__ = [
    "BadValuesError",
    "BudgetError",
    "CancelledError",
    "ColumnNotFoundError",
    "ColumnTypeError",
    "ConsentError",
    "CustomerNotFoundError",
    "DatasetUnavailable",
    "FeatureMismatchError",
    "FileError",
    "ParameterError",
    "PatronomyError",
    "SavedFormatError",
    "TooFewRowsError",
]


class PatronomyError(Exception):
    """The base of every error that this library raises on purpose.

    Examples
    --------
    >>> import patronomy as pt
    >>> try:
    ...     pt.simulate.shop(n_customers=20).rfm(n_bins="five")
    ... except TypeError as error:
    ...     print("`n_bins`" in str(error))
    True
    """

    def __str__(self) -> str:
        # KeyError would quote a lone message, OSError would look for an errno.
        return ", ".join(str(arg) for arg in self.args)


class ColumnNotFoundError(PatronomyError, KeyError):
    """A role names a column that the table lacks, or a job needs an unbound role."""


class ColumnTypeError(PatronomyError, TypeError):
    """A column has a type that its role cannot take."""


class BadValuesError(PatronomyError, ValueError):
    """A column holds values that the job cannot use; the message counts them."""


class ParameterError(PatronomyError, ValueError):
    """A parameter breaks its rule; the message holds owner, name, rule and value."""


class TooFewRowsError(PatronomyError, ValueError):
    """The job needs more rows than the table has left."""


class FeatureMismatchError(PatronomyError, ValueError):
    """A model meets features other than those it was fitted on."""


class BudgetError(PatronomyError, MemoryError):
    """The job would outgrow its memory or size limit; the message estimates by how much."""


class SavedFormatError(PatronomyError, ValueError):
    """A saved model is damaged, or is not one that this version can read."""


class ConsentError(PatronomyError, PermissionError):
    """The job would use data for a purpose that the customer has not agreed to."""


class CancelledError(PatronomyError, RuntimeError):
    """The job was cancelled before it was done."""


class FileError(PatronomyError, OSError):
    """A file could not be read or written."""


class CustomerNotFoundError(PatronomyError, KeyError):
    """The result has no row for this customer."""


class DatasetUnavailable(PatronomyError, FileNotFoundError):
    """A public data set could not be found; the message names all that was tried."""
