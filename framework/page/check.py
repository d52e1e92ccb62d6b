"""A built site held against what every page must be, before anybody reads it."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from framework.errors import PageError
from framework.page.publish import MANIFEST
from framework.page.scripts import DATA, hash_of, scripts_of

_LOADING = {  # attributes whose address the browser fetches by itself
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src", "srcdoc"),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
_NEVER = ("iframe", "object", "embed", "form", "base")
BUNDLE = "bundle"
"""The id of the one element that holds data: the page's rows and their proof."""
_ORIGIN = ("data-strategy", "data-series", "data-run")
_CSS_LOAD = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)([^'\")]*)", re.IGNORECASE)


@dataclass
class _Page:
    """What one page says of itself; findings are collected as sentences."""

    file: str
    ids: Counter[str] = field(default_factory=Counter)
    links: list[tuple[str, str]] = field(default_factory=list)  # (address, where)
    findings: list[str] = field(default_factory=list)
    language: str = ""
    titled: bool = False
    viewport: bool = False
    headings: list[int] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)  # (hash, where)
    numbers: int = 0


@dataclass(frozen=True)
class Checked:
    """What was found in order: pages, and numbers that name their origin."""

    pages: int
    numbers: int


def check(out: Path, *, expected: Iterable[str] = ()) -> Checked:
    """Refuse a site that loads anything from elsewhere, has a dead link, or lacks a page.

    Every HTML file has a language, a title and a viewport, ids that stand once, headings that skip no level and begin
    with one h1, no handler, and no script but the site's own; whatever it loads is a file of the site; every link
    inside the site leads to a page and an anchor that exist; every number names its metric, strategy, series and run.

    Parameters
    ----------
    out : Path
        A built site.
    expected : iterable of str
        Paths that must be there beside those in the manifest, such as ``strategies/dual_momentum/``.

    Raises
    ------
    PageError
        The first findings, each with its file and element.
    """
    if not (out / "index.html").is_file():
        raise PageError(
            f"There is no site in {out}.", "A site has an index.html.", "Build it first: openbook site build."
        )
    pages = {str(file.relative_to(out)): _read(file, out) for file in sorted(out.rglob("*.html"))}
    findings = [finding for page in pages.values() for finding in page.findings]
    findings += [finding for page in pages.values() for finding in _dead_links(page, pages, out)]
    own = set(scripts_of(out))
    foreign = [where for page in pages.values() for name, where in page.scripts if name not in own]
    findings += [f"{where} may not stand in a page: it is not one of the site's own" for where in foreign]
    findings += [finding for sheet in sorted(out.rglob("*.css")) for finding in _loads_in_css(sheet, out)]
    for path in (*_promised(out), *expected):
        if _file_of(path) not in pages:
            findings.append(f"{path or 'index.html'}: the page is missing")
    if findings:
        more = f" And {len(findings) - 5} more." if len(findings) > 5 else ""
        raise PageError(
            f"The site in {out} may not be published: {'; '.join(findings[:5])}.{more}",
            "A page loads nothing from elsewhere, runs nothing, and every link in it leads somewhere.",
            "Repair the template or the row that the finding names, and build again.",
        )
    return Checked(len(pages), sum(page.numbers for page in pages.values()))


def _promised(out: Path) -> list[str]:
    manifest = out / MANIFEST
    return list(json.loads(manifest.read_text("utf-8"))["pages"]) if manifest.is_file() else [""]


def _read(file: Path, out: Path) -> _Page:
    page = _Page(str(file.relative_to(out)))
    reader = _Reader(page)
    reader.feed(file.read_text("utf-8"))
    reader.close()
    wanted = {
        "no lang on <html>": bool(page.language),
        "no <title>": page.titled,
        "no <meta name=viewport>": page.viewport,
        f"{page.headings.count(1)} <h1> where one belongs": page.headings.count(1) == 1,
    }
    page.findings += [f"{page.file}: {fault}" for fault, met in wanted.items() if not met]
    page.findings += [
        f"{page.file}: id {name!r} stands {times} times" for name, times in page.ids.items() if times > 1
    ]
    levels = zip(page.headings, page.headings[1:], strict=False)
    page.findings += [f"{page.file}: <h{low}> follows <h{high}>" for high, low in levels if low > high + 1]
    return page


class _Reader(HTMLParser):
    def __init__(self, page: _Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self._in_title = False
        self._script: tuple[list[str], str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        where = f"{self.page.file} line {self.getpos()[0]}: <{tag}>"
        self._note(tag, given, where)
        self._refuse(tag, given, where)
        if tag == "script" and given != {"type": DATA, "id": BUNDLE}:
            self._script = ([], where)
            self.page.findings += [f"{where} is a script from elsewhere"] * ("src" in given)
        if "data-metric" in given:
            self.page.numbers += 1
            missing = [name for name in (*_ORIGIN, "value") if name not in given]
            if missing or not given["data-metric"]:
                self.page.findings.append(f"{where} is a number without {', '.join(missing) or 'its metric'}")

    def handle_data(self, data: str) -> None:
        self.page.titled = self.page.titled or (self._in_title and bool(data.strip()))
        self._in_title = False
        if self._script is not None:
            self._script[0].append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the base class names it
        if self._script is not None:
            text, where = self._script
            self.page.scripts.append((hash_of("".join(text)), where))
            self._script = None

    def close(self) -> None:
        super().close()
        self.handle_endtag("script")  # one that the page does not end runs all the same

    def _note(self, tag: str, given: dict[str, str], where: str) -> None:
        if "id" in given:
            self.page.ids[given["id"]] += 1
        if tag == "html":
            self.page.language = given.get("lang", "")
        elif tag == "title":
            self._in_title = True
        elif tag == "meta" and given.get("name") == "viewport":
            self.page.viewport = True
        elif tag == "a" and "href" in given:
            self.page.links.append((given["href"], where))
        elif re.fullmatch("h[1-6]", tag):
            self.page.headings.append(int(tag[1]))

    def _refuse(self, tag: str, given: dict[str, str], where: str) -> None:
        if tag in _NEVER:
            self.page.findings.append(f"{where} may not stand in a page")
        if tag == "img" and not given.get("alt", "").strip():
            self.page.findings.append(f"{where} has no alt text")
        for name, value in given.items():
            if name.startswith("on"):
                self.page.findings.append(f"{where} has the handler {name}")
            elif name in _LOADING.get(tag, ()):
                self._load(value, where)
            elif name == "style" and _CSS_LOAD.search(value):
                self.page.findings.append(f"{where} loads {value!r} from its style")

    def _load(self, address: str, where: str) -> None:
        if address.startswith("data:"):
            return
        if urlsplit(address).scheme or address.startswith("//"):
            self.page.findings.append(f"{where} loads {address}")
        else:
            self.page.links.append((address, where))


def _dead_links(page: _Page, pages: dict[str, _Page], out: Path) -> Iterable[str]:
    for address, where in page.links:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "mailto"):
            continue
        if parts.scheme or parts.netloc:
            yield f"{where} leads to {address}"
            continue
        target = _file_of(unquote(urlsplit(urljoin(f"/{page.file}", address)).path).lstrip("/"))
        if target not in pages and not (out / target).is_file():
            yield f"{where} leads to {address}, which is not there"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"{where} leads to {address}, an anchor that is not there"


def _loads_in_css(sheet: Path, out: Path) -> Iterable[str]:
    for found in _CSS_LOAD.finditer(sheet.read_text("utf-8")):
        yield f"{sheet.relative_to(out)}: {found.group(0)!r} loads something"


def _file_of(path: str) -> str:
    return f"{path}index.html" if path == "" or path.endswith("/") else path
