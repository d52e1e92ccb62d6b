"""Published references as a page: what others have printed beside what this code finds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framework.page.numbers import Origin

ADDRESS = "references/"
_DIGITS = 10  # of an answer of ours that is shown: the last ones may differ from processor to processor
_LONG = 16  # characters, above which a text (a hash) is shown by its beginning


@dataclass(frozen=True, kw_only=True)
class ReferenceRow:
    """One figure: its subject, its name and source, as published and as found (None where an error was)."""

    subject: str
    name: str
    source: str
    published: float | str
    found: float | str | None
    passed: bool


@dataclass(frozen=True, kw_only=True)
class References:
    """All of them, and the versions that they were computed with."""

    rows: Sequence[ReferenceRow]
    versions: Mapping[str, str]


def references_view(references: References) -> dict[str, Any]:
    """What the template prints: counts, versions, and the rows by subject."""
    origin = Origin(strategy="all", series="reference", run=references.versions.get("openbook", ""))
    subjects = dict.fromkeys(row.subject for row in references.rows)
    return {
        "passed": origin.stated("passed", float(sum(row.passed for row in references.rows)), "count"),
        "count": origin.stated("count", float(len(references.rows)), "count"),
        "made_with": ", ".join(f"{name} {version}" for name, version in references.versions.items()),
        "subjects": [
            {
                "id": _slug(subject),
                "title": subject,
                "rows": [_row(row, origin) for row in references.rows if row.subject == subject],
            }
            for subject in subjects
        ],
    }


def _row(row: ReferenceRow, origin: Origin) -> dict[str, Any]:
    slug = _slug(row.name)
    return {
        "name": row.name,
        "source": row.source,
        "published": _answer(f"{slug}.published", row.published, origin),
        "found": _answer(f"{slug}.found", row.found, origin),
        "state": "passed" if row.passed else "failed",
        "word": "The same" if row.passed else "Differs",
    }


def _answer(metric: str, answer: float | str | None, origin: Origin) -> dict[str, str]:
    if isinstance(answer, str):
        short = answer if len(answer) <= _LONG else f"{answer[:_LONG]}…"
        return origin.number(metric, None, short)
    if answer is None:
        return origin.number(metric, None, "an error")
    rounded = float(f"{answer:.{_DIGITS}g}")
    return origin.number(metric, rounded, f"{rounded:.{_DIGITS}g}".replace("-", "\N{MINUS SIGN}"))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
