"""The shade of a return in a table: a CSS class, so that no page needs a style of its own."""

from math import isnan

_STEPS = (0.01, 0.03, 0.06)  # a month of 1, 3 or 6 per cent begins the next shade


def heat(value: float) -> str:
    """``gain-1`` .. ``gain-4`` or ``loss-1`` .. ``loss-4`` by size; empty for zero and for nothing."""
    if isnan(value) or value == 0.0:
        return ""
    depth = 1 + sum(abs(value) >= step for step in _STEPS)
    return f"{'gain' if value > 0.0 else 'loss'}-{depth}"
