"""Bootstrap, deflated Sharpe ratio and overfitting against arch, vectorbt and the paper's algorithm."""

from itertools import combinations

import harness
import numpy as np
import pandas as pd

SHARE = 64  # of the naive algorithm's 12,870 ways one in so many is timed
BLOCK = 20.0  # mean length of a bootstrap's blocks, sessions
SHORT_BLOCK = 2.0


def noise(trials: int) -> pd.DataFrame:
    """Ten years of returns with fat tails, a column a trial."""
    generator = np.random.Generator(np.random.PCG64(1))
    sessions = pd.bdate_range("2010-01-04", periods=2_520)
    return pd.DataFrame(generator.standard_t(5, (2_520, trials)) * 0.008 + 0.0003, sessions)


def our_interval(block: float = BLOCK):
    from framework.statistics import sharpe_interval

    returns = noise(1)[0]
    sharpe_interval(returns[:99], periods_per_year=252, block_length=2.0)  # the compiler is loaded

    def work():
        interval = sharpe_interval(returns, periods_per_year=252, block_length=block)
        return np.array([interval.low, interval.high])

    return work


def arch_interval(block: float = BLOCK):
    from arch.bootstrap import StationaryBootstrap

    values = noise(1)[0].to_numpy()

    def work():
        peer = StationaryBootstrap(block, values, seed=1)
        draws = peer.apply(lambda x: x.mean() / x.std(ddof=1) * np.sqrt(252.0), 10_000)
        return np.quantile(draws, (0.025, 0.975))

    return work


def our_short_interval():
    return our_interval(SHORT_BLOCK)


def arch_short_interval():
    return arch_interval(SHORT_BLOCK)


def our_deflated():
    from framework.statistics import deflated_sharpe_ratios

    returns = noise(10_000)
    deflated_sharpe_ratios(returns.iloc[:99, :2])
    return lambda: deflated_sharpe_ratios(returns).to_numpy()


def vectorbt_deflated():
    import vectorbt  # noqa: F401 - it adds .vbt to frames

    returns = noise(10_000)

    def work():
        accessor = returns.vbt.returns(freq="D", year_freq="252 days", defaults={"ddof": 1})
        return accessor.deflated_sharpe_ratio().to_numpy()

    return work


def our_overfitting():
    """The probability is timed; of the ways that the peer takes, where the best falls is compared."""
    from framework.statistics import overfitting_logits, probability_of_backtest_overfitting
    from framework.statistics.selection import halvings

    returns = noise(1_000)
    probability_of_backtest_overfitting(returns.iloc[:, :2])

    def answer():
        logits = dict(zip(halvings(16).tolist(), overfitting_logits(returns), strict=True))
        return [logits[sum(1 << i for i in half)] <= 0.0 for half in combinations(range(16), 8)][::SHARE]

    def work():
        return probability_of_backtest_overfitting(returns)

    work.answer = answer
    return work


def naive_overfitting():
    """The algorithm as Bailey, Borwein, Lopez de Prado and Zhu state it, a way at a time."""
    returns = noise(1_000)
    edges = np.linspace(0, len(returns), 17).astype(int)
    parts, every = np.split(returns.to_numpy(), edges[1:-1]), list(combinations(range(16), 8))

    def below(half):
        inside = np.concatenate([parts[i] for i in half])
        outside = np.concatenate([parts[i] for i in range(16) if i not in half])
        best = np.argmax(inside.mean(axis=0) / inside.std(axis=0))
        ranks = pd.Series(outside.mean(axis=0) / outside.std(axis=0)).rank()
        return ranks[best] <= (len(ranks) + 1) / 2

    return lambda: [below(half) for half in every[::SHARE]]


if __name__ == "__main__":
    for block, ours, theirs in (
        (BLOCK, our_interval, arch_interval),
        (SHORT_BLOCK, our_short_interval, arch_short_interval),
    ):
        harness.run(
            harness.Bench(
                work=f"Sharpe interval, 10,000 resamples of 2,520 returns, blocks of {block:.0f}",
                peer="arch",
                ours=ours,
                theirs=theirs,
                at_least=50.0,
                tolerance=0.05,
                remark="the same law, other draws",
            )
        )
    harness.run(
        harness.Bench(
            work="deflated Sharpe ratio, 2,520 x 10,000",
            peer="vectorbt",
            ours=our_deflated,
            theirs=vectorbt_deflated,
            at_least=150.0,
            tolerance=1e-10,
            rounds=5,
        )
    )
    harness.run(
        harness.Bench(
            work="probability of overfitting, 12,870 ways x 1,000 trials",
            peer="the paper's algorithm",
            ours=our_overfitting,
            theirs=naive_overfitting,
            at_least=2_000.0,
            tolerance=0.0,
            share=len(range(0, 12_870, SHARE)) / 12_870,
            rounds=5,
        )
    )
