"""Size and price of one order under the rules of an account, as `framework.trading` has them, in machine code."""

import numpy as np

from framework.simulation.machine import inner
from framework.simulation.tables import Rules, Terms


@inner
def size_of(weight: float, held: float, price: float, equity: float, rules: Rules, terms: Terms) -> float:
    """Signed shares that move what is held to its weight; 0.0 for what has no price and what is not sent."""
    if np.isnan(price):
        return 0.0
    wanted = weight * equity / price
    if rules.lot != 0.0:
        wanted = _toward_zero(wanted / rules.lot, terms.whole) * rules.lot
    quantity = wanted - held
    value = abs(quantity) * price
    if value < rules.minimum_usd:
        return 0.0
    if wanted != 0.0 and (value <= terms.dust * equity or value < rules.band * equity):
        return 0.0
    return quantity


@inner
def _toward_zero(quantity: float, whole: float) -> float:
    size = abs(quantity)
    nearest = np.rint(size)
    if abs(size - nearest) > whole * max(1.0, size):
        nearest = np.trunc(size)
    return float(np.copysign(nearest, quantity))


@inner
def after_split(quantity: float, ratio: float, rules: Rules, terms: Terms) -> float:
    """Shares once split: no fraction of one where only whole ones trade."""
    if ratio == 1.0:
        return quantity
    if rules.unit == 0.0:
        return quantity * ratio
    return _toward_zero(quantity * ratio / rules.unit, terms.whole) * rules.unit


@inner
def impact_scale(rules: Rules, i: int, k: int) -> float:
    """What a share's root moves its price by; 0.0 where orders have no impact."""
    return rules.impact * rules.impacts[i, k] if len(rules.impacts) else 0.0


@inner
def traded(size: float, side: float, part: float, mid: float, rules: Rules) -> float:
    """What of an order trades on this side: a sale in full, of a purchase its part in whole lots."""
    if size == 0.0 or size * side < 0.0:
        return 0.0
    if size < 0.0 or part == 1.0:
        return size
    bought = size * part
    if rules.lot != 0.0:
        bought = float(np.floor(bought / rules.lot)) * rules.lot
    return 0.0 if bought * mid < rules.minimum_usd else bought


@inner
def paid(size: float, mid: float, scale: float, terms: Terms) -> tuple[float, float, float, float]:
    """Price with half-spread and impact, commission, and what spread and impact took."""
    shares = abs(size)
    at_spread = _price(mid, terms.half_spread, size)
    price = _price(mid, terms.half_spread + scale * np.sqrt(shares), size)
    return (
        price,
        shares * price * terms.commission,
        shares * abs(at_spread - mid),
        shares * abs(price - at_spread),
    )


@inner
def _price(mid: float, away: float, size: float) -> float:
    side = 1.0 + away if size > 0.0 else 1.0 - away
    return mid * (0.0 if side < 0.0 else side)
