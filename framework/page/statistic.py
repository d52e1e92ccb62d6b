"""A row of a tearsheet as the templates print it."""

from typing import Any

from framework.page.numbers import Origin, day
from framework.statistics.tearsheet import Statistic


def statistic_view(row: Statistic, origin: Origin) -> dict[str, Any]:
    """Label, value, interval (None where there is none), n, span and note."""
    interval = None
    if row.low is not None and row.high is not None:
        ends = (("low", row.low), ("high", row.high))
        interval = {end: origin.stated(f"{row.key}.{end}", value, row.unit) for end, value in ends}
    return {
        "label": row.label,
        "number": origin.stated(row.key, row.value, row.unit),
        "interval": interval,
        "n": origin.stated(f"{row.key}.n", float(row.n), "count"),
        "span": f"{day(row.start)} – {day(row.end)}",
        "note": row.note,
    }
