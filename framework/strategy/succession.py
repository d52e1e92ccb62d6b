"""Rules that follow one another: what an account does that changes its mind about which rule to follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.strategy.base import Strategy
from framework.strategy.fit import check_against
from framework.strategy.weights import TargetWeights


class Turn(NamedTuple):
    """From the close of `session` on, follow `rule`."""

    session: pd.Timestamp
    rule: Strategy


@dataclass(frozen=True)
class Succession:
    """One rule after another. At each turn the account takes over what the next rule then holds.

    Parameters
    ----------
    universe : tuple of str
        Symbols of all the rules.
    turns : tuple of Turn
        In ascending order. Before the first, nothing is decided.
    history : Bars, optional
        Sessions before those that `weights` is asked about: the rules see them, and decide nothing there.
    """

    universe: tuple[str, ...]
    turns: tuple[Turn, ...]
    history: Bars | None = None
    warmup: int = 0

    def weights(self, bars: Bars) -> TargetWeights:
        """What the rule in force wants at each close of `bars`."""
        whole = bars if self.history is None else _after(self.history, bars)
        turns = [turn for turn in self.turns if turn.session <= whole.sessions[-1]]
        rules = {id(turn.rule): turn.rule for turn in turns}  # a rule may be followed more than once
        answers = {key: rule.weights(whole) for key, rule in rules.items()}
        rows = [int(whole.sessions.get_indexer(pd.Index([turn.session]))[0]) for turn in turns]
        joined = succeed(
            [(row, answers[id(turn.rule)]) for row, turn in zip(rows, turns, strict=True)], whole
        )
        return TargetWeights(joined.frame.loc[bars.sessions], max_gross=joined.max_gross)


def succeed(pieces: Sequence[tuple[int, TargetWeights]], bars: Bars) -> TargetWeights:
    """Rows of several answers, each from its own row on until the next begins.

    In the first row of a piece stands its last decision until then, so that the account turns to it; a rule that has
    decided nothing yet holds nothing, and what is no longer listed is not taken over.

    Raises
    ------
    BadWeights
        Weights that do not fit the bars.
    """
    rows = np.full(bars.close.shape, np.nan)
    listed = bars.close.notna().to_numpy()
    ends = [start for start, _ in pieces[1:]] + [len(bars)]
    for (start, weights), end in zip(pieces, ends, strict=True):
        own = check_against(weights, bars)
        rows[start:end] = own.frame.to_numpy()[start:end]
        standing = own.standing(bars.sessions[start]).fillna(0.0).to_numpy()
        rows[start] = np.where(listed[start], standing, 0.0)
    frame = pd.DataFrame(rows, index=bars.sessions, columns=list(bars.symbols))
    return TargetWeights(frame, max_gross=max((weights.max_gross for _, weights in pieces), default=1.0))


def _after(history: Bars, bars: Bars) -> Bars:
    """`bars` with the sessions of `history` before them."""
    tables = {name: pd.concat([getattr(history, name), getattr(bars, name)]) for name in bars.fields}
    features = {name: pd.concat([history.features[name], bars.features[name]]) for name in bars.features}
    return replace(bars, **tables, features=features)
