"""The built site says what the record says, and nothing else."""

import hashlib
import re
import shutil
from collections import Counter

import pytest
from bs4 import BeautifulSoup

from framework.errors import PageError
from framework.ledger.connect import open_ledger
from framework.ledger.migrate import migrate
from framework.page.bundles import bundles
from framework.page.check import check
from framework.page.data import read_pages
from framework.page.render import build
from framework.statistics.returns import monthly_returns
from framework.statistics.tearsheet import Tearsheet

STRATEGIES = ("dual_momentum", "paper_only", "ten_month_timing", "tried_once")


@pytest.fixture(scope="module")
def pages(site):
    """Every HTML page of the site, parsed, by its path."""
    return {
        str(file.relative_to(site)): BeautifulSoup(file.read_text("utf-8"), "html.parser")
        for file in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def dual(pages):
    return pages["strategies/dual_momentum/index.html"]


def contents(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def numbers(part):
    return {tag["data-metric"]: tag for tag in part.select("data")}


def test_the_same_record_gives_the_same_files_byte_for_byte(filled, site, record, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "public"
    report = build(filled[0], site_dir=record.SITE, out=elsewhere, log_home=site.parent / "signer")
    assert contents(report.out) == contents(site)
    assert report.strategies == STRATEGIES
    assert report.pages == len(list(site.rglob("*.html")))
    assert report.numbers > 500


def test_every_strategy_on_record_has_a_row_and_a_page(pages):
    rows = pages["index.html"].select("table.index tbody tr")
    assert [row.a["href"] for row in rows] == [f"./strategies/{name}/" for name in STRATEGIES]
    assert all(f"strategies/{name}/index.html" in pages for name in STRATEGIES)


def test_each_tearsheet_number_is_the_records_own_to_the_last_bit(filled, dual):
    row = filled[1]["dual_momentum"]
    shown = numbers(dual.select_one("section.band.simulated"))
    sheet = Tearsheet.from_dict(row.tearsheet)
    assert len(sheet) > 20
    for statistic in sheet:
        parts = {
            "": statistic.value,
            ".low": statistic.low,
            ".high": statistic.high,
            ".n": float(statistic.n),
        }
        for part, value in parts.items():
            tag = shown.get(f"{statistic.key}{part}")
            assert (tag["value"] if tag else "") == ("" if value is None else repr(value))
    assert shown["final_worth"]["value"] == repr(float(row.worth_usd.iloc[-1]))


def test_the_months_shown_are_those_of_the_worth_on_record(filled, dual):
    table = monthly_returns(filled[1]["dual_momentum"].worth_usd)
    shown = {metric: float(tag["value"]) for metric, tag in numbers(dual.select_one("table.months")).items()}
    expected = {
        f"monthly_return.{year}-{month:02d}": table.at[year, month]
        for year in table.index
        for month in range(1, 13)
        if table.at[year, month] == table.at[year, month]
    }
    expected |= {f"annual_return.{year}": table.at[year, "year"] for year in table.index}
    assert shown == expected


def test_every_number_names_whose_it_is_and_each_ink_keeps_to_its_own_section(pages):
    counted = Counter()
    for name in STRATEGIES:
        page = pages[f"strategies/{name}/index.html"]
        for ink in ("simulated", "paper"):
            section = page.select_one(f"section.band.{ink}")
            assert section is not None
            assert {tag["data-series"] for tag in section.select("data")} <= {ink}
            drawn = {kind for path in section.select("path") for kind in path["class"]}
            assert drawn <= {"line", "area", "dots", ink, *(["benchmark"] if ink == "simulated" else [])}
            counted[ink] += len(section.select("data"))
        for tag in page.select("data"):
            assert tag["data-strategy"] == name
            assert tag["data-run"]
            assert tag.text.strip()
    assert min(counted.values()) > 50


def test_the_caveat_of_the_sample_is_said_where_the_sample_is_shown(filled, dual):
    said = dual.select_one("section.band.simulated .caveat").text
    assert filled[1]["dual_momentum"].caveat in said


def test_the_verdict_gives_every_gate_with_value_limit_and_outcome(filled, dual):
    verdict = filled[1]["dual_momentum"].verdict
    rows = dual.select("#gates-caption ~ tbody tr")
    assert [row.select_one(".note").text for row in rows] == [
        reason["sentence"] for reason in verdict["reasons"]
    ]
    assert [row.select_one(".outcome").text for row in rows] == [
        "Passed" if reason["passed"] else "Failed" for reason in verdict["reasons"]
    ]
    assert {reason["passed"] for reason in verdict["reasons"]} == {True, False}
    assert dual.select_one("header .verdict").text == "Rejected"


def test_the_claim_stands_above_everything(dual):
    assert dual.h1.text == "Dual momentum"
    assert dual.select_one(".lead").text == "Hold the strongest risky asset, or nothing."
    assert [term.text for term in dual.select(".claim-notes dt")] == ["Claim", "Rejected if", "Source"]


def test_the_paper_record_is_the_ledgers(filled, dual):
    ledger, _ = filled
    nights, orders = ledger.worth("dual_momentum", "paper"), ledger.orders("dual_momentum", "paper")
    section = dual.select_one("section.band.paper")
    shown = numbers(section)
    assert len(orders) > 0
    assert shown["sessions"]["value"] == repr(float(len(nights)))
    for _, night in nights.iloc[-10:].iterrows():
        tag = shown[f"worth.{night['session']:%Y-%m-%d}"]
        assert (tag["value"], tag["data-run"]) == (repr(night["worth_usd"]), night["run_id"])
    for _, order in orders.iterrows():
        assert shown[f"order.{order['order_id']}.quantity"]["value"] == repr(order["quantity"])
        assert shown[f"order.{order['order_id']}.price"]["value"] == repr(order["fill_price"])
    book = ledger.book("dual_momentum", "paper")
    for symbol, quantity in book.holdings.items():
        assert shown[f"position.{symbol}"]["value"] == repr(quantity)
        assert shown[f"position_value.{symbol}"]["value"] == repr(quantity * book.last.prices[symbol])
    assert "Every night was backfilled" in section.select_one("header").text  # recorded years after its close
    assert section.select_one("#paper-tearsheet") is not None


def test_nights_that_were_run_after_the_fact_are_called_so_and_bear_no_statistics(pages):
    section = pages["strategies/paper_only/index.html"].select_one("section.band.paper")
    assert "Every night was backfilled" in section.select_one("header").text
    assert section.select_one("#paper-tearsheet") is None
    assert "Statistics are listed from 21 sessions on" in section.text


def test_what_is_missing_is_said_to_be(pages):
    paper_only = pages["strategies/paper_only/index.html"]
    assert "No backtest on record" in paper_only.select_one("section.band.simulated").text
    ten = pages["strategies/ten_month_timing/index.html"]
    assert "No night on record" in ten.select_one("section.band.paper").text
    assert "not judged" in pages["index.html"].text


def test_a_suspension_is_shown_with_reason_and_reviewer_as_text(pages):
    ten = pages["strategies/ten_month_timing/index.html"]
    assert ten.select_one("header .suspended").text == "Suspended"
    said = ten.select_one("section.band.paper .caveat").text
    assert "since 2022-12-28 22:00 UTC" in said
    assert "Prices look <wrong>. (reviewed by A. Reviewer)" in said


def test_the_notebook_on_the_site_is_the_one_on_record_and_nothing_in_it_runs(site, pages):
    page = pages["strategies/dual_momentum/research/index.html"]
    file = (
        site / "strategies/dual_momentum/research" / page.select_one("a[download]")["href"].rpartition("/")[2]
    )
    assert hashlib.sha256(file.read_bytes()).hexdigest() == page.select_one("code.hash").text
    quoted = page.select_one("article.notebook")
    assert "{{< a shortcode >}}" in quoted.text
    assert len(quoted.select("svg.chart")) >= 2
    assert len(quoted.select("td[class*=gain-]")) > 10
    assert not quoted.find_all(["script", "iframe", "style", "form"])
    assert not page.find_all(["iframe", "style", "form"])
    assert not [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]


def test_provenance_names_commit_lock_snapshot_engines_and_their_difference(filled, dual):
    row = filled[1]["dual_momentum"]
    groups = {
        group.h3.text: group for group in dual.select("section[aria-labelledby=provenance] .columns > div")
    }
    simulated = {entry.dt.text: entry.dd.text for entry in groups["Simulated"].select("dl > div")}
    assert simulated["Commit"] == row.git_sha
    assert simulated["Working tree"] == "changed since that commit"
    assert simulated["Lock"] == row.lock_hash
    assert simulated["Data snapshot"] == row.snapshot_hash
    assert simulated["Run"] == row.run_id
    assert simulated["Second engine"] == "vectorbt 1.2.0"
    assert simulated["Largest difference"] == "2.6 × 10⁻¹⁵ of the capital"
    assert simulated["Known at"] == "2022-12-28 21:00 UTC"
    paper = {entry.dt.text: entry.dd.text for entry in groups["Paper, last night"].select("dl > div")}
    assert paper["Run"] == "dual_momentum-2022-12-28"
    assert paper["Working tree"] == "clean"


def test_no_date_is_printed_that_is_not_in_the_record(site, filled):
    ledger, _ = filled
    recorded = {f"{moment:%Y-%m-%d}" for moment in ledger.worth("dual_momentum", "paper")["recorded_at"]}
    years = {
        date[:4]
        for file in site.rglob("*.html")
        for date in re.findall(r"\b20[2-9]\d-\d\d-\d\d\b", file.read_text("utf-8"))
        if date not in recorded
    }
    assert max(years) == "2022"


def test_a_strategy_page_is_light(site):
    import gzip

    page = site / "strategies" / "ten_month_timing" / "index.html"
    assert len(gzip.compress(page.read_bytes())) < 60_000


def test_an_empty_record_gives_a_page_that_says_so(ledger, record, tmp_path):
    report = build(ledger, site_dir=record.SITE, out=tmp_path / "public")
    home = (report.out / "index.html").read_text("utf-8")
    assert "The record is empty" in home
    assert "make demo" in home
    assert report.strategies == ()
    assert check(report.out).pages == 2


def test_a_template_that_does_not_build_leaves_the_old_site(ledger, record, tmp_path):
    templates, out = tmp_path / "site", tmp_path / "public"
    shutil.copytree(
        record.SITE, templates, ignore=shutil.ignore_patterns("public", "content", "data", "resources")
    )
    build(ledger, site_dir=templates, out=out)
    before = contents(out)
    (templates / "layouts" / "home.html").write_text('{{ define "main" }}{{ .NoSuchField }}{{ end }}')
    with pytest.raises(PageError, match=r"Hugo ended with code 1.*NoSuchField"):
        build(ledger, site_dir=templates, out=out)
    (templates / "layouts" / "home.html").write_text(
        '{{ define "main" }}<h1>x</h1><img alt="x" src="https://cdn.example/x.png">{{ end }}'
    )
    with pytest.raises(PageError, match=r"loads https://cdn\.example/x\.png"):
        build(ledger, site_dir=templates, out=out)
    assert contents(out) == before
    assert not (templates / "content").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["public", "site"]


def test_templates_that_are_not_there_are_named(ledger, tmp_path):
    with pytest.raises(PageError, match=r"There is no hugo\.toml"):
        build(ledger, site_dir=tmp_path, out=tmp_path / "public")


def test_a_name_that_cannot_stand_in_an_address_is_refused(ledger, record):
    ledger.append_trials([record.trial("../../etc")])
    with pytest.raises(PageError, match="cannot stand in an address"):
        read_pages(ledger)


def test_the_first_page_comes_first_and_each_page_once(filled):
    paths = [bundle.path for bundle in bundles(read_pages(filled[0]))]
    assert paths[0] == ""
    assert len(paths) == len(set(paths)) == 1 + 4 + 3 + 1


def test_a_site_says_where_the_guard_of_its_record_is_partial(managed, pages, record, tmp_path):
    owner, application = managed
    migrate(owner)
    with open_ledger(url=application, admin_url=None, home=tmp_path) as ledger:
        report = build(ledger, site_dir=record.SITE, out=tmp_path / "public")
    words = "has a partial guard"
    assert words in (report.out / "index.html").read_text("utf-8")
    assert not any(words in page.text for page in pages.values())
