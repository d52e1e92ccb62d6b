"""An executed notebook as quoted HTML: nothing in it can run, load or restyle the page around it."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from framework.errors import PageError
from framework.page.figures import plotly_html
from framework.page.sanitise import harmless

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WITHHELD = [
    {
        "output_type": "stream",
        "name": "stdout",
        "text": "Withheld: the licence of the prices does not allow passing them on.",
    }
]
_PLOTLY = "application/vnd.plotly.v1+json"
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif")
_PIXELS = re.compile(rb"\A(\x89PNG\r\n|\xff\xd8\xff|GIF8|\s*<)")


def notebook_html(content: bytes, *, name: str, is_closed: bool = False) -> str:
    """The cells and outputs of an ``.ipynb`` file.

    Markdown, code, text, tables and pictures are shown; plotly figures are drawn as SVG from their data; HTML loses
    scripts, styles and everything that loads. Anything else is named, so that its absence shows.

    Parameters
    ----------
    content : bytes
        The file as stored.
    name : str
        Prefix of the ids in it; unique on its page.
    is_closed : bool
        Whether outputs may hold prices that are not to be passed on: then none is shown, and each says so.

    Raises
    ------
    PageError
        The content is not a notebook of format 4.
    """
    cells = _cells(content, name)
    if is_closed:
        cells = [{**cell, "outputs": _WITHHELD if cell.get("outputs") else []} for cell in cells]
    return _levelled("\n".join(_cell(cell, f"{name}-{number}") for number, cell in enumerate(cells, 1)))


def _cells(content: bytes, name: str) -> list[Mapping[str, Any]]:
    try:
        notebook = json.loads(content)
    except ValueError:
        notebook = None
    if (
        not isinstance(notebook, dict)
        or notebook.get("nbformat") != 4
        or not isinstance(notebook.get("cells"), list)
    ):
        raise PageError(
            f"The notebook for {name} cannot be read.",
            "The record holds notebooks as JSON of nbformat 4.",
            "Run the job again; its notebook is stored whole or not at all.",
        )
    return [cell for cell in notebook["cells"] if isinstance(cell, dict)]


def _levelled(html: str) -> str:
    """The same with headings below the page's h1 that skip no level. Quoted headings have no attribute."""
    deepest = 1

    def level(heading: re.Match[str]) -> str:
        nonlocal deepest
        if not heading[1]:
            deepest = min(int(heading[2]) + 1, deepest + 1, 6)
        return f"<{heading[1]}h{deepest}>"

    return re.sub(r"<(/?)h([1-6])>", level, html)


def _cell(cell: Mapping[str, Any], name: str) -> str:
    source = _text(cell.get("source", ""))
    if cell.get("cell_type") == "markdown":
        return _boxed("", _markdown(source))
    if cell.get("cell_type") != "code":
        return _boxed("", f"<pre>{escape(source)}</pre>")
    count = cell.get("execution_count")
    outputs = "".join(
        _output(output, f"{name}-{number}") for number, output in enumerate(cell.get("outputs", []), 1)
    )
    code = (
        f'<pre class="source" tabindex="0"><code>{_highlighted(source)}</code></pre>'
        if source.strip()
        else ""
    )
    return _boxed(f"In [{escape(str(count or ' '))}]", code + outputs)


def _boxed(prompt: str, body: str) -> str:
    return f'<div class="cell"><div class="prompt">{prompt}</div><div class="body">{body}</div></div>'


def _output(output: Mapping[str, Any], name: str) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        stream = "stderr" if output.get("name") == "stderr" else "stdout"
        return _pre(_text(output.get("text", "")), stream)
    if kind == "error":
        return _pre(
            "\n".join(map(str, output.get("traceback", []))) or str(output.get("evalue", "")), "error"
        )
    data = output.get("data", {})
    return f'<div class="output" tabindex="0">{_richest(data, name)}</div>' if data else ""


def _richest(data: Mapping[str, Any], name: str) -> str:
    if _PLOTLY in data:
        return plotly_html(data[_PLOTLY], name=name)
    if "text/html" in data:
        quoted = harmless(_text(data["text/html"]))
        if re.sub(r"<[^>]*>", "", quoted).strip():
            return quoted
    for picture in _PICTURES:
        if picture in data:
            return _picture(picture, _text(data[picture]), alt=_text(data.get("text/plain", "")))
    if "text/markdown" in data:
        return _markdown(_text(data["text/markdown"]))
    if "text/plain" in data:
        return f"<pre>{escape(_ANSI.sub('', _text(data['text/plain'])))}</pre>"
    return f'<p class="quiet">An output of type {escape(", ".join(data))}, which this page does not show.</p>'


def _picture(kind: str, text: str, *, alt: str) -> str:
    """A picture as a data address: in an img element not even an SVG can run or load anything."""
    try:
        raw = text.encode() if kind == "image/svg+xml" else base64.b64decode(text, validate=False)
    except binascii.Error:
        raw = b""
    if not _PIXELS.match(raw):
        return '<p class="quiet">A picture that cannot be decoded.</p>'
    described = escape(alt.strip() or "Picture printed by the cell above", quote=True)
    return f'<img alt="{described}" src="data:{kind};base64,{base64.b64encode(raw).decode()}">'


def _pre(text: str, kind: str) -> str:
    return f'<div class="output {kind}" tabindex="0"><pre>{escape(_ANSI.sub("", text).rstrip())}</pre></div>'


def _markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    rendered = MarkdownIt("commonmark").enable("table").render(text)
    return harmless(rendered)


def _highlighted(source: str) -> str:
    from pygments import lex  # type: ignore[import-untyped]
    from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
    from pygments.token import Comment, Keyword, Number, String  # type: ignore[import-untyped]

    classes = ((Keyword, "k"), (String, "s"), (Comment, "c"), (Number, "m"))
    parts = []
    for token, text in lex(source, PythonLexer(stripnl=False)):
        name = next((name for kind, name in classes if token in kind), "")
        parts.append(f'<span class="{name}">{escape(text)}</span>' if name else escape(text))
    return "".join(parts).rstrip("\n")


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
