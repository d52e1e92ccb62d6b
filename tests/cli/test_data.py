"""`openbook data check` prints every series, and its exit code says whether all of them pass."""

from dataclasses import replace

import pytest

from framework.data.sources import find

YAML = (
    "strategy: own_rule:STRATEGY\nresearch: notebooks/own.ipynb\ndata: sample\ncalendar: XNYS\n"
    'benchmark: {source: sample, symbol: SP500}\nschedule: "30 22 * * 1-5"\nmode: paper\ncapital: 1000.0\n'
    "costs: {commission_bps: 1.0, half_spread_bps: 5.0}\n"
)
RULE = (
    "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Own:\n    universe: tuple = ('MTUM', 'QUAL')\n"
    "    warmup: int = 1\n    def weights(self, bars): ...\nSTRATEGY = Own()\n"
)
LAST = ("data", "check", "--as-of", "2022-12-28")


@pytest.fixture
def run(openbook, tmp_path, monkeypatch, database_url):
    """Run commands in a project whose only job trades two funds of the sample."""
    folder = tmp_path / "project"
    (folder / "papermill_jobs").mkdir(parents=True)
    (folder / "papermill_jobs" / "own.yaml").write_text(YAML)
    (folder / "own_rule.py").write_text(RULE)
    monkeypatch.syspath_prepend(folder)
    return lambda *words: openbook(*words, directory=folder, OPENBOOK_DATABASE_URL=database_url)


def test_every_series_is_printed_and_the_code_is_0_when_all_pass(run):
    assert run("data", "sync").code == 0
    said = run(*LAST)
    assert said.code == 0, said.err
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if "│" in line]
    assert [row[0] for row in rows] == ["sample: MTUM", "sample: QUAL", "sample: SP500"]
    assert rows[0][1:8] == ["XNYS", "USD", "2014-01-02", "2022-12-28", "2,264", "0", "0"]
    assert rows[0][8].startswith("free: BSD-3")
    assert {row[-1] for row in rows} == {"passed"}
    assert said.out.splitlines()[-1] == "3 series, 0 not passed, 0 missing."


def test_a_late_vault_ends_with_4_and_says_which_series_are_late(run):
    run("data", "sync")
    said = run("data", "check", "--as-of", "2023-01-04")
    assert said.code == 4
    assert "stale: MTUM ends at 2022-12-28, 4 sessions behind" in said.out
    assert said.err.startswith("StaleData: ")


def test_an_empty_vault_ends_with_4_and_names_what_the_jobs_lack(run):
    said = run(*LAST)
    assert said.code == 4
    assert "0 series, 0 not passed, 3 missing." in said.out
    assert "no bar of sample: MTUM" in said.err


def test_gaps_and_revisions_are_told(run, ledger):
    bars = find("sample").bars(["MTUM"])
    holes = replace(bars, close=bars.close.drop(bars.sessions[[100, 200]]))
    ledger.vault.append_bars(holes, calendar="XNYS")
    ledger.vault.append_bars(replace(holes, close=holes.close / 2.0), calendar="XNYS")
    run("data", "sync")
    out = run(*LAST).out
    assert "ratio 0.5: a split." in out
    ledger.vault.append_bars(replace(holes, source="holed", licence="personal use"), calendar="XNYS")
    said = run(*LAST)
    assert f"gaps of holed: MTUM: 2, the last on {bars.sessions[200]:%Y-%m-%d}" in said.out
    assert "closed: personal use" in said.out
    assert said.code == 0  # those gaps are years old


@pytest.mark.parametrize(
    ("when", "code"), [("soon", 3), ("2022-12-25", 3), ("2999-01-01T00:00Z", 3), ("2022-12-28T21:00", 3)]
)
def test_a_moment_that_is_none_is_refused(run, when, code):
    assert run("data", "check", "--as-of", when).code == code
