"""When a job is due: the next start of a cron schedule, in UTC."""

from datetime import UTC, datetime, timedelta
from itertools import chain

from framework.errors import SpecError
from framework.job import cron

LONGEST_WAIT = timedelta(days=8 * 366)  # 29 February may be eight years away (1896 to 1904, 2096 to 2104)


def validate(schedule: str) -> None:
    """Refuse a schedule that does not parse, that never starts, or that a cluster would not take.

    Raises
    ------
    SpecError
        Not five fields in their ranges; a date that no year has; 7 for Sunday, which Kubernetes refuses.
    """
    _parse(schedule)
    if "7" in schedule.split()[4]:
        raise SpecError(
            f"The schedule {schedule!r} calls Sunday 7.",
            "Weekdays run from 0 (Sunday) to 6; Kubernetes refuses 7.",
            "Write 0 or SUN.",
        )
    next_after(schedule, datetime(2000, 1, 1, tzinfo=UTC))


def next_after(schedule: str, moment: datetime) -> datetime:
    """The first start later than `moment`, in UTC.

    Parameters
    ----------
    schedule : str
        Cron, five fields (minute, hour, day of month, month, weekday), read in UTC. Where both day fields are
        restricted, a day matches if either does.
    moment : datetime
        Timezone-aware.

    Raises
    ------
    SpecError
        The schedule does not parse or never starts, or `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise SpecError(
            f"The moment {moment:%Y-%m-%d %H:%M} has no time zone.",
            "Schedules are read in UTC.",
            "Give a timezone-aware datetime.",
        )
    start, plan = moment.astimezone(UTC), _parse(schedule)
    days = (start.date() + timedelta(days=ahead) for ahead in range(LONGEST_WAIT.days + 1))
    starts = (naive.replace(tzinfo=UTC) for naive in chain.from_iterable(map(plan.starts_on, days)))
    found = next((due for due in starts if due > start), None)
    if found is None:
        raise SpecError(
            f"The schedule {schedule!r} never starts.",
            f"No such day comes within {LONGEST_WAIT.days} days of {start:%Y-%m-%d}.",
            "Look at the day of the month and the month.",
        )
    return found


def _parse(schedule: str) -> cron.Cron:
    try:
        return cron.parse(schedule)
    except ValueError as error:
        raise SpecError(
            f"The schedule {schedule!r} does not parse.",
            str(error),
            'Write five fields, such as "30 22 * * 1-5".',
        ) from error
