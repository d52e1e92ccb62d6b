"""A built site as its pages show it: every number with its origin, and every drawing."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from math import isclose
from pathlib import Path

from framework.errors import PageError

RELATIVE = 1e-9
_ORIGIN = ("metric", "strategy", "series", "run")
_DRAWING = re.compile(r'<svg class="(?:chart|spark)\b.*?</svg>', re.DOTALL)


@dataclass(frozen=True)
class Number:
    """A number where it stands: the page, what it is of, its exact value and the text that people read.

    `value` is the shortest decimal that reads back as the same float; empty where there is no number.
    """

    page: str
    metric: str
    strategy: str
    series: str
    run: str
    value: str
    text: str

    @property
    def origin(self) -> tuple[str, str, str, str]:
        """What it is of: metric, strategy, series and run."""
        return self.metric, self.strategy, self.series, self.run

    def agrees_with(self, other: "Number") -> bool:
        """Whether both say the same of the same in the same words: to the last bit, or within 1e-9."""
        same = self.origin == other.origin and self.text == other.text
        return same and (self.value == other.value or _near(self.value, other.value))


@dataclass(frozen=True)
class Page:
    """One page: its address, its numbers and drawings in order, and all of its HTML."""

    path: str
    numbers: tuple[Number, ...]
    drawings: tuple[str, ...]
    html: str


def read_site(out: Path) -> dict[str, Page]:
    """Every page of the site in `out`, by address; ``""`` is the first.

    Raises
    ------
    PageError
        There is no site in it.
    """
    if not (out / "index.html").is_file():
        raise PageError(
            f"There is no site in {out}.", "A site has an index.html.", "Build it, or name its folder."
        )
    addresses = {file.relative_to(out).as_posix(): file for file in sorted(out.rglob("*.html"))}
    return {address: _read(file, address) for address, file in addresses.items()}


def _read(file: Path, address: str) -> Page:
    html = file.read_text("utf-8", errors="replace")
    reader = Reader(address)
    reader.feed(html)
    reader.close()
    return Page(address, tuple(reader.numbers), tuple(_DRAWING.findall(html)), html)


class Reader(HTMLParser):
    """Collects each ``<data data-metric=...>`` with its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.numbers: list[Number] = []
        self._given: dict[str, str] | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember whose number begins."""
        if tag == "data":
            self._given, self._text = {name: value or "" for name, value in attrs}, []

    def handle_data(self, data: str) -> None:
        """Take up what is printed of it."""
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Keep it whole."""
        if tag == "data" and self._given is not None:
            metric, strategy, series, run = (self._given.get(f"data-{name}", "") for name in _ORIGIN)
            value, text = self._given.get("value", ""), "".join(self._text)
            self.numbers.append(Number(self.page, metric, strategy, series, run, value, text))
            self._given = None


def _near(one: str, other: str) -> bool:
    try:
        return isclose(float(one), float(other), rel_tol=RELATIVE)
    except ValueError:  # no number, or none that reads as one
        return False
