"""A grid of moving-average pairs through a rule written with pandas, one symbol: total return of each pair.

vectorbt as its documentation does it: all pairs at once, ``MA.run_combs`` and ``Portfolio.from_signals``.
"""

import harness
from harness.market import crosses, prices

SESSIONS, WINDOWS = 8_313, range(5, 105, 5)
COMMISSION_BPS, HALF_SPREAD_BPS, CAPITAL = 1.0, 2.0, 100_000.0


def rule(bars, fast, slow):
    return crosses(bars.close, fast, slow)


def ordered(fast, slow):
    return fast < slow


def openbook():
    from framework import Bars, CostModel, sweep

    close, open_ = prices(sessions=SESSIONS, symbols=1)
    bars = Bars(close, open=open_)
    costs = CostModel(commission_bps=COMMISSION_BPS, half_spread_bps=HALF_SPREAD_BPS)
    grid = {"fast": WINDOWS, "slow": WINDOWS}

    def work():
        table = sweep(rule, grid, bars, costs=costs, where=ordered, capital=CAPITAL, size_at="fill")
        return table["total_return"].to_numpy()

    return work


def vectorbt():
    import vectorbt as vbt

    close, open_ = prices(sessions=SESSIONS, symbols=1)

    def work():
        fast, slow = vbt.MA.run_combs(close["S000"], list(WINDOWS), r=2, short_names=["fast", "slow"])
        above = fast.ma.to_numpy() > slow.ma.to_numpy() * (1.0 + 1e-11)
        wanted = fast.ma.vbt.wrapper.wrap(above).vbt.fshift(1).fillna(value=False).astype(bool)
        portfolio = vbt.Portfolio.from_signals(
            close["S000"],
            entries=wanted,
            exits=~wanted,
            price=open_["S000"],
            fees=COMMISSION_BPS / 1e4,
            slippage=HALF_SPREAD_BPS / 1e4,
            init_cash=CAPITAL,
            freq="1D",
        )
        return portfolio.total_return().to_numpy()

    return work


if __name__ == "__main__":
    harness.run(
        harness.Bench(
            work="190 pairs of averages over 8,313 sessions, a pandas rule",
            peer="vectorbt",
            ours=openbook,
            theirs=vectorbt,
            at_least=5.0,
            tolerance=1e-9,
            rounds=5,
        )
    )
