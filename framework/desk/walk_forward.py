"""Choose the parameters of a rule again and again on its past, and follow the choices in one account."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import Backtest, recorded, tried, unfinished
from framework.desk.folds import FoldSearch
from framework.desk.rule import Subject, narrowed
from framework.desk.search import of_grid
from framework.desk.variants import AnyFamily, Variants
from framework.simulation.splits import Split, combinatorial_splits, walk_forward_splits
from framework.simulation.walkforward import check_forward, pick, sharpe_scores, tested_returns
from framework.strategy.succession import Succession, Turn
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt, usual
from framework.trading.venue import Venue

RESERVED = ("outcome", "error", "train_from", "train_to", "test_from", "test_to", "score", "tested")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WalkForward(Backtest):
    """The account that followed what each fold had chosen; it begins where the first test does.

    Parameters
    ----------
    folds : DataFrame, one row a fold
        First and last session that the choice was made on (``train_from``, ``train_to``) and of its test; the chosen
        parameters; ``score``, their Sharpe ratio per session in training; ``tested``, that of the account in the test.
    search : DataFrame, one row a combination
        Its parameters and figures over the whole span, as `sweep` has them.
    paths : DataFrame, shape (periods, paths), optional
        Out-of-sample returns above the cash rate of combinatorial purged cross-validation, a column a path; without
        the cost of turning from one combination to the next.
    searched : Bars
        What was searched: the account's sessions and those before them.
    """

    folds: pd.DataFrame
    search: pd.DataFrame
    paths: pd.DataFrame | None
    searched: Bars

    def __repr__(self) -> str:
        return (
            f"WalkForward({len(self.folds)} folds, {len(self.search)} combinations, "
            f"{self.worth.index[0]:%Y-%m-%d} .. {self.worth.index[-1]:%Y-%m-%d}, "
            f"{self.capital:,.2f} -> {self.worth.iloc[-1]:,.2f} USD)"
        )

    @cached_property
    def path_sharpes(self) -> pd.Series | None:
        """Sharpe ratio per session of each path; None where no paths were asked for."""
        return None if self.paths is None else pd.Series(sharpe_scores(self.paths.to_numpy()), name="sharpe")


def walk_forward(  # noqa: PLR0913 - each is a decision of its own, and all but five have a default
    rule: AnyFamily,
    grid: Mapping[str, Iterable[Any]],
    bars: Bars,
    *,
    costs: CostModel,
    train: int,
    test: int,
    anchored: bool = False,
    purge: int = 0,
    cross_folds: int | None = None,
    test_folds: int = 2,
    embargo: int = 0,
    where: Callable[..., bool] | None = None,
    samples: int | None = None,
    seed: int = 0,
    memory: str | int = "1GiB",
    capital: float = 100_000.0,
    whole_shares: bool = False,
    fill_at: FillAt | None = None,
    size_at: Literal["decision", "fill"] = "decision",
    kill_switch: KillSwitch | None = None,
    venue: Venue | None = None,
    guards: Guards | None = None,
) -> WalkForward:
    """Choose the best combination on `train` sessions, follow it for `test`, move on; in one account, with all costs.

    Each choice is made by the Sharpe ratio of the training sessions alone, inside each fold. A rule sees all the
    history before its window. Combinations x folds are counted as trials, and the account as one more. Interrupted
    (Ctrl-C, the notebook's stop button), the same call resumes.

    Parameters
    ----------
    rule, grid, where, samples, seed, memory
        As in `sweep`. The grid is run once, over the whole span; of each combination a figure a fold is kept.
    bars : Bars
        As in `backtest`.
    costs : CostModel
        Never optional: costs are a decision.
    train, test : int
        Sessions to choose by (the first of them, if anchored), and sessions to follow the choice.
    anchored : bool
        Choose by all sessions from the first one, not by the last `train` only.
    purge : int
        Sessions left out between training and test: needed where a rule was fitted to labels that reach so far ahead.
    cross_folds, test_folds, embargo : int
        With `cross_folds`, combinatorial purged cross-validation beside it: so many folds, `test_folds` of them tested
        at a time, `purge` sessions left out around each test and `embargo` more after it. Its folds count too.
    capital, whole_shares, fill_at, size_at, kill_switch, venue, guards
        As in `backtest`; capital at the close before the first test. Kill switch and guards work in the
        account that follows, and in each combination by itself.

    Returns
    -------
    WalkForward
        A backtest, which can be judged, with its folds, the search, and the paths of cross-validation.

    Raises
    ------
    SpecError
        As `sweep`, or windows that do not fit the bars.
    DataError
        As `sweep`, or a fold in which no combination moved.
    """
    from framework.simulation.grid import combinations
    from framework.simulation.sweep import Figures, Replayer, check_memory

    variants = Variants(rule, bars)
    variants.check_names(grid, taken=(*Figures._fields, *RESERVED))
    chosen = combinations(grid, where=where, samples=samples, seed=seed)
    subject = variants.subject(variants.longest_warmup(chosen))
    own = narrowed(bars, subject.rule.universe)
    windows: dict[str, Any] = {"train": train, "test": test, "anchored": anchored, "purge": purge}
    splits = walk_forward_splits(len(own) - 1, **windows)
    check_forward(splits)
    crossed: tuple[Split, ...] = ()
    if cross_folds is not None:
        cross = {"folds": cross_folds, "test_folds": test_folds, "embargo": embargo}
        crossed = combinatorial_splits(len(own) - 1, **cross, purge=purge)
        windows |= {"cross": cross}
    check_memory(memory, own, len(chosen) * (1 + (len(splits) + len(crossed)) // len(Figures._fields)))
    timing: dict[str, Any] = {
        "capital": float(capital),
        "whole_shares": whole_shares,
        "fill_at": fill_at or usual(own),
        "size_at": size_at,
    }
    rules: dict[str, Any] = {"kill_switch": kill_switch, "venue": venue, "guards": guards}
    replayer = Replayer(own, costs, **timing, **rules)
    trial = unfinished(subject, own, costs, timing | recorded(rules))
    search = FoldSearch(
        variants=variants,
        chosen=chosen,
        bars=own,
        replayer=replayer,
        cash=costs.cash_rate_per_year / SESSIONS_PER_YEAR,
        splits=splits + crossed,
        trial=of_grid(trial, chosen, folds=windows),
        pinned=subject.pinned,
    )
    table, scores = search.run()
    picks = pick(scores, search.splits, own.sessions[1:])
    forward, across = picks[: len(splits)], picks[len(splits) :]
    follower = _follower(search, subject, forward, windows)
    tested = own.since(own.sessions[splits[0].tests[0][0]])
    account = tried(follower, tested, costs, timing, rules)
    return WalkForward(
        **account.parts(),
        folds=_folds(search, forward, scores, account),
        search=table,
        paths=_paths(search, crossed, across),
        searched=own,
    )


def _follower(search: FoldSearch, subject: Subject, picks: Sequence[int], windows: dict[str, Any]) -> Subject:
    """The subject of the account: a rule that turns, at the close before each test, to what was chosen for it."""
    sessions = search.bars.sessions
    rules = {place: search.variants.rule(search.chosen[place]) for place in dict.fromkeys(picks)}
    at = [sessions[split.tests[0][0]] for split in search.splits[: len(picks)]]
    history = search.bars.until(sessions[search.splits[0].tests[0][0] - 1])
    rule = Succession(
        universe=search.bars.symbols,
        turns=tuple(Turn(session, rules[place]) for session, place in zip(at, picks, strict=True)),
        history=history,
    )
    followed = {
        **windows,
        "searched": search.trial.identity,
        "turns": [
            [session.isoformat(), search.chosen[place]] for session, place in zip(at, picks, strict=True)
        ],
    }
    return replace(subject, rule=rule, parameters={**subject.parameters, "walk_forward": followed})


def _folds(search: FoldSearch, picks: Sequence[int], scores: np.ndarray, account: Backtest) -> pd.DataFrame:
    sessions = search.bars.sessions[1:]  # of returns
    first = int(search.splits[0].tests[0][0])
    excess = account.returns.to_numpy()[:, None] - search.cash
    rows = []
    for place, row, split in zip(picks, scores, search.splits, strict=False):
        (test,) = split.tests
        rows.append(
            {
                "train_from": sessions[split.train[0]],
                "train_to": sessions[split.train[-1]],
                "test_from": sessions[test[0]],
                "test_to": sessions[test[-1]],
                **search.chosen[place],
                "score": row[place],
                "tested": sharpe_scores(excess[test - first])[0],
            }
        )
    return pd.DataFrame(rows)


def _paths(search: FoldSearch, crossed: tuple[Split, ...], picks: Sequence[int]) -> pd.DataFrame | None:
    if not crossed:
        return None
    return pd.DataFrame(tested_returns(picks, crossed, search.returns), index=search.bars.sessions[1:])
