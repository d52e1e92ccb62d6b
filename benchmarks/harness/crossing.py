"""Crossings of moving averages as vectorbt trades them, shared by the sweeps that are measured against it."""

import gc

import numpy as np

COMMISSION_BPS, HALF_SPREAD_BPS, CAPITAL = 1.0, 2.0, 100_000.0
TERMS = {"fees": COMMISSION_BPS / 1e4, "slippage": HALF_SPREAD_BPS / 1e4, "init_cash": CAPITAL}
TIE = 1e-11


def ordered(fast, slow):
    return fast < slow


def above(fast, slow):
    """Whether each fast average is above its slow one by more than a tie: sessions x pairs."""
    return fast > slow * (1.0 + TIE)


def figures(close, wanted, freq, **more):
    """Total return and orders of each pair, once Sharpe ratio and deepest drawdown are known too: pairs x 2."""
    import vectorbt as vbt

    portfolio = vbt.Portfolio.from_signals(close, entries=wanted, exits=~wanted, freq=freq, **TERMS, **more)
    portfolio.sharpe_ratio()
    portfolio.max_drawdown()
    found = np.column_stack([portfolio.total_return(), portfolio.orders.count()])
    del portfolio
    gc.collect()  # what it cached holds on to it
    return found


def delayed(held):
    """What was decided at a close trades a bar later."""
    return np.concatenate([np.zeros((1, held.shape[1]), dtype=bool), held[:-1]])
