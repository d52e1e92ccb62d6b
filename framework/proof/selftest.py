"""Every published reference, computed here and now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from framework.data.suggest import did_you_mean
from framework.errors import SpecError
from framework.page.references import ReferenceRow, References
from framework.proof.reference import Outcome, Reference, computed
from framework.proof.references import SUBJECTS

MADE_WITH: Final = ("openbook", "numpy", "pandas", "numba", "exchange-calendars")


@dataclass(frozen=True)
class Checked:
    """What came of one reference, and the subject that it belongs to."""

    subject: str
    outcome: Outcome


def collected(words: tuple[str, ...] = ()) -> list[tuple[str, Reference]]:
    """The references with their subjects, in order; only those whose subject or name has one of the words.

    Raises
    ------
    SpecError
        No reference has any of them.
    """
    every = [(subject, reference) for subject, make in SUBJECTS.items() for reference in make()]
    chosen = [pair for pair in every if not words or _has(pair, words)]
    if not chosen:
        raise SpecError(
            f"No reference speaks of {' or '.join(words)}.",
            f"The subjects are: {', '.join(SUBJECTS)}.",
            did_you_mean(words[0], [subject for subject, _ in every]),
        )
    return chosen


def checked(
    references: list[tuple[str, Reference]], *, progress: Callable[[str], None] | None = None
) -> Iterator[Checked]:
    """Compute the references one after another; `progress` is told each name before it is computed."""
    for subject, reference in references:
        if progress is not None:
            progress(reference.name)
        yield Checked(subject, computed(reference))


def all_references() -> References:
    """Every reference computed now, as the site shows them."""
    rows = [
        ReferenceRow(
            subject=one.subject,
            name=one.outcome.reference.name,
            source=one.outcome.reference.source,
            published=one.outcome.reference.published,
            found=one.outcome.found,
            passed=one.outcome.passed,
        )
        for one in checked(collected())
    ]
    return References(rows=rows, versions=versions())


def versions() -> dict[str, str]:
    """Of what the answers depend on."""
    return {name: version(name) for name in MADE_WITH}


def _has(pair: tuple[str, Reference], words: tuple[str, ...]) -> bool:
    text = f"{pair[0]} {pair[1].name}".casefold()
    return any(word.casefold() in text for word in words)
