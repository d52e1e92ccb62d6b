"""Judge a backtest: every statistic, every check, and the verdict, on the record."""

from collections.abc import Sequence
from dataclasses import asdict
from math import inf

import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import Backtest, excess_returns
from framework.desk.counting import trials_counted
from framework.desk.judgement import Benchmark, Judgement, SecondEngine, benchmark_of, proof
from framework.desk.known import Known
from framework.desk.neighbours import neighbours
from framework.desk.queue import ship
from framework.desk.record import append, open_record
from framework.desk.rule import GivenWeights
from framework.errors import SimulationError, SpecError
from framework.host import settings
from framework.simulation.again import again
from framework.simulation.engine import simulate
from framework.statistics.evidence import Evidence
from framework.statistics.gates import Gates
from framework.statistics.returns import total_return
from framework.statistics.significance import moments
from framework.statistics.tearsheet import tearsheet
from framework.statistics.verdict import Verdict
from framework.strategy.causality import CausalityReport, check_causal


def judge(
    result: Backtest,
    *,
    benchmark: Bars | pd.Series | Backtest | None = None,
    name: str | None = None,
    gates: Gates | None = None,
) -> Judgement:
    """Hold a backtest against gates fixed in advance, with every trial counted, and put it on record.

    The rule is proven causal by truncation, a second engine recomputes the worth, costs are multiplied, parameters are
    varied, and the Sharpe ratio is deflated by the number of distinct trials of this strategy, this one included. The
    returns of the trials are made again from the record, so that the choice among them can be tested; none of this
    is a trial, since nothing is chosen by it. An identical judgement is on record once.

    Parameters
    ----------
    result : Backtest
        From `backtest`.
    benchmark : Bars of one symbol, Series of prices, or what `backtest` returned, optional
        At every session of the result. Without one, that gate is not passed.
    name : str, optional
        Under which the judgement is recorded; the strategy's own when not given. Trials count under both.
    gates : Gates, optional
        The defaults of `Gates` unless others were fixed in advance.

    Raises
    ------
    LooksAhead
        The rule changes its mind about the past once later bars exist.
    DataError
        The benchmark lacks a session of the result.
    DatabaseMissing
        The record cannot be reached.
    """
    _check_judgeable(result)
    current = settings.read()
    with open_record(current) as ledger:
        if current.recording:
            ship(ledger, current.home / "trials")
        judgement = judged(
            result,
            benchmark_of(benchmark, pd.DatetimeIndex(result.worth.index)),
            [ledger.trials(known) for known in {result.subject.name, name} if known],
            name=name,
            gates=gates or Gates(),
            recorded=current.recording,
        )
        if current.recording:
            append(judgement, ledger, run_id=current.run_id)
    return judgement


def judged(
    result: Backtest,
    benchmark: Benchmark | None,
    trials: Sequence[pd.DataFrame],
    *,
    name: str | None,
    gates: Gates,
    recorded: bool,
) -> Judgement:
    """The judgement of `judge`, from the tables of the trials that were on record, and with nothing put there."""
    prices = benchmark.prices if benchmark else None
    causality, second = _causality(result), _second_engine(result)
    tables = [pd.DataFrame([asdict(result.trial)]), *trials]
    counted = trials_counted(tables)
    evidence = Evidence(
        moments=moments(excess_returns(result)),
        **counted,
        net_return=_net_return_at(result, gates.cost_multiple),
        benchmark_return=None if prices is None else total_return(prices),
        causal=causality is not None,
        causality=proof(causality),
        second_engine=second.name,
        engines_difference=second.difference,
        stressed_return=_net_return_at(result, gates.cost_stress),
        search=Known(result).evidence(tables) if counted["trials"] > 1 else None,
        neighbours=neighbours(result, result.subject.rule),
    )
    return Judgement(
        name=name or result.subject.name,
        result=result,
        benchmark=benchmark,
        tearsheet=tearsheet(result, benchmark=prices),
        verdict=Verdict.decide(evidence, gates),
        causality=causality,
        second_engine=second,
        recorded=recorded,
    )


def _check_judgeable(result: object) -> None:
    if not isinstance(result, Backtest):
        raise SpecError(
            f"{type(result).__name__} cannot be judged.",
            "A judgement counts the trial and proves the rule, so it needs to know both.",
            "Pass what framework.backtest returned.",
        )


def _causality(result: Backtest) -> CausalityReport | None:
    rule = result.subject.rule
    return None if isinstance(rule, GivenWeights) else check_causal(rule, result.bars)


def _second_engine(result: Backtest) -> SecondEngine:
    """vectorbt, fed with the weights; the plain engine where it cannot follow. How far is too far, the gates decide."""
    from framework.simulation import vectorbt_bridge  # seconds to import, and only a verdict needs it

    try:
        return SecondEngine(vectorbt_bridge.ENGINE, vectorbt_bridge.agree(result, tolerance=inf))
    except SimulationError as error:
        plain = again(result, engine=simulate)
        apart = max(abs(getattr(plain, name) - getattr(result, name)).max() for name in ("worth", "cash"))
        return SecondEngine("plain engine", float(apart) / result.capital, why_not=str(error))


def _net_return_at(result: Backtest, multiple: float) -> float | None:
    """Total return with all costs multiplied, None if the account is ruined by them. Not a trial: nothing is chosen."""
    try:
        return total_return(again(result, costs=result.costs.times(multiple)).worth)
    except SimulationError:
        return None
