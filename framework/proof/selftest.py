"""Every published reference, computed here and now."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from framework.data.suggest import did_you_mean
from framework.errors import SpecError
from framework.proof.reference import Outcome, Reference, computed
from framework.proof.references import SUBJECTS


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


def _has(pair: tuple[str, Reference], words: tuple[str, ...]) -> bool:
    text = f"{pair[0]} {pair[1].name}".casefold()
    return any(word.casefold() in text for word in words)
