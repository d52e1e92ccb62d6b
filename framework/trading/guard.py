"""Guards that follow the account's path, shared by backtest, paper and live. Pure."""

from dataclasses import dataclass
from math import isfinite

import pandas as pd

from framework.errors import DataError, SpecError


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
