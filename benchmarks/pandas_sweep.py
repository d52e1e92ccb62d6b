"""A grid of moving-average pairs through a rule written with pandas, 20 symbols, an account of each: total returns.

vectorbt as its documentation does it: all pairs at once, ``MA.run_combs`` and ``Portfolio.from_signals``.
"""

import harness
import numpy as np
from harness.crossing import CAPITAL, COMMISSION_BPS, HALF_SPREAD_BPS, above, delayed, figures, ordered
from harness.market import prices

SESSIONS, SYMBOLS, WINDOWS = 8_313, 20, range(5, 105, 5)


def rule(bars, fast, slow):
    """All of an account in a symbol above its slow average, decided where the side changes."""
    held = above(bars.close.rolling(fast).mean(), bars.close.rolling(slow).mean())
    return held.astype("f8").where(held != held.shift())


def openbook():
    from framework import Bars, CostModel, sweep

    close, open_ = prices(sessions=SESSIONS, symbols=SYMBOLS)
    bars = Bars(close, open=open_)
    costs = CostModel(commission_bps=COMMISSION_BPS, half_spread_bps=HALF_SPREAD_BPS)
    asked = {"costs": costs, "where": ordered, "accounts": "columns", "capital": CAPITAL, "size_at": "fill"}

    def work():
        table = sweep(rule, {"fast": WINDOWS, "slow": WINDOWS}, bars, memory="256MiB", **asked)
        return table["total_return"].to_numpy()

    return work


def vectorbt():
    import vectorbt as vbt

    close, open_ = prices(sessions=SESSIONS, symbols=SYMBOLS)

    def work():
        fast, slow = vbt.MA.run_combs(close, list(WINDOWS), r=2, short_names=["fast", "slow"])
        wanted = delayed(above(fast.ma.to_numpy(), slow.ma.to_numpy()))
        closes, opens = (np.tile(table.to_numpy(), wanted.shape[1] // SYMBOLS) for table in (close, open_))
        return figures(closes, wanted, "1D", price=opens)[:, 0]

    return work


if __name__ == "__main__":
    harness.run(
        harness.Bench(
            work="190 pairs of averages x 20 symbols x 8,313 sessions, a pandas rule",
            peer="vectorbt",
            ours=openbook,
            theirs=vectorbt,
            at_least=5.0,
            tolerance=1e-9,
            rounds=3,
        )
    )
