"""What trading and holding cost."""

from dataclasses import dataclass, fields
from math import isfinite

from framework.errors import SpecError

SESSIONS_PER_YEAR = 252


@dataclass(frozen=True, kw_only=True)
class CostModel:
    """Costs that every backtest and every paper fill pays.

    A purchase fills at ``price * (1 + half_spread_bps / 1e4 + impact)``, a sale at ``price * (1 - ...)``, never below
    zero; commission is ``commission_bps / 1e4`` of the value at that fill price.

    Parameters
    ----------
    commission_bps, half_spread_bps : float
        Basis points (1/10,000) of the value traded, zero or more; a half-spread is below the whole price. No
        defaults: costs are a decision.
    borrow_rate_per_year : float
        Paid on the value of short positions at each close, as a fraction per year of 252 sessions.
    cash_rate_per_year : float
        Earned on positive cash and paid on negative cash, as a fraction per year of 252 sessions.

    impact : float
        Coefficient of the square-root impact of an order on its own price
        (:func:`framework.trading.impact.impact_per_root_share`); about 1 in the literature. Zero is none; above zero
        it needs bars with volume.

    Raises
    ------
    SpecError
        A figure that is negative or not finite (the cash rate may be negative), or a half-spread of the whole price.
    """

    commission_bps: float
    half_spread_bps: float
    borrow_rate_per_year: float = 0.0
    cash_rate_per_year: float = 0.0
    impact: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not isfinite(value) or (value < 0.0 and item.name != "cash_rate_per_year"):
                raise SpecError(
                    f"{item.name} is {value!r}.",
                    "A cost is a finite figure of zero or more.",
                    "Give it in the unit that its name ends with.",
                )
        if self.half_spread >= 1.0:
            raise SpecError(
                f"half_spread_bps is {self.half_spread_bps!r}.",
                "It is below 10,000: a sale brings more than nothing.",
                "Give it in basis points, 1/10,000 of the price.",
            )

    @property
    def commission(self) -> float:
        """Commission as a fraction of the value traded."""
        return self.commission_bps / 1e4

    @property
    def half_spread(self) -> float:
        """Half-spread as a fraction of the price."""
        return self.half_spread_bps / 1e4

    def times(self, factor: float) -> "CostModel":
        """The same model with commission, spread, borrow and impact multiplied by `factor`."""
        return CostModel(
            commission_bps=self.commission_bps * factor,
            half_spread_bps=self.half_spread_bps * factor,
            borrow_rate_per_year=self.borrow_rate_per_year * factor,
            cash_rate_per_year=self.cash_rate_per_year,
            impact=self.impact * factor,
        )
