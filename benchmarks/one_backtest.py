"""One warm backtest of ten years of daily bars, result object included: the worth of every session."""

import harness
from harness.market import crosses, prices

COMMISSION_BPS, HALF_SPREAD_BPS, CAPITAL = 1.0, 2.0, 100_000.0


def openbook():
    from framework import Bars, CostModel, TargetWeights, backtest

    close, open_ = prices(sessions=2_520, symbols=1)
    bars, weights = Bars(close, open=open_), TargetWeights(crosses(close, 10, 30))
    costs = CostModel(commission_bps=COMMISSION_BPS, half_spread_bps=HALF_SPREAD_BPS)
    backtest(weights, bars, costs)  # the compiler is loaded

    def work():
        return backtest(weights, bars, costs, capital=CAPITAL, size_at="fill").worth.to_numpy()

    return work


def vectorbt():
    import vectorbt as vbt

    close, open_ = prices(sessions=2_520, symbols=1)
    size = crosses(close, 10, 30).shift()

    def work():
        portfolio = vbt.Portfolio.from_orders(
            close["S000"],
            size=size["S000"],
            size_type="targetpercent",
            price=open_["S000"],
            fees=COMMISSION_BPS / 1e4,
            slippage=HALF_SPREAD_BPS / 1e4,
            init_cash=CAPITAL,
            freq="1D",
        )
        return portfolio.value().to_numpy()

    return work


if __name__ == "__main__":
    harness.run(
        harness.Bench(
            work="one warm backtest, 2,520 sessions, worth of each",
            peer="vectorbt",
            ours=openbook,
            theirs=vectorbt,
            at_least=20.0,
            tolerance=1e-9,
        )
    )
