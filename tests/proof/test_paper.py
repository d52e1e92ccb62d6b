"""A paper record follows from its capital, its bars and its rule, or it is said where it does not."""

import pandas as pd
import pytest

from framework.errors import AlteredBlock
from framework.page.data import read_pages
from framework.proof.paper import recompute_paper
from framework.strategy.load import load
from framework.strategy.weights import TargetWeights


def own_rule(_run, spec):
    return load(spec)


def recomputed(project, rule_of=own_rule):
    (record,) = read_pages(project.ledger).strategies
    return record.paper, recompute_paper(
        record.paper, record.paper_runs, ledger=project.ledger, rule_of=rule_of
    )


@pytest.mark.usefixtures("nights")
def test_every_night_and_order_comes_out_to_the_last_bit(project):
    recorded, found = recomputed(project)
    assert found.faults == ()
    assert len(recorded.orders) > 20
    assert recorded.orders["filled_quantity"].notna().sum() > 15
    pd.testing.assert_frame_equal(found.record.nights, recorded.nights, check_exact=True)
    pd.testing.assert_frame_equal(found.record.orders, recorded.orders, check_exact=True, check_dtype=False)
    assert (found.record.book.cash, found.record.book.holdings) == (
        recorded.book.cash,
        recorded.book.holdings,
    )


@pytest.mark.usefixtures("nights")
def test_another_rule_gives_other_worths_from_the_second_night_on(project):
    class Idle:
        universe, warmup = load("restless:STRATEGY").universe, 2

        def weights(self, bars):
            return TargetWeights(bars.close * 0.0)

    recorded, found = recomputed(project, lambda _run, _spec: Idle())
    assert found.record.orders.empty
    differs = found.record.nights["worth_usd"] != recorded.nights["worth_usd"]
    assert not differs.iloc[0]
    assert differs.iloc[2:].all()


@pytest.mark.usefixtures("nights")
def test_a_block_that_was_altered_is_named_and_the_pages_are_read_all_the_same(project, tamper):
    tamper("UPDATE bar_blocks SET content = '\\x00' WHERE symbol = 'AAA'")
    site = read_pages(project.ledger)
    assert {state.row.symbol: state.passes for state in site.series} == {
        "AAA": False,
        "BBB": True,
        "CCC": True,
    }
    with pytest.raises(AlteredBlock, match="The block 1 of invented:AAA"):
        recomputed(project)


@pytest.mark.usefixtures("nights")
def test_other_bars_than_the_night_saw_are_named(project, alter_prices):
    alter_prices("AAA", "2022-12-15", 1.01)
    recorded, found = recomputed(project)
    assert len(found.faults) == 6  # each night that saw the altered close
    assert "the bars known then are" in found.faults[0]
    assert (found.record.nights["worth_usd"] != recorded.nights["worth_usd"]).any()


@pytest.mark.usefixtures("nights")
def test_an_altered_order_does_not_come_out(project, tamper):
    tamper("UPDATE orders SET quantity = quantity * 2 WHERE session = '2022-12-19'")
    recorded, found = recomputed(project)
    differs = found.record.orders["quantity"].to_numpy() != recorded.orders["quantity"].to_numpy()
    assert set(recorded.orders["session"][differs].astype(str)) == {"2022-12-19"}


@pytest.mark.usefixtures("nights")
def test_a_suspended_night_decides_nothing(project, live):
    project.ledger.append_suspension(
        "restless",
        action="suspend",
        reason="a look",
        reviewer="A. Reviewer",
        known_at=project.at("2022-12-22"),
    )
    live(9)
    recorded, found = recomputed(project)
    assert found.faults == ()
    assert len(found.record.nights) == 10
    assert str(recorded.orders["session"].max())[:10] == "2022-12-22"
    pd.testing.assert_frame_equal(found.record.nights, recorded.nights, check_exact=True)


@pytest.mark.usefixtures("nights")
def test_a_kill_switch_that_should_have_tripped_is_named(project, tamper, alter_prices):
    tamper("UPDATE runs SET parameters = replace(parameters, '100000.0', '1000000000.0') WHERE attempt = 1")
    _, found = recomputed(project)
    assert found.faults == ()  # another capital is another account, and no loss by itself
    for symbol in ("AAA", "BBB", "CCC"):
        alter_prices(symbol, "2022-12-20", 0.01)
    _, found = recomputed(project)
    assert any("the kill switch trips" in fault for fault in found.faults)
