"""The vault as a page: what each series covers, what it lacks and what its vendor changed. It shows no price."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from framework.ledger.coverage import MEANING, RevisionRow
from framework.ledger.states import SeriesState
from framework.page.numbers import Origin, day, moment

ADDRESS = "data/"
_REVISIONS, _GAPS = 50, 3  # listed; the record has them all
_ORIGIN = Origin(strategy="all", series="record", run="all")


def counts_view(series: Sequence[SeriesState]) -> dict[str, Any] | None:
    """How many series there are, and of how many each gate passes the last sessions; None for an empty vault."""
    if not series:
        return None
    return {
        "series": _ORIGIN.stated("series", float(len(series)), "count"),
        "passed": _ORIGIN.stated("series_passed", float(sum(state.passes for state in series)), "count"),
    }


def vault_view(series: Sequence[SeriesState]) -> dict[str, Any]:
    """What the template prints: counts, the moment, a row a series by source, and the newest revisions."""
    revisions = sorted(
        (revision for state in series for revision in state.revisions),
        key=lambda revision: (revision.known_at, revision.source, revision.symbol),
        reverse=True,
    )
    sources = dict.fromkeys(state.row.source for state in series)
    return {
        **(counts_view(series) or {}),
        "known_at": moment(pd.Timestamp(max(state.row.known_at for state in series)).tz_convert("UTC")),
        "sources": [
            {
                "title": source,
                "id": f"source-{position}",
                "rows": [_row(state) for state in series if state.row.source == source],
            }
            for position, source in enumerate(sources, 1)
        ],
        "revisions": [_revision(revision) for revision in revisions[:_REVISIONS]],
        "left_out": f"The last {_REVISIONS} of {len(revisions):,} revisions on record."
        if len(revisions) > _REVISIONS
        else "",
    }


def _row(state: SeriesState) -> dict[str, Any]:
    row, metric = state.row, f"{state.row.source}.{state.row.symbol}"
    gates = dict.fromkeys(one.gate for one in state.found)
    return {
        "symbol": row.symbol,
        "licence": row.licence or "No licence was said",
        "prices": "may be passed on" if state.is_free else "not passed on",
        "calendar": row.calendar,
        "currency": row.currency,
        "first": day(state.first),
        "last": day(state.last),
        "bars": _ORIGIN.stated(f"bars.{metric}", float(state.bars), "count"),
        "gaps": _ORIGIN.stated(f"gaps.{metric}", float(len(state.gaps)), "count"),
        "missing": _missing(state),
        "revisions": _ORIGIN.stated(f"revisions.{metric}", float(len(state.revisions)), "count"),
        "state": "passed" if state.passes else "failed",
        "word": ", ".join(gates).capitalize() or ("Ended" if state.ended else "Passed"),
    }


def _missing(state: SeriesState) -> str:
    """The last sessions that are missing, by date."""
    if not state.gaps:
        return ""
    more = "… " if len(state.gaps) > _GAPS else ""
    return more + ", ".join(day(session) for session in state.gaps[-_GAPS:])


def _revision(revision: RevisionRow) -> dict[str, Any]:
    metric = f"{revision.source}.{revision.symbol}.{day(revision.known_at)}"
    return {
        "source": revision.source,
        "symbol": revision.symbol,
        "meaning": MEANING[revision.kind],
        "span": f"{day(revision.first_session)} – {day(revision.last_session)}",
        "bars": _ORIGIN.stated(f"revised_bars.{metric}", float(revision.bars), "count"),
        "ratio": None
        if revision.ratio is None
        else _ORIGIN.number(f"revision_ratio.{metric}", revision.ratio, f"{revision.ratio:g}"),
        "known_at": moment(pd.Timestamp(revision.known_at).tz_convert("UTC")),
    }
