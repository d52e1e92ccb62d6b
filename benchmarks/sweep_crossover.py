"""All pairs of moving averages from 2 to 100 sessions on 20 symbols of 8,313 sessions, an account of each.

Both find return, Sharpe ratio, deepest drawdown and trades. vectorbt as tuned as we know how: averages once a symbol,
crossings by NumPy, portfolios of so many pairs that their arrays are reused, the rust engine. It does a share of the
symbols, whose time is proportional.
"""

import harness
import numpy as np
from harness.crossing import CAPITAL, COMMISSION_BPS, HALF_SPREAD_BPS, above, delayed, figures, ordered
from harness.market import prices

SESSIONS, SYMBOLS, WINDOWS = 8_313, 20, range(2, 101)
SOLVED = 1  # of the symbols, what vectorbt is asked for
TOGETHER = 250  # pairs in a portfolio of vectorbt


def openbook():
    from framework import Bars, CostModel, sweep
    from strategies.moving_average_cross import MovingAverageCross

    close, _ = prices(sessions=SESSIONS, symbols=SYMBOLS)
    bars = Bars(close)
    costs = CostModel(commission_bps=COMMISSION_BPS, half_spread_bps=HALF_SPREAD_BPS)
    asked = {"costs": costs, "where": ordered, "accounts": "each", "capital": CAPITAL, "size_at": "fill"}

    rule = MovingAverageCross(universe=bars.symbols)
    sweep(rule, {"fast": range(2, 5), "slow": range(2, 5)}, bars, **asked)

    def work():
        return sweep(rule, {"fast": WINDOWS, "slow": WINDOWS}, bars, **asked)

    def answer():
        table = work().reset_index()
        first = table[table["symbol"].isin(bars.symbols[:SOLVED])]
        first = first.sort_values(["symbol", "fast", "slow"])
        return first[["total_return", "trades"]].to_numpy().T.ravel()

    work.answer = answer
    return work


def vectorbt():
    import vectorbt as vbt

    close, _ = prices(sessions=SESSIONS, symbols=SYMBOLS)
    pairs = np.array([(fast, slow) for fast in WINDOWS for slow in WINDOWS if fast < slow]).T - WINDOWS[0]

    def one(symbol):
        averages = vbt.MA.run(close[symbol], list(WINDOWS)).ma.to_numpy()
        parts = np.array_split(pairs, pairs.shape[1] // TOGETHER, axis=1)
        held = (above(averages[:, fast], averages[:, slow]) for fast, slow in parts)
        return np.concatenate([figures(close[symbol], delayed(part), "1D") for part in held])

    def work():
        return np.concatenate([one(symbol) for symbol in close.columns[:SOLVED]]).T.ravel()

    return work


if __name__ == "__main__":
    harness.run(
        harness.Bench(
            work="4,851 pairs of averages x 20 symbols x 8,313 sessions, declared",
            peer="vectorbt",
            ours=openbook,
            theirs=vectorbt,
            at_least=400.0,
            tolerance=1e-9,
            share=SOLVED / SYMBOLS,
            rounds=3,
        )
    )
