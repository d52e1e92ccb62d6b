"""Which backups are kept: the newest of each of the last days, weeks and months."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Rotation:
    """How many days, weeks and months of backups are kept; those that have one count, gaps do not."""

    daily: int = 7
    weekly: int = 5
    monthly: int = 12


def surplus(taken: Iterable[datetime], rotation: Rotation) -> set[datetime]:
    """The moments whose backups may go. The newest never does.

    Parameters
    ----------
    taken : iterable of datetime
        When each backup was taken, aware, in UTC.
    """
    newest_first = sorted(set(taken), reverse=True)
    kept = set(newest_first[:1])
    kept |= _newest_of(newest_first, lambda moment: f"{moment:%Y-%m-%d}", rotation.daily)
    kept |= _newest_of(newest_first, lambda moment: f"{moment:%G-%V}", rotation.weekly)
    kept |= _newest_of(newest_first, lambda moment: f"{moment:%Y-%m}", rotation.monthly)
    return set(newest_first) - kept


def _newest_of(
    newest_first: list[datetime], period: Callable[[datetime], str], periods: int
) -> set[datetime]:
    newest: dict[str, datetime] = {}
    for moment in newest_first:
        newest.setdefault(period(moment), moment)
    return set(list(newest.values())[:periods])
