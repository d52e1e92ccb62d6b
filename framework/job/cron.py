"""A schedule: five cron fields, read in UTC."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PART = re.compile(r"(?P<first>\*|[A-Z0-9]+)(?:-(?P<last>[A-Z0-9]+))?(?:/(?P<step>[0-9]+))?")


@dataclass(frozen=True)
class Field:
    """One field of a schedule: its name, its range and the names that stand for numbers in it."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def values(self, text: str) -> frozenset[int]:
        """The numbers that `text` allows, such as ``1-5``, ``*/15`` or ``MON,WED``."""
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def _part(self, part: str) -> range:
        found = _PART.fullmatch(part.upper())
        if found is None:
            raise ValueError(f"{self.name} {part!r} is not a number, a range, a list or a step.")
        first = self.low if found["first"] == "*" else self._number(found["first"])
        last = self.high if found["first"] == "*" or (found["step"] and not found["last"]) else first
        if found["last"]:
            last = self._number(found["last"])
        step = int(found["step"] or 1)
        if step == 0 or last < first:
            raise ValueError(f"{self.name} {part!r} allows no value at all.")
        return range(first, last + 1, step)

    def _number(self, word: str) -> int:
        number = (
            self.words.index(word) + self.low if word in self.words else int(word) if word.isdigit() else -1
        )
        if not self.low <= number <= self.high:
            raise ValueError(f"{self.name} {word!r} is not within {self.low}..{self.high}.")
        return number


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of week", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """When a job starts, in UTC.

    Parameters
    ----------
    minutes, hours, days, months : frozenset of int
        Allowed values of each field.
    weekdays : frozenset of int
        0 is Sunday, 6 Saturday.
    either_day : bool
        Whether a day matches by its date or by its weekday: cron's rule when neither field is ``*``.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def starts_on(self, day: date) -> tuple[datetime, ...]:
        """The starts on that day, earliest first, as naive UTC."""
        by_date = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        due = (by_date or by_weekday) if self.either_day else (by_date and by_weekday)
        if day.month not in self.months or not due:
            return ()
        return tuple(
            datetime.combine(day, time(hour, minute))
            for hour in sorted(self.hours)
            for minute in sorted(self.minutes)
        )


def parse(schedule: str) -> Cron:
    """Read a schedule such as ``30 22 * * 1-5``.

    Raises
    ------
    ValueError
        It does not have five fields, or a field is out of its range. The message names the field.
    """
    parts = schedule.split()
    if len(parts) != len(FIELDS):
        raise ValueError(
            f"A schedule has five fields (minute hour day month weekday), {schedule!r} has {len(parts)}."
        )
    minutes, hours, days, months, weekdays = (
        field.values(part) for field, part in zip(FIELDS, parts, strict=True)
    )
    return Cron(
        minutes,
        hours,
        days,
        months,
        frozenset(day % 7 for day in weekdays),
        either_day=parts[2] != "*" and parts[4] != "*",
    )
