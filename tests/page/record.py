"""A record as real as a test can afford: real bars, the plain engine, real statistics, a real PostgreSQL.

Four strategies: one judged and run on paper, one judged and suspended, one with paper nights alone, and one of which
only a trial is on record.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import nbformat
import pandas as pd
import psycopg
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from framework.data.bars import Bars
from framework.data.sessions import close_of
from framework.data.sources import find
from framework.ledger import keys
from framework.ledger.checkpoint import KEY, sign
from framework.ledger.connect import open_ledger
from framework.ledger.rows import BacktestRow, OrderEventRow, OrderRow, RunRow, TrialRow, WorthRow
from framework.page.render import build
from framework.simulation.engine import simulate
from framework.statistics.evidence import Evidence
from framework.statistics.figures import monthly_heatmap, worth_and_drawdown
from framework.statistics.returns import total_return
from framework.statistics.significance import moments
from framework.statistics.tearsheet import tearsheet
from framework.statistics.verdict import Verdict
from framework.strategy.load import load
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=1.0, half_spread_bps=2.0)
CLAIM = {
    "title": "Dual momentum: hold the strongest risky asset, or nothing.",
    "claim": "Assets that beat cash over the past year keep beating it for a month.",
    "source": "Antonacci (2014), Dual Momentum Investing.",
    "rejected_if": "the deflated Sharpe ratio is below 0.95 with every trial counted.",
}
NIGHTS = 24
SITE = Path(__file__).parents[2] / "site"


@cache
def filled(server):
    """A ledger on a database of its own with all of it on record, and the backtest rows by strategy."""
    with psycopg.connect(
        host=str(server.place.sockets), user="postgres", dbname="postgres", autocommit=True
    ) as maker:
        maker.execute("CREATE DATABASE pages TEMPLATE openbook")
    ledger = open_ledger(url=server.url("pages"), admin_url=None, home=Path())
    return ledger, fill(ledger)


@cache
def built(server, folder):
    """The report of the site that is built from it and signed, in a folder that the first caller names."""
    ledger, signer = filled(server)[0], folder / "signer"
    keys.create(signer / KEY, origin="example.com/record")
    sign(ledger, home=signer)
    return build(ledger, site_dir=SITE, out=folder / "public", log_home=signer)


def fill(ledger):
    """Put all of it on record, and return the backtest rows by strategy."""
    dual, dual_result = judged("dual_momentum", CLAIM)
    ten, _ = judged("ten_month_timing", {}, against=None)
    series(ledger, dual_result.bars)
    nights(ledger, "dual_momentum", dual_result)
    nights(ledger, "paper_only", dual_result, count=3)
    run = research_run(ledger, "dual_momentum")
    dual = BacktestRow(
        **({key: getattr(dual, key) for key in BacktestRow.__dataclass_fields__} | {"run_id": run})
    )
    ledger.append_backtest(dual)
    ledger.append_backtest(ten)
    ledger.append_notebook(
        "dual_momentum", notebook(dual_result), strategy="dual_momentum", kind="research", run_id=run
    )
    ledger.append_suspension(
        "ten_month_timing",
        action="suspend",
        reason="Prices look <wrong>.",
        reviewer="A. Reviewer",
        known_at=datetime(2022, 12, 28, 22, tzinfo=UTC),
    )
    ledger.append_trials([trial("tried_once")])
    return {"dual_momentum": dual, "ten_month_timing": ten}


def series(ledger, bars):
    """The bars of a backtest in the vault, and those of a vendor who left two out and split another."""
    ledger.vault.append_bars(bars, calendar="XNYS")
    year = bars.since("2022-01-03")
    close = year.close[["MTUM", "QUAL"]].set_axis(["MINE", "HALF"], axis=1)
    half, mine = close[["HALF"]], close[["MINE"]].drop(year.sessions[[30, -3]])
    for prices in (half, half / 2.0, mine):
        vendor = Bars(prices, source="vendor", licence="for the subscriber's own use", caveat="made up")
        ledger.vault.append_bars(vendor, calendar="XNYS", currency="EUR")


def trial(strategy):
    return TrialRow(
        identity="9" * 64,
        strategy=strategy,
        parameters={},
        code_hash="c" * 64,
        bars_hash="d" * 64,
        costs=asdict(COSTS),
        timing={},
        outcome="crashed",
        error="no",
    )


def judged(name, claim, *, against="SP500"):
    """A backtest of a real strategy on the sample, with its tearsheet and its verdict."""
    rule = load(f"strategies.{name}:STRATEGY")
    sample = find("sample")
    bars = sample.bars(rule.universe)
    result = simulate(rule.weights(bars), bars, COSTS)
    prices = None if against is None else sample.bars((against,)).close[against].reindex(bars.sessions)
    sheet = tearsheet(result, benchmark=prices)
    evidence = Evidence(
        moments=moments(result.returns),
        trials=1,
        trials_variance=0.0,
        net_return=total_return(result.worth),
        benchmark_return=None if prices is None else total_return(prices),
        causal=True,
        causality="15,567 rows compared at 7 cuts",
        second_engine="vectorbt 1.2.0",
        engines_difference=2.6e-15,
    )
    row = BacktestRow(
        result_hash=result.content_hash,
        strategy=name,
        run_id=None,
        trial_identity="f" * 64,
        snapshot_hash=bars.content_hash,
        parameters={"lookback": 252},
        costs=asdict(COSTS),
        settings={"fill_at": result.fill_at, "claim": claim},
        engine=result.engine,
        second_engine="vectorbt 1.2.0",
        second_engine_difference=2.6e-15,
        versions={"numpy": "2.4.6", "pandas": "3.0.3"},
        capital_usd=result.capital,
        worth_usd=result.worth,
        benchmark=None if prices is None else {"name": against, "source": "sample", "worth": prices},
        positions_last={symbol: float(held) for symbol, held in result.positions.iloc[-1].items() if held},
        weights_last={},
        tearsheet=sheet.to_dict(),
        verdict=Verdict.decide(evidence).to_dict(),
        git_sha="a" * 40,
        lock_hash="b" * 64,
        code_hash="c" * 64,
        first_session=bars.sessions[0],
        last_session=bars.sessions[-1],
        licence=bars.licence,
        caveat=bars.caveat,
        known_at=close_of("XNYS", bars.sessions[-1]),
    )
    return row, result


def start(ledger, run_id, strategy, session, mode):
    """Start an attempt."""
    run = RunRow(
        run_id=run_id,
        strategy=strategy,
        job=strategy,
        session=session,
        mode=mode,
        as_of=close_of("XNYS", session),
        git_sha="a" * 40,
        git_dirty=mode == "research",
        image_tag=None,
        lock_hash="b" * 64,
        code_hash="c" * 64,
        parameters={},
    )
    return ledger.start_attempt(run)


def research_run(ledger, strategy):
    """A finished research run."""
    run = start(ledger, f"{strategy}-research", strategy, pd.Timestamp("2022-12-28"), "research")
    ledger.append_event(run.run_id, "finished")
    return run.run_id


def nights(ledger, strategy, result, *, count=NIGHTS):
    """The last sessions of a backtest, replayed as the nights of a paper book that begins with them."""
    weights = type(result.weights)(result.weights.frame.iloc[-count:].ffill().bfill())
    bars = result.bars.since(weights.frame.index[0])
    book = simulate(weights, bars, COSTS)
    ledger.vault.append_snapshot(bars, strategy=strategy, known_at=close_of("XNYS", bars.sessions[-1]))
    for session in bars.sessions:
        run = start(ledger, f"{strategy}-{session:%Y-%m-%d}", strategy, session, "paper")
        own = {"strategy": strategy, "mode": "paper", "session": session, "run_id": run.run_id}
        own["known_at"] = close_of("XNYS", session)
        held = {symbol: float(shares) for symbol, shares in book.positions.loc[session].items() if shares}
        filled, decided = (book.trades[book.trades[column] == session] for column in ("session", "decided"))
        worth = WorthRow(
            **own,
            worth_usd=float(book.worth[session]),
            cash_usd=float(book.cash[session]),
            holdings=held,
            prices={symbol: float(bars.close.loc[session, symbol]) for symbol in held},
            snapshot_hash=bars.content_hash,
            backfilled=strategy == "paper_only",
            costs_usd=float(filled[["commission_usd", "spread_usd"]].sum().sum()),
            turnover=float(book.turnover[session]),
            exposure=float(book.exposure[session]),
        )
        orders = [
            OrderRow(
                **own,
                order_id=f"{strategy}-{session:%Y%m%d}-{trade.symbol}",
                symbol=trade.symbol,
                quantity=float(trade.quantity),
                reference_price=float(bars.close.loc[session, trade.symbol]),
            )
            for trade in decided.itertuples()
        ]
        fills = [
            OrderEventRow(
                **own,
                order_id=f"{strategy}-{trade.decided:%Y%m%d}-{trade.symbol}",
                event="filled",
                quantity=float(trade.quantity),
                price=float(trade.price),
                commission_usd=float(trade.commission_usd),
                spread_usd=float(trade.spread_usd),
            )
            for trade in filled.itertuples()
        ]
        ledger.append_night(run.run_id, worth=worth, fills=fills, orders=orders)
        content = nbformat.writes(
            new_notebook(cells=[new_markdown_cell(f"# {strategy}, {session:%Y-%m-%d}")])
        ).encode()
        name = {"strategy": strategy, "kind": "nightly", "run_id": run.run_id}
        stored = ledger.append_notebook(strategy, content, **name)
        ledger.append_event(run.run_id, "finished", notebook_hash=stored)


def notebook(result):
    """An executed notebook with what they have in them: tables, figures, and something that must not run."""
    figures = [worth_and_drawdown(result), monthly_heatmap(result.worth)]
    outputs = [
        new_output("display_data", data={"application/vnd.plotly.v1+json": json.loads(figure.to_json())})
        for figure in figures
    ]
    table = result.costs_paid.to_frame("USD")
    hostile = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>" + table._repr_html_()
    cells = [
        new_markdown_cell(
            "# Dual momentum\n\nThe claim, in *words*, with {{< a shortcode >}} and a [link](https://example.org/)."
        ),
        new_code_cell("bars = load_bars(rule.universe)  # real prices\nbars", execution_count=1),
        new_code_cell(
            "result",
            execution_count=2,
            outputs=[*outputs, new_output("execute_result", data={"text/html": hostile}, execution_count=2)],
        ),
    ]
    return nbformat.writes(new_notebook(cells=cells)).encode()
