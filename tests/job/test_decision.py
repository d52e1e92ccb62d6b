"""What a night decides, by hand: weights, prices and equity to orders; a new account takes over what stands."""

import numpy as np
import pandas as pd
import pytest

from framework.broker.paper import PaperBroker
from framework.job import spec
from framework.job.decision import decided
from framework.job.rows import Tonight
from framework.strategy.weights import TargetWeights


class Monthly:
    """Decides 60 % AAA and 20 % short of BBB at the third session, then holds."""

    universe, warmup = ("AAA", "BBB", "CCC"), 0

    def weights(self, bars):
        rows = np.full(bars.close.shape, np.nan)
        rows[2] = (0.6, -0.2, 0.0)
        return TargetWeights(pd.DataFrame(rows, bars.sessions, list(bars.symbols)))


@pytest.fixture
def night(project, invented):
    """Bars to the fifth session, an account of 1,000 USD, and whose night it is."""
    bars = invented().until(invented().sessions[4])
    job = spec.load("restless", project.root)
    return bars, PaperBroker(1_000.0, {}, job.costs.model()), Tonight(job, bars.sessions[-1], "run-1")


def test_a_new_account_takes_over_the_decision_that_stands(night):
    bars, book, tonight = night
    target, orders = decided(Monthly(), bars, book, tonight=tonight, is_new=True)
    assert target.tolist() == [0.6, -0.2, 0.0]
    close = bars.close.iloc[-1]
    assert {order.symbol: order.quantity for order in orders} == pytest.approx(
        {"AAA": 600.0 / close["AAA"], "BBB": -200.0 / close["BBB"]}, rel=1e-15
    )
    assert [order.symbol for order in orders] == ["BBB", "AAA"]  # sales first
    assert {(order.session, order.run_id) for order in orders} == {(tonight.session, "run-1")}


def test_an_account_that_is_not_new_holds_where_the_rule_says_hold(night):
    bars, book, tonight = night
    target, orders = decided(Monthly(), bars, book, tonight=tonight, is_new=False)
    assert target.isna().all()
    assert orders == ()


def test_the_rule_is_not_shown_what_came_later(night, invented):
    _, book, tonight = night
    assert len(invented()) > 5
    asked = []

    class Curious(Monthly):
        def weights(self, bars):
            asked.append(bars.sessions[-1])
            return super().weights(bars)

    decided(Curious(), invented().until(tonight.session), book, tonight=tonight, is_new=True)
    assert asked == [tonight.session]
