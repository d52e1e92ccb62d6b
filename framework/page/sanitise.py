"""Foreign HTML made harmless: only named elements and attributes survive, everything else is dropped."""

from bs4 import BeautifulSoup
from bs4.element import PreformattedString, Tag

_KEPT = (
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 "
    "hr i ins li ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var"
)
_DROPPED = (
    "applet audio base canvas embed form frame frameset iframe input link math meta noembed noframes noscript object "
    "option plaintext script select source style svg template textarea title track video xmp"
)
KEPT = frozenset(_KEPT.split())
"""Elements that stay. Of any other element, only the text and the elements inside it stay."""

DROPPED = frozenset(_DROPPED.split())
"""Elements that go with all that is in them: they run, load, style or parse by rules of their own."""

_ATTRIBUTES = {
    "a": ("href", "title"),
    "abbr": ("title",),
    "col": ("span",),
    "colgroup": ("span",),
    "ol": ("start",),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan", "scope"),
}
_LINKS = ("http://", "https://", "mailto:")


def harmless(html: str) -> str:
    """`html` without scripts, styles, forms, frames, pictures, ids, classes or any address that loads by itself.

    Links to other sites stay as links, marked so that they carry no referrer. The answer is well formed: every
    element that it opens it closes.
    """
    soup = BeautifulSoup(html, "html.parser")
    for string in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        string.extract()  # comments, doctypes, CDATA and processing instructions
    for tag in soup.find_all(DROPPED):
        tag.decompose()
    for tag in soup.find_all():
        _reduce(tag)
    return soup.decode(formatter="minimal")


def _reduce(tag: Tag) -> None:
    name = tag.name.lower()
    if name not in KEPT:
        tag.unwrap()
        return
    allowed = {key: str(tag[key]) for key in _ATTRIBUTES.get(name, ()) if tag.has_attr(key)}
    if "href" in allowed and not allowed["href"].strip().lower().startswith(_LINKS):
        del allowed["href"]
    if "href" in allowed:
        allowed["rel"] = "noreferrer nofollow"
    tag.attrs = dict(allowed)
