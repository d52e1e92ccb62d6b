"""Bootstrap, deflated Sharpe ratio and overfitting against arch, vectorbt and the paper's algorithm, in alternation.

    python benchmarks/statistics_speed.py [rounds]

Each answer is checked against the peer's before anything is timed. A ratio is the peer's time over ours in the same
round; the table gives its median and its range over the rounds.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd

from framework.data.sources import find
from framework.statistics import (
    deflated_sharpe_ratios,
    overfitting_logits,
    probability_of_backtest_overfitting,
    sharpe_interval,
    simple_returns,
)
from framework.statistics.bootstrap import block_length_for
from framework.statistics.selection import halvings

Pair = tuple[str, Callable[[], object], Callable[[], object], float]
SHARE = 64  # of the naive algorithm's 12,870 ways one in so many is timed, and the time multiplied


def noise(trials: int) -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(1))
    return pd.DataFrame(generator.standard_t(5, (2_520, trials)) * 0.008 + 0.0003)


def bootstrap(length: float | None = None) -> Pair:
    """10,000 resamples of ten years of the S&P 500, in blocks of the length that is chosen for them, or shorter."""
    from arch.bootstrap import StationaryBootstrap

    worth = find("sample").bars(("SPX",)).close["SPX"][-2_521:]
    returns = simple_returns(worth)
    length = length or block_length_for(returns.to_numpy())
    values = returns.to_numpy()

    def theirs() -> np.ndarray:
        peer = StationaryBootstrap(length, values, seed=1)
        draws = peer.apply(lambda x: x.mean() / x.std(ddof=1) * np.sqrt(252.0), 10_000)
        return np.quantile(draws, (0.025, 0.975))

    def ours() -> np.ndarray:
        interval = sharpe_interval(returns, periods_per_year=252, block_length=length)
        return np.array([interval.low, interval.high])

    width = np.diff(theirs())[0]
    assert np.abs(ours() - theirs()).max() < 0.04 * width, "the same law, other draws"
    return f"Sharpe interval, 10,000 resamples, blocks of {length:.0f} | arch", theirs, ours, 1.0


def deflated() -> Pair:
    import vectorbt as vbt

    returns = noise(10_000).set_axis(pd.bdate_range("2010-01-04", periods=2_520))

    def theirs() -> pd.Series:
        return returns.vbt.returns(
            freq="D", year_freq="252 days", defaults={"ddof": 1}
        ).deflated_sharpe_ratio()

    def ours() -> pd.Series:
        return deflated_sharpe_ratios(returns)

    assert vbt.__version__ >= "1.2.0", "older ones take the wrong kurtosis"
    assert np.abs(ours() - theirs()).max() < 1e-10
    return "deflated Sharpe ratio, 2,520 x 10,000 | vectorbt", theirs, ours, 1.0


def overfitting() -> Pair:
    returns = noise(1_000)
    edges = np.linspace(0, len(returns), 17).astype(int)
    parts, every = np.split(returns.to_numpy(), edges[1:-1]), list(combinations(range(16), 8))

    def below(half: tuple[int, ...]) -> bool:
        inside = np.concatenate([parts[i] for i in half])
        outside = np.concatenate([parts[i] for i in range(16) if i not in half])
        best = np.argmax(inside.mean(axis=0) / inside.std(axis=0))
        ranks = pd.Series(outside.mean(axis=0) / outside.std(axis=0)).rank()
        return ranks[best] <= (len(ranks) + 1) / 2

    def theirs() -> list[bool]:
        return [below(half) for half in every[::SHARE]]

    def ours() -> float:
        return probability_of_backtest_overfitting(returns)

    logits = dict(zip(halvings(16).tolist(), overfitting_logits(returns), strict=True))
    found = [logits[sum(1 << i for i in half)] <= 0.0 for half in every[::SHARE]]
    assert found == theirs(), "every way that is timed"
    return (
        "PBO, 16 blocks, 12,870 ways x 1,000 | as the paper says",
        theirs,
        ours,
        len(every) / len(every[::SHARE]),
    )


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main(rounds: int = 5) -> None:
    print("| work | peer | peer's time | ours | ratio | range |\n|---|---|---|---|---|---|")
    for prepare in (bootstrap, partial(bootstrap, 20.0), deflated, overfitting):
        name, theirs, ours, times = prepare()
        pairs = np.array(
            [(seconds(theirs) * times, np.median([seconds(ours) for _ in range(5)])) for _ in range(rounds)]
        )
        ratios, (peer, own) = pairs[:, 0] / pairs[:, 1], np.median(pairs, axis=0)
        spread = f"{ratios.min():,.0f} to {ratios.max():,.0f}"
        print(
            f"| {name} | {peer:,.3f} s | {own * 1e3:,.1f} ms | {np.median(ratios):,.0f} | {spread} |",
            flush=True,
        )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
