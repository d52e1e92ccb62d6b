"""Bundles are made of the record as it was signed, as large as they may be, and of nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from framework.errors import Edited, LogDamaged
from framework.ledger import framing
from framework.ledger.bundle import LARGEST, parse
from framework.ledger.bundling import LONG, Bundler, shortened
from framework.ledger.checkpoint import sign
from framework.ledger.digest import decoded, resumed
from framework.ledger.tiles import Folder
from framework.ledger.unbundle import TABLES, prove, typed

VECTOR = json.loads((Path(__file__).parents[1] / "answers" / "bundle.json").read_text())


@pytest.fixture
def bundler(ledger, log_home):
    """Sign the record, and look rows up in the log."""
    opened = []

    def make(*, signing=True):
        if signing:
            sign(ledger, home=log_home)
        opened.append(Bundler(ledger, Folder(log_home / "log")))
        return opened[-1]

    yield make
    for one in opened:
        one.__exit__()


def long_worth():
    """Forty years of closes, which fit into no bundle."""
    sessions = pd.bdate_range("1982-01-04", periods=10_000)
    return pd.Series([100_000.1 + number / 7.0 for number in range(len(sessions))], index=sessions)


def test_the_rows_of_every_stream_are_proven_as_the_record_has_them(ledger, filled, bundler):
    lookup, checked = bundler(), 0
    for stream in (
        "runs:dual_momentum",
        "portfolio_worth:dual_momentum",
        "orders:dual_momentum",
        "suspensions:s",
    ):
        rows = lookup.rows(stream)
        made = lookup.bundle("strategies/dual_momentum/", rows)
        assert (made.left_out, made.unsigned) == (0, 0)
        proven = prove(parse(made.bundle.encoded()))
        assert [row.sequence for row in proven.rows] == [*range(1, len(rows) + 1)]
        assert [row.values for row in proven.rows] == [
            dict(zip(proven.rows[0].values, row.values, strict=True)) for row in reversed(rows)
        ]
        checked += len(rows)
    assert checked == 6
    night = lookup.rows("portfolio_worth:dual_momentum", newest=1)[0]
    assert night.values[4] == "100000.1"
    assert lookup.rows("orders:dual_momentum", where={"mode": ("live",)}) == []


def test_neighbours_in_a_stream_say_their_hash_once(ledger, filled, bundler):
    lookup = bundler()
    rows = lookup.rows("portfolio_worth:dual_momentum")
    told = json.loads(lookup.bundle("", rows).bundle.encoded())["rows"]["portfolio_worth:dual_momentum"]
    assert [row[2] for row in told] == ["00" * 32, None]


def test_the_content_of_a_notebook_is_not_in_its_bundle(ledger, filled, bundler):
    lookup = bundler()
    (row,) = lookup.rows("notebooks:s")
    assert row.payload_hash is not None
    (proven,) = prove(lookup.bundle("strategies/s/", [row]).bundle).rows
    assert proven.values["size_bytes"] == "2"
    assert "content" not in proven.values


def test_of_a_backtest_of_forty_years_the_end_is_proven_and_fits_in(ledger, make_backtest, bundler):
    worth = long_worth()
    tearsheet = {"rows": [{"key": "cagr", "value": 0.1 + 0.2}]}
    for benchmark in (None, {"name": "Å", "source": "sample", "worth": worth}):
        ledger.append_backtest(make_backtest(worth_usd=worth, benchmark=benchmark, tearsheet=tearsheet))
    lookup = bundler()
    rows = lookup.rows("backtest_results:dual_momentum")
    assert len(rows) == 2
    for row in rows:
        assert row.skipped.length > 5 * LARGEST
        made = lookup.bundle("strategies/dual_momentum/", [row])
        assert len(made.bundle.encoded()) < LARGEST / 10
        (proven,) = prove(parse(made.bundle.encoded())).rows
        assert json.loads(proven.values["tearsheet"]) == tearsheet
        assert next(iter(proven.values)) == "positions_last"
        assert "worth_usd" not in proven.values


@pytest.mark.parametrize("benchmark", [None, "x" * 200])
def test_wherever_a_block_ends_in_the_series_the_same_hash_comes_out(benchmark):
    (night,) = parse(json.dumps(VECTOR["bundle"]).encode()).rows[-1:]
    values, table = [value for *_, value in VECTOR["backtest"]["columns"]], TABLES["backtest_results"]
    columns, rests = typed(table)[1], set()
    names = [name for name, _ in columns]
    values[names.index("benchmark")] = benchmark
    for length in range(LONG, LONG + 64):
        values[names.index("worth_usd")] = "1" * length
        row = shortened(replace(night, values=tuple(values), skipped=None), table)
        pairs = [(kind, value) for (_, kind), value in zip(columns, values, strict=True)]
        rest = bytes.fromhex(row.skipped.rest) + framing.framed_all(pairs[names.index("positions_last") :])
        state = decoded(bytes.fromhex(row.skipped.state))
        assert resumed(state, hashed=row.skipped.length, rest=rest) == framing.payload_hash(pairs)
        rests.add(len(row.skipped.rest))
    assert rests == {2 * count for count in range(1, 65)}


def test_a_short_backtest_is_whole(ledger, make_backtest, bundler):
    ledger.append_backtest(make_backtest())
    lookup = bundler()
    (row,) = lookup.rows("backtest_results:dual_momentum")
    assert row.skipped is None
    (proven,) = prove(lookup.bundle("", [row]).bundle).rows
    assert proven.values["run_id"] is None
    assert proven.values["costs"] == '{"commission_bps":1.0}'


def test_what_does_not_fit_is_left_out_from_the_end_and_counted(ledger, make_trial, bundler):
    ledger.append_trials([make_trial(f"{number:064d}", error="x" * 500) for number in range(100)])
    lookup = bundler()
    rows = lookup.rows("trials:dual_momentum")
    made = lookup.bundle("", rows)
    size, kept = len(made.bundle.encoded()), len(made.bundle.rows)
    assert made.left_out == 100 - kept > 0
    assert LARGEST - 1_500 < size <= LARGEST
    assert {row.sequence for row in made.bundle.rows} == {*range(101 - kept, 101)}
    assert len(prove(parse(made.bundle.encoded())).rows) == kept


def test_a_row_that_is_not_signed_yet_is_left_out_and_counted(ledger, filled, make_trial, bundler):
    bundler()
    ledger.append_trials([make_trial("2" * 64)])
    lookup = bundler(signing=False)
    rows = lookup.rows("trials:dual_momentum")
    assert [row.leaf >= 0 for row in rows] == [False, True]
    made = lookup.bundle("", rows)
    assert (made.unsigned, made.left_out, len(made.bundle.rows)) == (1, 0, 1)
    assert lookup.bundle("", rows[:1]) is None


def test_a_record_that_was_rewritten_under_its_log_gives_no_bundle(ledger, filled, attacker, bundler):
    bundler()
    attacker.execute("UPDATE trials SET row_hash = sha256(row_hash)")
    with pytest.raises(Edited, match="trials:dual_momentum, row 1, is another one in the log"):
        bundler(signing=False).rows("trials:dual_momentum")


def test_a_log_that_contradicts_itself_gives_no_bundle(ledger, filled, log_home, bundler):
    bundler()
    (tile,) = (log_home / "log/tile/0/000.p").iterdir()
    tile.write_bytes(bytes(len(tile.read_bytes())))
    with pytest.raises(LogDamaged):
        bundler(signing=False)
