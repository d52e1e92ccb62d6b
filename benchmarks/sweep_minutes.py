"""500 pairs of moving averages over 1,000,000 bars of one symbol, an account of each: return and trades.

vectorbt does a share of the pairs, whose time is proportional, a few at a time: more of them only need more memory.
"""

import harness
import numpy as np
from harness.crossing import CAPITAL, COMMISSION_BPS, HALF_SPREAD_BPS, above, delayed, figures
from harness.market import prices

BARS, FAST, SLOW = 1_000_000, range(5, 30), range(30, 130, 5)
SOLVED, TOGETHER = 20, 5  # of the pairs, what vectorbt is asked for, and how many of them in a portfolio


def minutes():
    """Closes that neither vanish nor explode in a million steps."""
    close, _ = prices(sessions=10_000, symbols=1)
    legs = np.tile(np.concatenate([close["S000"].to_numpy(), close["S000"].to_numpy()[::-1]]), BARS // 20_000)
    noise = np.random.default_rng(2).normal(0.0, 0.002, BARS)
    return np.round(legs * np.exp(noise), 2)


def frame():
    import pandas as pd

    return pd.DataFrame({"S000": minutes()}, pd.date_range("2020-01-01", periods=BARS, freq="min"))


def openbook():
    from framework import Bars, CostModel, sweep
    from strategies.moving_average_cross import MovingAverageCross

    bars = Bars(frame())
    costs = CostModel(commission_bps=COMMISSION_BPS, half_spread_bps=HALF_SPREAD_BPS)
    rule = MovingAverageCross(universe=bars.symbols)

    def swept(fast, slow):
        asked = {"costs": costs, "accounts": "each", "capital": CAPITAL, "size_at": "fill"}
        return sweep(rule, {"fast": fast, "slow": slow}, bars, **asked)

    swept([2], [3])

    def work():
        table = swept(FAST, SLOW)
        return table[["total_return", "trades"]].to_numpy()

    return work


def vectorbt():
    import vectorbt as vbt

    close = frame()["S000"]
    pairs = [(fast, slow) for fast in FAST for slow in SLOW][:SOLVED]

    def some(part):
        fast, slow = ([pair[side] for pair in part] for side in (0, 1))
        averages = [vbt.MA.run(close, windows).ma.to_numpy() for windows in (fast, slow)]
        return figures(close, delayed(above(*averages)), "1min")

    def work():
        return np.concatenate([some(pairs[at : at + TOGETHER]) for at in range(0, SOLVED, TOGETHER)])

    return work


if __name__ == "__main__":
    harness.run(
        harness.Bench(
            work="500 pairs of averages over 1,000,000 bars, declared",
            peer="vectorbt",
            ours=openbook,
            theirs=vectorbt,
            at_least=250.0,
            tolerance=1e-9,
            share=SOLVED / (len(FAST) * len(SLOW)),
            part=slice(SOLVED),
            rounds=3,
        )
    )
