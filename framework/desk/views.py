"""Each result as HTML: what it is, its headline figures, its caveats."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from framework.data.bars import Bars
from framework.desk.headline import headline
from framework.desk.html import (
    Html,
    badge,
    escaped,
    heading,
    number,
    panel,
    paragraph,
    quiet,
    sparkline,
    table,
)
from framework.simulation.result import BacktestResult
from framework.statistics.tearsheet import Statistic, Tearsheet
from framework.statistics.verdict import Verdict
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR
from framework.trading.guard import Guards
from framework.trading.venue import ANYWHERE

if TYPE_CHECKING:
    from framework.desk.judgement import Judgement
    from framework.desk.walk_forward import WalkForward

SHOWN = 25  # rows of a table that could be long
PER_YEAR = SESSIONS_PER_YEAR**0.5  # Sharpe ratios per session to per year


def bars_view(bars: Bars) -> Html:
    """Each symbol's life, last close and course; then what is wrong with the prices."""
    rows = [_life(bars.close[symbol].dropna()) for symbol in bars.close.columns[:SHOWN]]
    columns = ["Symbol", "First", "Last", "Sessions", "Last close", "Course"]
    notes = [f"{bars.source}: {', '.join(bars.fields)}.", bars.caveat, _licence(bars)]
    return panel(
        heading(f"{_several(len(bars.symbols), 'symbol')} over {_span(bars.sessions)}"),
        table(columns, rows, text=(1, 2, 5)),
        *_more(len(bars.symbols)),
        *(quiet(note) for note in notes if note),
    )


def weights_view(weights: TargetWeights) -> Html:
    """How often the rule decides, how much it wants to own, and its last decision."""
    decided = weights.frame.dropna(how="all")
    if decided.empty:
        return panel(heading("Target weights"), paragraph("Every row holds: nothing is ever decided."))
    gross, held = decided.abs().sum(axis=1), (decided != 0.0).sum(axis=1)
    last = decided.iloc[-1]
    wanted = last[last != 0.0].sort_values(ascending=False, key=abs)
    facts = [
        ("Decisions", f"{len(decided):,} in {len(weights.frame):,} sessions; the others hold"),
        (
            "Gross weight",
            f"{number(gross.mean(), 'fraction')} on average, {number(gross.max(), 'fraction')} at most",
        ),
        ("Symbols owned", f"{held.mean():.1f} on average, of {len(decided.columns)}"),
    ]
    now = [(symbol, number(weight, "fraction")) for symbol, weight in wanted.head(SHOWN).items()]
    return panel(
        heading(f"Target weights over {_span(weights.frame.index)}"),
        table(["", ""], facts, text=(1,)),
        table(["Symbol", "Weight"], now, caption=f"Wanted at {decided.index[-1]:%Y-%m-%d}")
        if now
        else paragraph(f"Wanted at {decided.index[-1]:%Y-%m-%d}: nothing but cash."),
        *_more(len(wanted)),
    )


def result_view(result: BacktestResult) -> Html:
    """The headline figures of a backtest, net of costs. Nothing is judged."""
    rows = [(figure.label, number(figure.value, figure.unit)) for figure in headline(result)]
    return panel(
        heading(f"Simulated, {_span(result.worth.index)}"),
        table(["", ""], rows),
        quiet(_conditions(result)),
        *([quiet(result.bars.caveat)] if result.bars.caveat else []),
    )


def walk_forward_view(walk: "WalkForward") -> Html:
    """What each fold chose, how it scored where it was chosen, and what the account then came to."""
    stated = {"train_from", "train_to", "test_from", "test_to", "score", "tested"}
    parameters = [name for name in walk.folds.columns if name not in stated]
    shown = walk.folds.tail(SHOWN)
    rows = [
        (
            f"{fold['train_from']:%Y-%m-%d} to {fold['train_to']:%Y-%m-%d}",
            f"{fold['test_from']:%Y-%m-%d} to {fold['test_to']:%Y-%m-%d}",
            ", ".join(f"{name} {fold[name]}" for name in parameters),
            *(number(fold[name] * PER_YEAR, "ratio") for name in ("score", "tested")),
        )
        for fold in shown.to_dict("records")
    ]
    inside, outside = (walk.folds[name].mean() * PER_YEAR for name in ("score", "tested"))
    columns = ["Chosen on", "Tested on", "Chosen", "Sharpe ratio, chosen on", "tested on"]
    return panel(
        heading(f"Walk-forward: {_several(len(walk.folds), 'fold')}, {len(walk.search):,} combinations"),
        table(columns, rows, text=(1, 2)),
        *_more(len(walk.folds)),
        quiet(
            f"Sharpe ratios per year. On average {number(inside, 'ratio')} where a choice was made, and"
            f" {number(outside, 'ratio')} in the sessions after it."
        ),
        *_crossed(walk.path_sharpes),
    )


def _crossed(sharpes: "pd.Series[float] | None") -> list[Html]:
    if sharpes is None:
        return []
    low, middle, high = (number(sharpes.quantile(at) * PER_YEAR, "ratio") for at in (0.0, 0.5, 1.0))
    return [
        quiet(
            f"Combinatorial purged cross-validation, {_several(len(sharpes), 'path')}: Sharpe ratio per year from"
            f" {low} to {high}, median {middle}."
        )
    ]


def tearsheet_view(sheet: Tearsheet) -> Html:
    """Every statistic with its interval and its n."""
    first = sheet.rows[0]
    rows = [_statistic(row) for row in sheet.rows]
    return panel(
        heading(f"Tearsheet, {first.start:%Y-%m-%d} to {first.end:%Y-%m-%d}"),
        table(["Statistic", "Value", "95 % interval", "n", "Note"], rows, text=(4,)),
        quiet("Intervals by stationary block bootstrap. Nothing shorter than a year is annualised."),
    )


def months_view() -> Html:
    """The title of the table of months, which itself is a figure."""
    return panel(heading("Return of each calendar month and year, in per cent"))


def verdict_view(verdict: Verdict) -> Html:
    """Promoted or rejected, with the reason of each gate."""
    word = badge("Promoted", good=True) if verdict.promoted else badge("Rejected", good=False)
    counted = f"{_several(verdict.trials, 'trial')} counted."
    rows = [
        (_gate(reason.gate), _passed(passed=reason.passed), reason.sentence) for reason in verdict.reasons
    ]
    return panel(
        heading(Html(f"Verdict {word}")),
        table(["Gate", "", "Finding"], rows, text=(1, 2)),
        quiet(f"The gates were fixed in advance; all must be passed. {counted}"),
    )


def judgement_view(judgement: "Judgement") -> Html:
    """The claim, the verdict on it, and how both were checked."""
    return Html(_claim(judgement.claim, judgement.name) + verdict_view(judgement.verdict))


def checks_view(judgement: "Judgement") -> Html:
    """Where the numbers come from: engines, proof, record."""
    rows = [(label, value) for label, value in judgement.checks]
    caveat = judgement.result.bars.caveat
    return panel(
        table(["", ""], rows, caption="How it was checked", text=(1,)), *([quiet(caveat)] if caveat else [])
    )


def _claim(claim: Mapping[str, str], name: str) -> Html:
    rows = [
        (label, claim[key])
        for key, label in (("claim", "Claim"), ("source", "Source"), ("rejected_if", "Rejected if"))
        if key in claim
    ]
    stated = [table(["", ""], rows, text=(1,))] if rows else []
    return panel(heading(claim.get("title", name)), *stated)


def _life(close: "pd.Series[float]") -> tuple[object, ...]:
    if close.empty:
        return (close.name, "\u2013", "\u2013", "0", "\u2013", "")
    first, last = (f"{session:%Y-%m-%d}" for session in (close.index[0], close.index[-1]))
    return (close.name, first, last, f"{len(close):,}", f"{close.iloc[-1]:,.2f}", sparkline(close.tolist()))


def _statistic(row: Statistic) -> tuple[object, ...]:
    interval = "" if row.low is None else f"{number(row.low, row.unit)} to {number(row.high, row.unit)}"
    return row.label, number(row.value, row.unit), interval, f"{row.n:,}", row.note


def _conditions(result: BacktestResult) -> str:
    costs = result.costs
    sized = "the decision" if result.size_at == "decision" else "the fill"
    extras = {
        f"{number(costs.borrow_rate_per_year, 'fraction')} a year borrow fee": costs.borrow_rate_per_year,
        f"{number(costs.cash_rate_per_year, 'fraction')} a year on cash": costs.cash_rate_per_year,
        f"square-root impact times {costs.impact:g}": costs.impact,
    }
    filled = "mean price of the next session" if result.fill_at == "mean" else f"next {result.fill_at}"
    return (
        f"Decided at the close, filled at the {filled}, sized at {sized}; {_rules(result)}. "
        f"Costs: {costs.commission_bps:g} bps commission and {costs.half_spread_bps:g} bps half-spread"
        f"{''.join(f', {words}' for words, asked in extras.items() if asked)}. Engine: {result.engine}."
    )


def _rules(result: BacktestResult) -> str:
    """Shares, venue and guards in words; what is off is left out."""
    venue, guards = result.venue or ANYWHERE, result.guards or Guards()
    volatility = guards.volatility.per_year if guards.volatility else None
    words = {
        f"lots of {venue.lot:g}": venue.lot not in (0.0, 1.0),
        f"no order below {number(venue.minimum_usd, 'usd')}": venue.minimum_usd,
        f"no trade within {number(venue.band, 'fraction')} of the account": venue.band,
        f"stop at a loss of {number(guards.stop_loss, 'fraction')}": guards.stop_loss,
        f"stop {number(guards.trailing_stop, 'fraction')} off the best close": guards.trailing_stop,
        f"profit taken at {number(guards.take_profit, 'fraction')}": guards.take_profit,
        f"held for {guards.time_stop} closes at most": guards.time_stop,
        f"scaled to {number(volatility, 'fraction')} volatility a year": volatility,
    }
    shares = f"{'whole' if result.whole_shares else 'fractional'} shares"
    return ", ".join([shares, *(said for said, asked in words.items() if asked)])


def _gate(gate: str) -> str:
    return gate.replace("_", " ").capitalize().replace("sharpe", "Sharpe")


def _passed(*, passed: bool) -> Html:
    return escaped("\u2713\u00a0passed" if passed else "\u2717\u00a0failed")


def _span(sessions: pd.Index) -> str:
    return f"{_several(len(sessions), 'session')}, {sessions[0]:%Y-%m-%d} to {sessions[-1]:%Y-%m-%d}"


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _more(count: int) -> list[Html]:
    return [quiet(f"And {count - SHOWN:,} more.")] if count > SHOWN else []


def _licence(bars: Bars) -> str:
    return f"Licence: {bars.licence}" if bars.licence else ""
