"""Markets of different hours and currencies on one clock, and what may not be put side by side."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from framework.data.adjust import total_returns
from framework.data.alignment import Market, aligned, beside, refuse_mixed
from framework.data.bars import Bars
from framework.data.sessions import sessions_between
from framework.errors import BadBars, DataError, SpecError
from framework.simulation.engine import simulate
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

FIRST, LAST = "2022-11-21", "2022-12-02"
FREE = CostModel(commission_bps=0.0, half_spread_bps=0.0)


def market(symbol, calendar, currency="USD", *, pays_nothing=False, start=1.0, **changes):
    """A close that counts the sessions, so that a row tells which session it is from."""
    sessions = sessions_between(calendar, FIRST, LAST)
    close = pd.DataFrame({symbol: np.arange(len(sessions)) + start}, sessions)
    bars = Bars(
        close, volume=close * 0.0 + 10.0, source=calendar, licence="MIT", caveat=f"{symbol} is made up."
    )
    return Market(replace(bars, **changes), calendar, currency, pays_nothing)


def column(bars, symbol):
    return {f"{session:%m-%d}": price for session, price in bars.close[symbol].dropna().items()}


def test_on_a_half_day_the_other_exchange_is_known_only_until_that_hour():
    bars = aligned(market("KO", "XNYS"), market("VALE", "BVMF"))
    assert [f"{day:%m-%d}" for day in bars.sessions[3:5]] == [
        "11-25",
        "11-28",
    ]  # closes at 18:00 and 21:00 UTC
    ko, vale = column(bars, "KO"), column(bars, "VALE")
    assert (ko["11-25"], ko["11-28"]) == (4.0, 5.0)
    assert vale["11-23"] == 3.0
    assert vale["11-25"] == 4.0  # of the 24th, Thanksgiving; on the 25th São Paulo traded until 21:00 UTC
    assert vale["11-28"] == 6.0


def test_a_row_never_holds_the_coins_day_that_has_not_ended():
    bars = aligned(market("KO", "XNYS"), market("BTC", "24/7", pays_nothing=True))
    coin = column(bars, "BTC")
    assert coin["11-22"] == 1.0  # the day of the 21st ended at midnight; that of the 22nd goes on
    assert coin["11-28"] - coin["11-25"] == 3.0  # over the weekend
    assert "11-21" not in coin


def test_over_a_closed_day_the_price_stands_and_nothing_trades():
    bars = aligned(market("BTC", "24/7", pays_nothing=True), market("KO", "XNYS", pays_nothing=True))
    stock, volume = column(bars, "KO"), bars.volume["KO"]
    assert (stock["11-23"], stock["11-24"], stock["11-25"], stock["11-26"]) == (3.0, 3.0, 4.0, 4.0)
    assert (volume["2022-11-23"], volume["2022-11-24"], volume["2022-11-26"]) == (10.0, 0.0, 0.0)
    wanted = pd.DataFrame(np.nan, bars.sessions, list(bars.symbols))
    wanted.loc["2022-11-23":"2022-11-24"] = 0.0, 0.9  # at Wednesday's price, which nobody could have had
    trade = simulate(TargetWeights(wanted), bars, FREE).trades.iloc[0]
    assert (trade["symbol"], trade["session"], trade["price"]) == ("KO", pd.Timestamp("2022-11-25"), 4.0)


def test_prices_are_converted_at_the_rate_of_the_same_close():
    pound = Market(market("GBPUSD", "24/5").bars, "24/5", "USD", pays_nothing=True)
    bars = aligned(market("KO", "XNYS"), market("BP", "XLON", "GBP"), rates={"GBP": pound})
    bp = column(bars, "BP")
    assert bp["11-22"] == 2.0 * 1.0  # London's 2nd close, and the rate of the 21st, which ended at midnight
    assert bp["11-28"] == 6.0 * 5.0
    assert "11-21" not in bp


def test_dividends_and_splits_of_several_sessions_keep_a_holders_worth():
    sessions = sessions_between("24/7", FIRST, LAST)
    nothing = pd.DataFrame({"X": 0.0}, sessions)
    split, paid = nothing + 1.0, nothing.copy()
    split.loc["2022-11-26"], paid.loc["2022-11-26"], paid.loc["2022-11-25"] = (
        2.0,
        0.25,
        0.5,
    )  # over one weekend
    other = market("X", "24/7", split=split, dividend=paid)
    clock = market("KO", "XNYS", pays_nothing=True)
    bars = aligned(clock, other)
    close, row = bars.close["X"], bars.sessions.get_loc("2022-11-28")
    before, after = close.iloc[row - 1], close.iloc[row]
    held = 2.0 * after + 0.5 + 2.0 * 0.25  # two shares, a dividend on one and then one on each of two
    assert total_returns(bars)[row, 1] == pytest.approx(held / before - 1.0)


def test_it_says_where_all_of_it_comes_from_and_under_which_licences():
    bars = aligned(market("KO", "XNYS"), replace_licence(market("BTC", "24/7"), "personal use"))
    assert bars.source == "XNYS + 24/7"
    assert bars.licence == "MIT; personal use"
    assert bars.caveat == (
        "KO is made up. BTC is made up. Prices of other markets than XNYS are the last that were known at its close."
    )
    assert bars.fields == ("close", "volume")


def replace_licence(market, licence):
    return replace(market, bars=replace(market.bars, licence=licence))


def test_a_life_ends_with_the_first_session_that_has_no_bar():
    other = market("BP", "XLON")
    ended = replace(other, bars=other.bars.until("2022-11-28"))
    assert list(column(aligned(market("KO", "XNYS"), ended), "BP"))[-1] == "11-28"


def test_minutes_may_be_the_clock():
    minutes = pd.date_range("2022-11-23 20:58", periods=5, freq="min")
    ones = pd.DataFrame({"KO": 1.0}, minutes)
    bars = aligned(Market(Bars(ones, volume=ones), "XNYS", "USD"), market("PEP", "XNYS"))
    assert bars.close["PEP"].tolist() == [2.0, 2.0, 3.0, 3.0, 3.0]
    assert bars.volume["PEP"].tolist()[1:] == [0.0, 10.0, 0.0, 0.0]


# --- what is refused ---------------------------------------------------------------------------------------------


def test_markets_of_other_hours_or_currencies_are_not_put_side_by_side():
    with pytest.raises(DataError) as raised:
        beside(market("KO", "XNYS"), market("BTC", "24/7"))
    assert raised.value.what == "KO closes with XNYS, BTC closes with 24/7."
    assert "some would know the future" in raised.value.limit
    assert "framework.data.alignment.aligned" in raised.value.remedy
    with pytest.raises(
        DataError, match=r"KO is priced in USD, BMW is priced in EUR.*a rate changes every day"
    ):
        beside(market("KO", "XNYS"), market("BMW", "XNYS", "EUR"))


def test_markets_of_the_same_hours_and_currency_are():
    two = beside(market("KO", "XNYS"), market("PEP", "XNYS", start=50.0))
    assert two.symbols == ("KO", "PEP")
    assert two.fields == ("close", "volume")
    assert two.close["PEP"].iloc[0] == 50.0
    gapped = market("PEP", "XNYS")
    holes = Bars(gapped.bars.close.drop(pd.Timestamp("2022-11-25")))
    with pytest.raises(BadBars, match="PEP at 2022-11-25 is missing inside"):
        beside(market("KO", "XNYS"), replace(gapped, bars=holes))


def test_nothing_mixed_is_nothing_refused_and_one_other_is():
    calendars, currencies = {"KO": "XNYS", "PEP": "XNYS"}, {"KO": "USD", "PEP": "USD"}
    refuse_mixed({}, {})
    refuse_mixed(calendars, currencies)
    with pytest.raises(DataError, match="KO closes with XNYS, BTC closes with 24/7"):
        refuse_mixed(calendars | {"BTC": "24/7"}, currencies)


def test_a_rate_must_be_there_and_be_one_symbol_in_the_clocks_currency():
    clock, other = market("KO", "XNYS"), market("BP", "XLON", "GBP")
    with pytest.raises(SpecError, match="There is no rate for GBP"):
        aligned(clock, other)
    for wrong in (market("GBPEUR", "24/5", "EUR"), beside_two()):
        with pytest.raises(SpecError, match="The rate for GBP has"):
            aligned(clock, other, rates={"GBP": wrong})


def beside_two():
    return Market(beside(market("A", "24/5"), market("B", "24/5")), "24/5", "USD")


def test_a_closed_day_needs_a_volume_to_be_seen_as_one():
    coin, stock = market("BTC", "24/7"), market("KO", "XNYS")
    with pytest.raises(
        DataError, match="KO was closed on days on which the clock was not, and BTC has no volume"
    ):
        aligned(replace(coin, bars=replace(coin.bars, volume=None)), stock)


def test_raw_prices_do_not_stand_beside_prices_that_may_be_adjusted():
    clock = market("KO", "XNYS")
    raw = replace(clock, bars=replace(clock.bars, split=clock.bars.close * 0.0 + 1.0))
    with pytest.raises(DataError, match="KO has dividends or splits beside its prices, BTC has none"):
        aligned(raw, market("BTC", "24/7"))
    assert aligned(raw, market("BTC", "24/7", pays_nothing=True)).split is not None


def test_a_symbol_twice_and_features_of_another_market_are_refused():
    with pytest.raises(DataError, match="KO stands in two markets"):
        aligned(market("KO", "XNYS"), market("KO", "XLON"))
    other = market("BP", "XLON")
    told = replace(other, bars=replace(other.bars, features={"rank": other.bars.close}))
    with pytest.raises(DataError, match=r"BP have features \(rank\)"):
        aligned(market("KO", "XNYS"), told)
