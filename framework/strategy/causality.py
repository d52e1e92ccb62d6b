"""The proof that a rule does not look ahead: what it wanted must not depend on what came later.

A row of weights is decided at the close of its session. So it must come out the same whatever follows:
the bars that did follow, none at all (truncation), or bars that never happened (invention). Truncation finds
statistics of the whole sample, centred windows and back-fills. Invention finds what truncation cannot: a leak
that happens to agree with history, such as a list of symbols that are still listed at the end,
and any leak at the very last row, the one that trades tonight.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.errors import DataError, LooksAhead, OpenbookError, StrategyError
from framework.strategy.base import Strategy
from framework.strategy.fit import check_against
from framework.strategy.identity import name_of
from framework.strategy.invented import fall, rise
from framework.strategy.weights import TargetWeights

# A library may add the same numbers in another order when their arrays are longer: that is worth some 1e-16, a
# covariance's inverse makes some 1e-13 of it, and no leak is as small.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class CausalityReport:
    """What was compared, and found the same.

    Parameters
    ----------
    cuts : tuple of Timestamp
        The sessions after which the bars were cut or replaced, the newest last.
    rows_compared : int
        Rows of weights compared, over all cuts.
    """

    cuts: tuple[pd.Timestamp, ...]
    rows_compared: int


def check_causal(rule: Strategy, bars: Bars, *, cuts: int = 5, seed: int = 0) -> CausalityReport:
    """Refuse a rule whose weights up to a cut change with what comes after it.

    Bars are truncated at `cuts` seeded sessions after the warm-up: about half of them where the rule
    decided, half where it held. At the last session, and at the last decision before it, two futures are
    invented: all rise, or all fall and one symbol is delisted. All rows up to each cut are compared.

    Parameters
    ----------
    rule : Strategy
        It is run 1 + `cuts` + 4 times.
    bars : Bars
        More sessions than the rule's warm-up. They are not changed.
    cuts : int
        Truncations; 5 before every run, many in tests.
    seed : int
        Chooses the cuts and the futures: the same seed repeats the same proof.

    Raises
    ------
    LooksAhead
        A weight changed. The message names the symbol and the session.
    DataError
        Nothing can be proven on so few bars.
    """
    if len(bars) < rule.warmup + 2:
        raise DataError(
            f"{len(bars)} sessions are too few to prove {name_of(rule)} causal.",
            f"Its warm-up is {rule.warmup} sessions, and at least two must follow.",
            "Load a longer range.",
        )
    wanted = _decide(rule, bars)
    rows = _seeded_rows(wanted, rule.warmup, cuts, seed)
    compared = 0
    for row, alternative in _alternatives(bars, wanted, rows, seed):
        _compare(rule, wanted, _decide(rule, alternative), row)
        compared += row + 1
    checked = sorted({*rows, *_invention_rows(wanted)})
    return CausalityReport(tuple(bars.sessions[checked]), compared)


def _alternatives(bars: Bars, wanted: pd.DataFrame, rows: list[int], seed: int) -> Iterator[tuple[int, Bars]]:
    """Bars that agree with `bars` up to a row, and that row."""
    futures: tuple[Callable[..., Bars], ...] = (rise, fall)
    for row in rows:
        yield row, bars.until(bars.sessions[row])
    for row in _invention_rows(wanted):
        for future in futures:
            yield row, future(bars.until(bars.sessions[row]), seed=seed)


def _invention_rows(wanted: pd.DataFrame) -> list[int]:
    """The last row, and the last one before it in which the rule decided."""
    last = len(wanted) - 1
    decided = np.flatnonzero(wanted.notna().all(axis=1))
    earlier = decided[decided < last]
    return [last, int(earlier[-1])] if len(earlier) else [last]


def _seeded_rows(wanted: pd.DataFrame, warmup: int, cuts: int, seed: int) -> list[int]:
    """`cuts` rows after the warm-up and before the last: decisions first, then rows that hold."""
    rng = np.random.default_rng(seed)
    interior = np.arange(max(warmup - 1, 0), len(wanted) - 1)
    decides = wanted.notna().all(axis=1).to_numpy()[interior]
    decisions, holds = rng.permutation(interior[decides]), rng.permutation(interior[~decides])
    half = max(cuts - cuts // 2, cuts - len(holds))
    chosen = [*decisions[:half], *holds[: cuts - min(half, len(decisions))]]
    return sorted(int(row) for row in chosen)


def _decide(rule: Strategy, bars: Bars) -> pd.DataFrame:
    """The weights of `rule` on a view of `bars` of its own, so that it cannot relabel the caller's."""
    try:
        weights: TargetWeights = rule.weights(bars.since(bars.sessions[0]))
        return check_against(weights, bars).frame
    except OpenbookError as error:
        raise StrategyError(
            f"{name_of(rule)} fails on bars that end at {bars.sessions[-1]:%Y-%m-%d}: {error.what}",
            error.limit,
            f"A rule works on every past and on every future; these may be cut or invented. {error.remedy}",
        ) from error


def _compare(rule: Strategy, wanted: pd.DataFrame, then: pd.DataFrame, row: int) -> None:
    now_values, then_values = wanted.to_numpy()[: row + 1], then.to_numpy()[: row + 1]
    same = np.isclose(now_values, then_values, rtol=0.0, atol=TOLERANCE, equal_nan=True)
    if not same.all():
        at, column = (int(i[-1]) for i in np.nonzero(~same))
        symbol = str(wanted.columns[column])
        raise LooksAhead(
            f"{name_of(rule)} wanted {_words(then_values[at, column], f' of {symbol}')} at the close of"
            f" {wanted.index[at]:%Y-%m-%d},",
            f"but wants {_words(now_values[at, column])} for that same close once later bars exist.",
            "Look for a centred window, a back-fill, or a statistic taken over the whole sample.",
        )


def _words(weight: float, of_symbol: str = "") -> str:
    return "to hold" if np.isnan(weight) else f"{weight:.4f}{of_symbol}"
