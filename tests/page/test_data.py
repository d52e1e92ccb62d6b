"""Prices that are not to be passed on are on no page and in no file of a site; results derived from them are."""

import re
from dataclasses import fields, replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from framework.desk.views import bars_view
from framework.ledger import keys
from framework.ledger.checkpoint import KEY, sign
from framework.page.data import read_pages
from framework.page.render import build
from framework.simulation.engine import simulate

CLOSED = "for the subscriber's own use, not to be passed on"
FREE = "BSD-3-Clause"


@pytest.fixture(scope="module")
def judged(record):
    """A backtest on prices of five digits before the point, which nothing else on a page has."""
    row, result = record.judged("dual_momentum", record.CLAIM)
    grown = {name: getattr(result.bars, name) * 1_000.0 + 0.123 for name in result.bars.fields}
    bars = replace(result.bars, **grown, source="vendor")
    return row, simulate(result.weights, bars, record.COSTS)


@pytest.fixture
def fill(ledger, judged, record):
    """Put the backtest, its nights and a notebook that prints its bars on record, under a licence."""

    def put(licence, *, said_since=None):
        row, result = judged
        bars = replace(result.bars, licence=licence)
        ledger.vault.append_bars(replace(bars, licence=said_since or licence), calendar="XNYS")
        result = replace(result, bars=bars)
        record.nights(ledger, "secret", result)
        output = new_output("execute_result", data={"text/html": str(bars_view(bars))}, execution_count=1)
        cell = new_code_cell("bars", execution_count=1, outputs=[output])
        content = nbformat.writes(new_notebook(cells=[cell])).encode()
        stored = ledger.append_notebook("secret", content, strategy="secret", kind="research", run_id=None)
        changed = {"strategy": "secret", "licence": licence, "snapshot_hash": bars.content_hash}
        ledger.append_backtest(
            type(row)(**{each.name: getattr(row, each.name) for each in fields(row)} | changed)
        )
        return bars, stored

    return put


@pytest.fixture
def texts(ledger, record, tmp_path):
    """Every file of the signed site, as text, by its path."""

    def built():
        signer = tmp_path / "signer"
        keys.create(signer / KEY, origin="example.com/record")
        sign(ledger, home=signer)
        out = build(ledger, site_dir=record.SITE, out=tmp_path / "public", log_home=signer).out
        return {
            str(file.relative_to(out)): file.read_bytes().decode("utf-8", "replace")
            for file in sorted(out.rglob("*"))
            if file.is_file()
        }

    return built


def shown(texts, bars):
    """Where a close of the last sessions stands in a file, as anything here writes numbers."""
    prices = bars.close.iloc[-40:].to_numpy().ravel()
    forms = {form for price in prices for form in (repr(float(price)), f"{price:,.2f}", f"{price:.2f}")}
    return {path for path, text in texts.items() if any(form in text for form in forms)}


def test_prices_that_may_be_passed_on_are_on_the_pages(fill, texts):
    bars, _ = fill(FREE)
    assert shown(texts(), bars) >= {
        "strategies/secret/index.html",
        "strategies/secret/bundle.json",
        "strategies/secret/research/index.html",
        "strategies/secret/research/notebook.ipynb",
    }


@pytest.mark.parametrize("said", [(CLOSED, None), (FREE, CLOSED), (f"{FREE}; {CLOSED}", None), ("", None)])
def test_prices_that_may_not_are_in_no_file_and_what_follows_from_them_is(fill, texts, said):
    licence, since = said
    bars, stored = fill(licence, said_since=since)
    found = texts()
    assert shown(found, bars) == set()
    assert "backtest_results:secret" in found["strategies/secret/bundle.json"]
    assert not [path for path in found if path.endswith(".ipynb")]
    page = found["strategies/secret/index.html"]
    assert 'data-metric="sharpe_ratio"' in page
    assert 'data-metric="final_worth"' in page
    assert '.quantity"' in page  # an order is shown, and how many shares of it
    for metric in (r'order\.[^"]*\.(reference_price|price|costs)"', r"position_value\."):
        assert not re.search(f'data-metric="{metric}', page)
    assert "their licence does not allow passing them on" in page
    research = found["strategies/secret/research/index.html"]
    assert "Withheld: the licence of the prices" in research
    assert stored in research


def test_a_strategy_of_which_no_licence_is_known_passes_nothing_on(ledger, record):
    ledger.append_trials([record.trial("tried_once")])
    (only,) = read_pages(ledger).strategies
    assert only.is_closed


def test_a_benchmark_that_is_closed_closes_the_page_that_shows_it(ledger, fill, record):
    fill(FREE)
    assert not read_pages(ledger).strategies[0].is_closed
    ledger.vault.append_bars(replace(record.find("sample").bars(["SP500"]), licence=CLOSED), calendar="XNYS")
    assert read_pages(ledger).strategies[0].is_closed
