"""A published site held against the same site built from recomputed numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from framework.proof.published import Number, Page

NONE = "none"


@dataclass(frozen=True)
class Difference:
    """One thing that does not come out: where it stands, what it is, as published and as recomputed."""

    page: str
    what: str
    published: str
    recomputed: str


@dataclass(frozen=True)
class Comparison:
    """How many numbers and drawings came out, and whatever did not."""

    numbers: int
    drawings: int
    differences: tuple[Difference, ...]


def compare(published: Mapping[str, Page], recomputed: Mapping[str, Page]) -> Comparison:
    """Compare page by page: each number, each drawing, and where those agree the words between them."""
    shared = [path for path in published if path in recomputed]
    found = [*_pages(published, recomputed)]
    for path in shared:
        found += _differences(published[path], recomputed[path])
    return Comparison(
        numbers=sum(len(published[path].numbers) for path in shared),
        drawings=sum(len(published[path].drawings) for path in shared),
        differences=tuple(found),
    )


def _pages(published: Mapping[str, Page], recomputed: Mapping[str, Page]) -> Iterator[Difference]:
    for path in sorted(published.keys() - recomputed.keys()):
        yield Difference(path, "the page", "is there", "does not follow from the record")
    for path in sorted(recomputed.keys() - published.keys()):
        yield Difference(path, "the page", "is missing", "follows from the record")


def _differences(published: Page, recomputed: Page) -> list[Difference]:
    if published.html == recomputed.html:
        return []
    found = [*_numbers(published, recomputed), *_drawings(published, recomputed)]
    return found or list(_words(published, recomputed))


def _numbers(published: Page, recomputed: Page) -> Iterator[Difference]:
    for ours, theirs in _paired(published.numbers, recomputed.numbers):
        if ours is None or theirs is None or not ours.agrees_with(theirs):
            subject = ours or theirs
            assert subject is not None  # noqa: S101 - a pair has at least one
            yield Difference(published.path, _named(subject), _shown(ours), _shown(theirs))


def _paired(
    published: Sequence[Number], recomputed: Sequence[Number]
) -> Iterator[tuple[Number | None, Number | None]]:
    """Numbers side by side: what stands in both in the same order, and None beside what stands in one only."""
    origins = [number.origin for number in published], [number.origin for number in recomputed]
    for _, a, b, c, d in SequenceMatcher(None, *origins, autojunk=False).get_opcodes():
        yield from zip_longest(published[a:b], recomputed[c:d])


def _drawings(published: Page, recomputed: Page) -> Iterator[Difference]:
    for place, (ours, theirs) in enumerate(zip_longest(published.drawings, recomputed.drawings), start=1):
        if ours != theirs:
            yield Difference(published.path, f"drawing {place}", *_around(ours or NONE, theirs or NONE))


def _words(published: Page, recomputed: Page) -> Iterator[Difference]:
    yield Difference(published.path, "the words", *_around(published.html, recomputed.html))


def _around(ours: str, theirs: str) -> tuple[str, str]:
    """Some characters of each from where they part."""
    pairs = zip_longest(ours, theirs)
    at = next(place for place, (one, other) in enumerate(pairs) if one != other)
    begin = max(0, at - 20)
    return ours[begin : at + 40], theirs[begin : at + 40]


def _named(number: Number) -> str:
    return f"{number.metric} of {number.strategy} ({number.series}, {number.run})"


def _shown(number: Number | None) -> str:
    return NONE if number is None else f"{number.text} ({number.value or NONE})"
