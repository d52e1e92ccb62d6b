"""A saved page, or the bundle beside it, checked from this one file: no database, no log, no network."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from framework.errors import NotVerified, ProofError
from framework.ledger.bundle import malformed, parse
from framework.ledger.notes import VerifierKey
from framework.ledger.unbundle import Proven, prove
from framework.page.claims import ANY_RUN, Claim, Key, claims
from framework.page.evidence import foreign, refuse_foreign
from framework.page.printed import is_printed, value_of
from framework.proof.published import Number, Reader

ELEMENT: Final = "bundle"
"""The id of the element that holds a page's bundle."""
LARGEST_PAGE: Final = 20_000_000  # bytes
SHOWN: Final = 5


@dataclass(frozen=True)
class Checked:
    """What was found in order.

    Parameters
    ----------
    proven : Proven
        The rows, and the signature above them.
    rows : dict of str to int
        Rows by table.
    matched, standing : int
        Numbers of the page that are what a row says, and numbers on the page in all; both 0 for a bundle alone.
    """

    proven: Proven
    rows: dict[str, int]
    matched: int
    standing: int


def check_file(content: bytes, *, pins: tuple[VerifierKey, ...] = ()) -> Checked:
    """Check a bundle, or a page (HTML) with the bundle that is in it.

    Parameters
    ----------
    pins : tuple of VerifierKey
        Keys that the reader trusts: one of them must be the log's.

    Raises
    ------
    NotVerified, Edited, LogDamaged
        The bundle cannot be read, belongs to another page, or does not hold.
    ProofError
        A number of the page is not what the rows say, or is not printed as it is.
    """
    if content.lstrip()[:1] == b"{":
        proven = prove(parse(content), pins=pins)
        refuse_foreign(proven.page, proven.rows)
        claims(proven.rows)
        return Checked(proven, _counted(proven), 0, 0)
    page = _read(content)
    if len(page.bundles) != 1:
        raise malformed(f"the page has {len(page.bundles)} of them, where one belongs")
    proven = prove(parse(page.bundles[0].encode()), pins=pins)
    if len(page.places) != 1 or page.places[0] != proven.page:
        raise foreign(
            page.places[0] if page.places else "of no address", f"it is that of {proven.page or 'the first'}"
        )
    refuse_foreign(proven.page, proven.rows)
    matched = _matched(page.numbers, claims(proven.rows))
    return Checked(proven, _counted(proven), matched, len(page.numbers))


def _matched(numbers: list[Number], said: dict[Key, Claim]) -> int:
    """How many numbers are what a row says; refuses one that is not."""
    faults, matched = [], 0
    for number in numbers:
        key = number.origin
        key = key if key in said else (*key[:3], ANY_RUN)
        if key in said and not _is(number.value, said[key]):
            faults.append(
                f"{_named(number)} is {_plain(number.value) or 'nothing'} on the page and {said[key]} in its row"
            )
        elif not is_printed(number.text, number.value, metric=number.metric):
            faults.append(
                f"{_named(number)} is {_plain(number.value) or 'nothing'} and is printed as {number.text[:60]!r}"
            )
        else:
            matched += key in said
    if faults:
        more = f" And {len(faults) - SHOWN} more." if len(faults) > SHOWN else ""
        raise ProofError(
            f"{'; '.join(faults[:SHOWN])}.{more}",
            "A number of a page is what the row that it names says, and is printed as that.",
            "The rows are signed, so somebody has changed the page: fetch it again; if it stays, keep it as evidence.",
        )
    if not matched:
        raise NotVerified(
            "No number of the page is in a row of its bundle: nothing on it was checked.",
            "A page has a bundle because it shows rows.",
            "Fetch the page again, whole; openbook recompute checks what follows from many rows.",
        )
    return matched


def _is(value: str, claim: Claim) -> bool:
    if claim is None:
        return value == ""
    return value == claim if isinstance(claim, str) else value_of(value) == claim


def _named(number: Number) -> str:
    return f"{_plain(number.metric)} of {_plain(number.strategy)} ({_plain(number.series)})"


def _plain(text: str) -> str:
    """What a page says of itself, fit for a terminal."""
    return "".join(character for character in text[:80] if character.isprintable())


def _counted(proven: Proven) -> dict[str, int]:
    return dict(sorted(Counter(row.table for row in proven.rows).items()))


def _read(content: bytes) -> "_Page":
    if len(content) > LARGEST_PAGE:
        raise malformed(f"the file has {len(content):,} bytes")
    page = _Page("")
    try:
        page.feed(content.decode("utf-8", errors="replace"))
        page.close()
    except AssertionError as error:  # how html.parser refuses a declaration that it does not know
        raise malformed(f"the page is no HTML ({error})") from error
    return page


class _Page(Reader):
    """A page's numbers, its bundle, and which page it says it is."""

    def __init__(self, page: str) -> None:
        super().__init__(page)
        self.bundles: list[str] = []
        self.places: list[str] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        given = dict(attrs)
        self._within = tag == "script" and given.get("id") == ELEMENT
        if self._within:
            self.bundles.append("")
        if tag == "main":
            self.places.append(given.get("data-page") or "")

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if self._within:
            self.bundles[-1] += data

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self._within = False
