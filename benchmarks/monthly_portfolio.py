"""500 assets over 20 years, 229 monthly rebalances with costs: the worth of every session."""

import harness
import numpy as np
from harness.market import prices

COMMISSION_BPS, HALF_SPREAD_BPS, CAPITAL = 1.0, 2.0, 100_000.0
SESSIONS, SYMBOLS, REBALANCES = 5_040, 500, 229


def wanted(close):
    """Random weights of all symbols, a row a month from the second year on."""
    rows = np.linspace(252, SESSIONS - 2, REBALANCES).astype(int)
    raw = np.random.default_rng(1).random((REBALANCES, SYMBOLS))
    return close.iloc[rows] * 0.0 + raw / raw.sum(axis=1, keepdims=True) / 1.001


def openbook():
    from framework import Bars, CostModel, TargetWeights, backtest

    close, open_ = prices(sessions=SESSIONS, symbols=SYMBOLS)
    bars, weights = Bars(close, open=open_), TargetWeights(wanted(close))
    costs = CostModel(commission_bps=COMMISSION_BPS, half_spread_bps=HALF_SPREAD_BPS)
    backtest(TargetWeights(wanted(close).iloc[:2]), bars, costs)

    def work():
        return backtest(weights, bars, costs, capital=CAPITAL, size_at="fill").worth.to_numpy()

    return work


def vectorbt():
    import vectorbt as vbt

    close, open_ = prices(sessions=SESSIONS, symbols=SYMBOLS)
    size = wanted(close).reindex(close.index).shift()

    def work():
        portfolio = vbt.Portfolio.from_orders(
            close,
            size=size,
            size_type="targetpercent",
            price=open_,
            fees=COMMISSION_BPS / 1e4,
            slippage=HALF_SPREAD_BPS / 1e4,
            init_cash=CAPITAL,
            freq="1D",
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            attach_call_seq=False,
            max_orders=REBALANCES * SYMBOLS,
        )
        return portfolio.value().to_numpy()

    return work


if __name__ == "__main__":
    harness.run(
        harness.Bench(
            work="500 assets, 5,040 sessions, 229 rebalances, worth of each session",
            peer="vectorbt",
            ours=openbook,
            theirs=vectorbt,
            at_least=300.0,
            tolerance=1e-9,
        )
    )
