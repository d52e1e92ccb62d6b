"""The words around the figures of a `Robustness`."""

from typing import TYPE_CHECKING, Final

from framework.desk.html import Html, heading, panel, paragraph, quiet

if TYPE_CHECKING:
    from framework.desk.robustness import Robustness

PARTS: Final = {
    "lags": (
        "Traded later",
        "Lag 1 is the backtest. Lag 0 fills at the close that decided, which nobody can trade: it is here to show what"
        " a backtest with that mistake would have promised. Lag 2 is a session late.",
    ),
    "costs": ("Dearer", "Commission, spread, borrow fee and impact times each factor."),
    "starts": (
        "Begun later",
        "Each account takes over, on the day it begins, what the rule then stands for.",
    ),
    "symbols": ("Without one symbol", "The rule decides anew over the others."),
    "noise": ("Other parameters nearby", "Every number of the rule times a factor drawn from 0.8 to 1.2."),
    "capacity": (
        "More capital",
        "Each order moves its own price by the square root of its share of the volume.",
    ),
}


def robustness_view(found: "Robustness") -> Html:
    """What the figures are, before the first of them."""
    return panel(
        heading(f"Robustness of {found.name}"),
        paragraph(
            f"One thing is changed at a time. As judged, the Sharpe ratio is {found.own['sharpe_ratio']:.2f} a year."
        ),
        quiet(
            "No account here is a trial, since nothing is chosen by it: whoever does choose, calls backtest."
        ),
    )


def part_view(found: "Robustness", name: str) -> Html:
    """The title of one figure, and what it shows; or why it is not there."""
    title, words = PARTS[name]
    return panel(heading(title), quiet(found.why_not.get(name, words)))
