"""Guards over an account: what they know of its positions, and which symbols they keep out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan

from framework.trading.guard import Guards, Stance, closed_at, filled, split


@dataclass
class Watch:
    """Follows fills, splits and closes, and says what the strategy may own.

    Parameters
    ----------
    guards : Guards
        What is watched for.
    stances : dict of str to Stance
        The positions.
    out : dict of str to float
        The symbols that a guard closed, with the side (1.0 long, -1.0 short) that the strategy may not take again
        until its wish has changed.
    """

    guards: Guards
    stances: dict[str, Stance] = field(default_factory=dict)
    out: dict[str, float] = field(default_factory=dict)

    def fill(self, symbol: str, *, held: float, quantity: float, price: float) -> None:
        """Take note of a fill, on top of the shares `held` before it."""
        stance = filled(self.stances.get(symbol), held, quantity, price)
        if stance is None:
            self.stances.pop(symbol, None)
        else:
            self.stances[symbol] = stance

    def split(self, splits: Mapping[str, float], holdings: Mapping[str, float]) -> None:
        """Take note of a session's splits (new shares per old one), and of what is held after them."""
        self.stances = {
            symbol: split(stance, splits.get(symbol, 1.0))
            for symbol, stance in self.stances.items()
            if holdings.get(symbol)
        }

    def close(
        self, closes: Mapping[str, float], target: Mapping[str, float] | None
    ) -> dict[str, float] | None:
        """Look at a close, and at what the strategy decided there; what it may own, None where it held.

        Afterwards `out` names what is to be closed, whether the strategy decided or not.
        """
        for symbol, stance in self.stances.items():
            close = closes.get(symbol, nan)
            if isnan(close):
                continue
            seen = self.stances[symbol] = closed_at(stance, close)
            if self.guards.close(seen, close):
                self.out[symbol] = seen.side
        if target is None:
            return None
        self.out = {symbol: side for symbol, side in self.out.items() if target.get(symbol, 0.0) * side > 0.0}
        return dict(target) | {symbol: 0.0 for symbol in self.out if symbol in target}
