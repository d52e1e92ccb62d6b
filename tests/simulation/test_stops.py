"""Stops in machine code against `framework.trading.watch`, fill by fill and close by close."""

from math import inf, nan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.simulation.compiled import empty_stances
from framework.simulation.stops import hold, look
from framework.simulation.tables import Rules, Tables
from framework.trading.guard import Guards
from framework.trading.watch import Watch

quick = settings(deadline=None, max_examples=200)  # the first call compiles
LIMITS = st.none() | st.sampled_from([0.02, 0.1])
GUARDS = st.builds(
    Guards,
    stop_loss=LIMITS,
    trailing_stop=LIMITS,
    take_profit=LIMITS,
    time_stop=st.none() | st.integers(1, 4),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 3.0, -3.0, 1.5]),  # filled
        st.sampled_from([0.85, 0.97, 1.0, 1.04, 1.2]),  # times the price
        st.sampled_from([nan, 0.0, 0.5, -0.5]),  # decided; NaN holds
    ),
    min_size=1,
    max_size=12,
)


def rules_of(guards):
    limits = (guards.stop_loss, guards.trailing_stop, guards.take_profit)
    stop, trail, profit = (nan if limit is None else limit for limit in limits)
    table, time = np.empty((0, 1)), inf if guards.time_stop is None else float(guards.time_stop)
    return Rules(table, table, table, 0.0, 0.0, 0.0, 0.0, 0.0, stop, trail, profit, time, stops=True)


@quick
@given(GUARDS, STEPS)
def test_a_position_is_stopped_where_the_watch_stops_it(guards, steps):
    closes = 100.0 * np.cumprod([step[1] for step in steps]).reshape(-1, 1)
    targets = np.array([[step[2]] for step in steps])
    decided = np.flatnonzero(~np.isnan(targets[:, 0]))
    tables = Tables(decided, targets[decided], closes, closes, closes)
    watch, book, rules, turn = Watch(guards), empty_stances(1), rules_of(guards), 0
    for i, (quantity, _, wanted) in enumerate(steps):
        if quantity:
            watch.fill("A", held=float(book.positions[0]), quantity=quantity, price=closes[i, 0])
            hold(book, 0, quantity, closes[i, 0])
        allowed = watch.close({"A": closes[i, 0]}, None if np.isnan(wanted) else {"A": wanted})
        leaving = look(tables, rules, book, i, turn)
        turn += int(not np.isnan(wanted))
        assert book.out[0] == watch.out.get("A", 0.0)
        assert leaving == bool(watch.out and book.positions[0])
        if "A" in watch.stances:
            assert (book.side[0], book.entry[0], book.best[0], book.sessions[0]) == watch.stances["A"]
        else:
            assert book.side[0] == 0.0
        assert allowed is None or allowed["A"] == (0.0 if book.out[0] else wanted)
