import numpy as np

from framework.simulation.tiles import Prices, Rates, blank_tile, describe

RATES = Rates(
    commission=1e-3, half_spread=2e-3, cash=1e-4, borrow=0.0, dust=0.0, planned=0.0, size_at_fill=True
)


def test_a_tile_is_what_its_sessions_come_to_one_by_one():
    rng = np.random.default_rng(0)
    close = 20.0 * np.exp(rng.normal(0.0, 0.05, 40).cumsum())
    quote = close * np.exp(rng.normal(0.0, 0.02, 40))
    tile, first, after = blank_tile(32), 5, 30
    describe(Prices(close, quote), RATES, first, after, tile)
    returns = close[first:after] / close[first - 1 : after - 1] - 1.0 - 1e-4
    for power in range(4):
        expected = np.concatenate([[0.0], (returns ** (power + 1)).cumsum()])
        np.testing.assert_allclose(tile.growth[: after - first + 1, power], expected, rtol=1e-12, atol=1e-18)
    for i in range(first, after):
        bought, sold = close[i] / (quote[i] * 1.002 * 1.001), quote[i] * 0.998 * 0.999 * 1.0001 / close[i - 1]
        np.testing.assert_allclose(
            [tile.enters[i - first], tile.leaves[i - first]], [bought - 1.0001, sold - 1.0001]
        )
    for level in range(5):
        for at in range(after - first - 2**level + 1):
            run = close[first + at : first + at + 2**level]
            assert tile.extremes[level, at].tolist() == [run.min(), run.max()]
            assert tile.falls[level, at] == (run / np.maximum.accumulate(run)).min()
