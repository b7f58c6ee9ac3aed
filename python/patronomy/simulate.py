"""Shops whose truth is known, to try every job without any data."""

from patronomy import _core
from patronomy._arguments import whole_number
from patronomy.transactions import Transactions

__all__ = ["shop"]


def shop(n_customers: int = 1000, n_days: int = 730, seed: int = 0) -> Transactions:
    """Return the transactions of a generated shop.

    The same arguments give the same shop on every machine of one
    kind.

    Parameters
    ----------
    n_customers : int, default 1000
        Number of customers that the shop wins over its days.
    n_days : int, default 730
        Number of days that the shop is open.
    seed : int, default 0
        The seed of all that is random in it.

    Returns
    -------
    Transactions
        Its sales lines, with their roles bound.

    Raises
    ------
    ParameterError
        If a number is out of its range.

    Examples
    --------
    >>> import patronomy as pt
    >>> tx = pt.simulate.shop(n_customers=100, n_days=90, seed=7)
    >>> tx.n_rows > 0
    True
    >>> tx.n_rows == pt.simulate.shop(n_customers=100, n_days=90, seed=7).n_rows
    True
    """
    return Transactions._wrap(
        _core.simulate_shop(
            whole_number("shop", "n_customers", n_customers, 1, 5_000_000),
            whole_number("shop", "n_days", n_days, 1, 36_500),
            whole_number("shop", "seed", seed, 0, 2**64 - 1),
        )
    )
