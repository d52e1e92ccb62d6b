"""Guards that follow the account's path, shared by backtest, paper and live. Pure."""

from dataclasses import dataclass
from math import isfinite, isnan
from typing import NamedTuple

import pandas as pd

from framework.errors import DataError, SpecError
from framework.trading.volatility import VolatilityTarget


def drawdown_from_seed(worth: float, seed: float) -> float:
    """Gain or loss against the seed capital, as a fraction: -0.25 is a quarter lost.

    Raises
    ------
    DataError
        Worth or seed is missing or infinite, or the seed is not above zero. An unknown worth is an error,
        never "no loss".
    """
    if not (isfinite(worth) and isfinite(seed) and seed > 0.0):
        raise DataError(
            f"Worth is {worth!r} on a seed of {seed!r} USD.",
            "A guard needs a finite worth and a finite seed above zero.",
            "Find out why the account could not be marked; do not trade until it can.",
        )
    return worth / seed - 1.0


class Stance(NamedTuple):
    """What the guards know of a position.

    Parameters
    ----------
    side : float
        1.0 long, -1.0 short.
    entry : float
        Average price paid for what was added to it, costs of the fill included; a reduction leaves it.
    best : float
        Its best close so far, and not worse than its first fill: the highest of a long, the lowest of a short.
    sessions : int
        Closes at which it was held.
    """

    side: float
    entry: float
    best: float
    sessions: int


def filled(stance: Stance | None, held: float, quantity: float, price: float) -> Stance | None:
    """The stance once `quantity` signed shares are added, at `price`, to the `held` ones; None once it is closed."""
    now = held + quantity
    if not now:
        return None
    if stance is None or held * now <= 0.0:
        return Stance(1.0 if now > 0.0 else -1.0, price, price, 0)
    if held * quantity < 0.0:
        return stance
    return stance._replace(entry=(stance.entry * abs(held) + price * abs(quantity)) / abs(now))


def split(stance: Stance, ratio: float) -> Stance:
    """The stance in prices per new share."""
    return stance._replace(entry=stance.entry / ratio, best=stance.best / ratio)


def closed_at(stance: Stance, close: float) -> Stance:
    """The stance after one more close; one without a close (delisted) does not count."""
    if isnan(close):
        return stance
    best = max(stance.best, close) if stance.side > 0.0 else min(stance.best, close)
    return stance._replace(best=best, sessions=stance.sessions + 1)


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Rules that overrule the strategy: four that close a position, and one that scales what it wants.

    All are off unless given. The four look at closes: a position whose close meets a limit is closed in the next
    session, like any order, and at that session's price. Gains and losses are those of the price against the entry of
    its :class:`Stance`; dividends are no part of them.

    The symbol then stays out until the strategy's wish for it has changed: its weight is taken as zero until the first
    row that decides zero for it, or the other side, and that row is obeyed. A close that could not be traded is tried
    again at the next.

    Parameters
    ----------
    stop_loss : float, optional
        Loss against the entry as a fraction of it: 0.1 closes a long at ``0.9 * entry`` and a short at ``1.1 * entry``.
    trailing_stop : float, optional
        Loss against the best close since the entry, as a fraction of that close.
    take_profit : float, optional
        Gain against the entry as a fraction of it. A short cannot gain 1.0 or more.
    time_stop : int, optional
        Closes at which a position is held at most.
    volatility : VolatilityTarget, optional
        Scales each row of weights before the others are asked.

    Raises
    ------
    SpecError
        A stop outside 0 < x < 1, a profit at or below zero, a time that is no whole number of 1 or more.
    """

    stop_loss: float | None = None
    trailing_stop: float | None = None
    take_profit: float | None = None
    time_stop: int | None = None
    volatility: VolatilityTarget | None = None

    def __post_init__(self) -> None:
        for name in ("stop_loss", "trailing_stop"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < 1.0:
                raise _nonsense(name, value, "It is a fraction of a price, between 0 and 1.", "0.1 for 10 %")
        if self.take_profit is not None and not (isfinite(self.take_profit) and self.take_profit > 0.0):
            limit = "It is a gain as a fraction of the entry, above zero."
            raise _nonsense("take_profit", self.take_profit, limit, "0.2 for 20 %")
        if self.time_stop is not None and (not self.time_stop >= 1 or self.time_stop % 1):
            raise _nonsense("time_stop", self.time_stop, "It is a number of closes, 1 or more.", "20")

    @property
    def stops(self) -> bool:
        """Whether any rule closes positions, which depends on the account's path."""
        return any(
            value is not None
            for value in (self.stop_loss, self.trailing_stop, self.take_profit, self.time_stop)
        )

    def close(self, stance: Stance, close: float) -> bool:
        """Whether a position of this stance is to be closed after this close."""
        side, entry, best = stance.side, stance.entry, stance.best
        stop, trail, profit, time = self.stop_loss, self.trailing_stop, self.take_profit, self.time_stop
        return (
            (stop is not None and side * close <= side * entry * (1.0 - side * stop))
            or (trail is not None and side * close <= side * best * (1.0 - side * trail))
            or (profit is not None and side * close >= side * entry * (1.0 + side * profit))
            or (time is not None and stance.sessions >= time)
        )


def _nonsense(name: str, value: float, limit: str, example: str) -> SpecError:
    return SpecError(f"{name} of the guards is {value!r}.", limit, f"Write {example}, or leave it out.")


@dataclass(frozen=True)
class KillSwitch:
    """Stops trading for good once the account has lost too much of its seed capital.

    It trips at the first close at which worth is at or below ``(1 + limit)`` of the seed. From then on open
    orders are cancelled and the book is held as it is, whatever worth does later; flattening or resuming is
    a human's command.

    Parameters
    ----------
    limit : float
        Loss of seed capital as a negative fraction: -0.25 is 25 % lost.

    Raises
    ------
    SpecError
        A limit outside -1 < limit < 0.
    """

    limit: float = -0.25

    def __post_init__(self) -> None:
        if not -1.0 < self.limit < 0.0:
            raise SpecError(
                f"The kill switch's limit is {self.limit!r}.",
                "It is a loss of seed capital, between -1 and 0.",
                "Write -0.25 for 25 % lost.",
            )

    def trips(self, worth: float, seed: float) -> bool:
        """Whether a close at this worth trips the switch."""
        return drawdown_from_seed(worth, seed) <= self.limit

    def first_breach(self, worth: pd.Series, seed: float) -> pd.Timestamp | None:
        """The first session of `worth` whose close trips the switch, None if none does.

        Every row before the answer is looked at, so a missing worth is an error even where a later row is
        in order: history cannot un-trip the switch.
        """
        for session, value in worth.items():
            if self.trips(float(value), seed):
                return pd.Timestamp(str(session))
        return None
