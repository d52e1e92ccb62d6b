"""Venues, found by their names, and the paper book that behaves like one.

What a run that trades needs: `find` gives the account, `client_id` names an order before it is sent, `resolved` looks
up one whose reply was lost.
"""

from importlib import import_module
from pkgutil import iter_modules

from framework.access import Access
from framework.broker._asking import resolved
from framework.broker._ids import client_id, is_ours
from framework.broker.base import Broker, Permissions
from framework.data.suggest import did_you_mean
from framework.errors import AccountRefused, SpecError

__all__ = ["client_id", "find", "is_ours", "names", "resolved"]

NO_VENUES = {"base", "paper"}


def names() -> tuple[str, ...]:
    """The venues there are. A module whose name begins with an underscore is not one."""
    modules = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name for name in modules if name not in NO_VENUES and not name.startswith("_")))


def find(name: str, access: Access) -> Broker:
    """Give the account at the venue called `name` (`BROKER` of its module), once its key has been looked at.

    Parameters
    ----------
    name : str
        Such as ``alpaca``.
    access : Access
        The time, the keys and the patience.

    Raises
    ------
    SpecError
        There is no such venue, or a key is missing.
    AccountRefused
        The key is wrong or expired, may not trade, may withdraw or transfer, or the account is in another currency.
    """
    if name not in names():
        raise SpecError(
            f"There is no venue {name!r}.",
            "A venue is a module in framework/broker.",
            did_you_mean(name, names()),
        )
    broker: Broker = import_module(f"{__name__}.{name}").BROKER(access)
    _admit(broker, broker.permissions())
    return broker


def _admit(broker: Broker, key: Permissions) -> None:
    whose = f"{broker.name}: account {key.account}"
    if not key.may_trade:
        raise AccountRefused(
            f"{whose} may not trade: {key.why_not}.",
            "An order would be refused.",
            "Nothing was sent. Look at the venue's page.",
        )
    if key.may_withdraw or key.may_transfer:
        raise AccountRefused(
            f"{whose}: the key may {'withdraw' if key.may_withdraw else 'transfer'}.",
            "Whoever steals a key that may do more than trade has the money.",
            "Nothing was sent. Make a key that may read and trade, and nothing else.",
        )
    if key.currency != broker.currency:
        raise AccountRefused(
            f"{whose} is in {key.currency}.",
            f"Weights are sized in {broker.currency}: its cash would be counted as that.",
            f"Nothing was sent. Use an account in {broker.currency}.",
        )
