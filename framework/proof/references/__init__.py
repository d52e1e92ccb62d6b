"""Published answers, a module a subject. Each says where it was printed."""

from collections.abc import Callable

from framework.proof.reference import Reference
from framework.proof.references.calendars import calendars
from framework.proof.references.hashes import hashes
from framework.proof.references.history import history
from framework.proof.references.ratios import ratios
from framework.proof.references.significance import significance

SUBJECTS: dict[str, Callable[[], tuple[Reference, ...]]] = {
    "Significance of a Sharpe ratio": significance,
    "Ratios, risk and return": ratios,
    "Market history and backtests": history,
    "Exchange sessions": calendars,
    "Hashes, trees and signatures": hashes,
}
"""Every reference, by subject; none is computed before it is asked."""
