"""Judgement: a backtest with everything that was found out about it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import Backtest
from framework.errors import SpecError
from framework.ledger.rows import TrialRow
from framework.statistics.benchmark import aligned_benchmark
from framework.statistics.tearsheet import Tearsheet
from framework.statistics.verdict import Verdict
from framework.strategy.causality import CausalityReport

SIMULATED = "simulated"  # the source of a benchmark that is a backtest


@dataclass(frozen=True, eq=False)
class Benchmark:
    """What a strategy has to beat: prices at exactly its sessions, and where they come from.

    `trial` is what was run where the prices are the worth of a backtest.
    """

    name: str
    source: str
    prices: pd.Series
    trial: TrialRow | None = None


@dataclass(frozen=True)
class SecondEngine:
    """Who recomputed the worth and how far apart the two are, as a fraction of the capital; why vectorbt could not."""

    name: str
    difference: float
    why_not: str = ""

    def __str__(self) -> str:
        instead = f" (vectorbt could not: {self.why_not})" if self.why_not else ""
        return f"{self.name}, at most {self.difference:.1e} of the capital apart{instead}"


@dataclass(frozen=True, eq=False, repr=False)
class Judgement:
    """A backtest, judged.

    Parameters
    ----------
    name : str
        Under which it is on record.
    result : Backtest
        What was judged.
    benchmark : Benchmark, optional
        What it was held against.
    tearsheet : Tearsheet
        Each statistic with its interval.
    verdict : Verdict
        Promoted or not, with all reasons.
    causality : CausalityReport, optional
        What the proof by truncation compared; None where weights were given and there is no rule to cut.
    second_engine : SecondEngine
        Who recomputed the worth.
    recorded : bool
        Whether it is on record; False under OPENBOOK_RECORD=0.
    """

    name: str
    result: Backtest
    benchmark: Benchmark | None
    tearsheet: Tearsheet
    verdict: Verdict
    causality: CausalityReport | None
    second_engine: SecondEngine
    recorded: bool

    def __repr__(self) -> str:
        word = "promoted" if self.verdict.promoted else "rejected"
        counted = self.verdict.trials
        by = f" by {', '.join(reason.gate for reason in self.verdict.failed)}" if self.verdict.failed else ""
        return f"Judgement({self.name}: {word}{by}; {counted} trial{'' if counted == 1 else 's'})"

    @property
    def claim(self) -> Mapping[str, str]:
        """Title, claim, source and ground for rejection, as the strategy states them."""
        return self.result.subject.claim

    @property
    def checks(self) -> tuple[tuple[str, str], ...]:
        """What a reader needs to trust the numbers or to look them up, by name."""
        benchmark = self.benchmark
        return (
            ("Benchmark", f"{benchmark.name} ({benchmark.source})" if benchmark else "none"),
            ("Second engine", str(self.second_engine)),
            ("Causality", proof(self.causality)),
            ("Trial", self.result.trial.identity),
            ("Bars", self.result.bars.content_hash),
            ("Worth", self.result.content_hash),
            ("On record", f"yes, as {self.name}" if self.recorded else "no: OPENBOOK_RECORD is 0"),
        )


def proof(report: CausalityReport | None) -> str:
    """What the proof by truncation compared, as a phrase."""
    if report is None:
        return "weights were given as numbers, so that there is no rule to cut"
    cuts = len(report.cuts)
    return f"{report.rows_compared:,} rows compared at {cuts} cut{'' if cuts == 1 else 's'}"


def benchmark_of(
    benchmark: Bars | pd.Series | Backtest | None, sessions: pd.DatetimeIndex
) -> Benchmark | None:
    """The benchmark at exactly these sessions.

    Raises
    ------
    SpecError
        Bars of several symbols.
    DataError
        A session that it lacks.
    """
    if benchmark is None:
        return None
    trial = None
    if isinstance(benchmark, Bars):
        if len(benchmark.symbols) != 1:
            raise SpecError(
                f"The benchmark has {len(benchmark.symbols)} symbols: {', '.join(benchmark.symbols)}.",
                "A benchmark is one series of prices.",
                'Load one symbol, such as load_bars("SP500").',
            )
        name, source, prices = benchmark.symbols[0], benchmark.source, benchmark.close.iloc[:, 0].dropna()
    elif isinstance(benchmark, Backtest):
        name, source, prices = benchmark.subject.name, SIMULATED, benchmark.worth
        trial = benchmark.trial
    else:
        name, source, prices = str(benchmark.name or "benchmark"), "given", benchmark
    return Benchmark(name, source, aligned_benchmark(prices, sessions), trial)
