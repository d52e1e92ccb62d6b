"""The names that we give to our orders."""

import re
from hashlib import sha256

from framework.trading.orders import Order

PREFIX = "ob-"
DIGITS = 32  # of 64: 128 bits; with the prefix 35 characters, and Binance takes 36
OURS = re.compile(rf"{PREFIX}[0-9a-f]{{{DIGITS}}}")


def client_id(strategy: str, order: Order) -> str:
    """The id of an order: one for a strategy, a session and a symbol, and the same whenever it is computed again.

    Neither the run nor the quantity is in it: a rerun of the same session that would order another quantity must find
    the order that the first one sent, and not place a second.

    Parameters
    ----------
    strategy : str
        The job's name, which owns the position.
    order : Order
        Of which session and symbol count.

    Returns
    -------
    str
        ``ob-`` and 32 hexadecimal digits.
    """
    parts = (strategy, order.session.isoformat(), order.symbol)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return PREFIX + sha256(text.encode()).hexdigest()[:DIGITS]


def is_ours(client_id: str) -> bool:
    """Whether an id has the form of ours."""
    return OURS.fullmatch(client_id) is not None
