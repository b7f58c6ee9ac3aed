"""Order lines of a made-up shop as a pyarrow table: sizes, ids and row order by choice, the same for the same seed."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ids = Literal["int", "sparse", "str"]
Rows = Literal["ordered", "shuffled"]

LINES_PER_ORDER = 5
DAYS = 730
FIRST_SECOND = 1_600_000_000
FIRST_ORDER_NUMBER = 500_000

Ints = npt.NDArray[np.int64]


def order_lines(
    n_rows: int, n_customers: int, ids: Ids, rows: Rows, seed: int = 0
) -> pa.Table:
    """Table with `customer`, `transaction`, `time`, `amount`; every one of the customers buys at least once.

    Orders have about five lines and stand in time order ("ordered", as a shop's database writes them) or line by line
    at random ("shuffled"). Customers differ widely in how often they come (a gamma distributed rate).
    """
    rng = np.random.default_rng(seed)
    order_of_line = _order_of_line(rng, n_rows)
    n_orders = int(order_of_line[-1]) + 1
    buyer = _buyers(rng, n_orders, n_customers)
    second = np.sort(rng.integers(0, DAYS * 86_400, n_orders)) + FIRST_SECOND
    amount = np.round(rng.lognormal(2.0, 1.0, n_rows), 2)
    if rows == "shuffled":
        order_of_line = rng.permutation(order_of_line)
    customers, orders = _names(rng, n_customers, n_orders, ids)
    time = pa.array(second[order_of_line] * 1_000_000).cast(pa.timestamp("us"))
    return pa.table(
        {
            "customer": customers.take(pa.array(buyer[order_of_line])),
            "transaction": orders.take(pa.array(order_of_line)),
            "time": time,
            "amount": amount,
        }
    )


def _order_of_line(rng: np.random.Generator, n_rows: int) -> Ints:
    # A few orders more than needed on average; what stands past the last row is cut.
    guess = n_rows // LINES_PER_ORDER + 10 * int(n_rows**0.5) + 10
    sizes = 1 + rng.poisson(LINES_PER_ORDER - 1, guess)
    lines = np.repeat(np.arange(guess), sizes)
    if len(lines) < n_rows:
        raise AssertionError("too few orders drawn")
    return lines[:n_rows]


def _buyers(rng: np.random.Generator, n_orders: int, n_customers: int) -> Ints:
    if n_orders < n_customers:
        raise ValueError(f"{n_orders} orders are too few for {n_customers} customers")
    rate = np.cumsum(rng.gamma(0.7, size=n_customers))
    draws = rng.random(n_orders - n_customers) * rate[-1]
    again = np.minimum(np.searchsorted(rate, draws), n_customers - 1)
    return rng.permutation(np.concatenate([np.arange(n_customers), again]))


def _names(
    rng: np.random.Generator, n_customers: int, n_orders: int, ids: Ids
) -> tuple[Any, Any]:
    code = np.arange(n_customers)
    number = np.arange(n_orders) + FIRST_ORDER_NUMBER
    if ids == "int":
        # With gaps, as customers who left or never bought make them.
        return pa.array(100_000 + 3 * code + code % 2), pa.array(number)
    if ids == "sparse":
        # Ids drawn from the whole range, as hashes and snowflake ids are.
        wide = rng.integers(1, 2**62, n_customers + n_orders)
        return pa.array(wide[:n_customers]), pa.array(wide[n_customers:])
    return _text("C", code, 8), _text("", number, 9)


def _text(prefix: str, number: Ints, width: int) -> Any:
    digits = pc.utf8_lpad(pa.array(number).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "") if prefix else digits
