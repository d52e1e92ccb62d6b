"""An order's id is one for a strategy, a session and a symbol, whatever else changes."""

from dataclasses import replace

import pandas as pd
import pytest

from framework.broker import client_id, is_ours
from framework.trading.orders import Order

ORDER = Order(
    symbol="KO", quantity=5.0, reference_price=60.0, session=pd.Timestamp("2024-03-14"), run_id="one"
)


def test_a_rerun_computes_the_same_id():
    again = replace(ORDER, quantity=-7.0, reference_price=61.0, limit=60.0, run_id="two")
    assert client_id("momentum", again) == client_id("momentum", ORDER)


@pytest.mark.parametrize(
    ("strategy", "changes"),
    [
        ("momentum", {"symbol": "PEP"}),
        ("momentum", {"session": pd.Timestamp("2024-03-15")}),
        ("momentum", {"session": pd.Timestamp("2024-03-14 15:59")}),
        ("reversal", {}),
    ],
)
def test_another_strategy_session_or_symbol_has_another_id(strategy, changes):
    assert client_id(strategy, replace(ORDER, **changes)) != client_id("momentum", ORDER)


def test_the_id_is_the_same_for_ever():
    # sha256 of "8:momentum19:2024-03-14T00:00:002:KO": a record of last year must still be found
    assert client_id("momentum", ORDER) == "ob-6552a8bbe9282b352fb934e68fa4fc78"


def test_parts_that_run_together_are_told_apart():
    one, other = replace(ORDER, symbol="1KO"), replace(ORDER, symbol="KO")
    assert client_id("a", one) != client_id("a1", other)


def test_every_venue_takes_its_form():
    # Binance: ^[\.A-Z\:/a-z0-9_-]{1,36}$; Alpaca: up to 128 characters; IB: any text
    assert len(client_id("momentum", ORDER)) == 35
    assert is_ours(client_id("momentum", ORDER))


@pytest.mark.parametrize(
    "strange", ["", "ob-", "ob-" + "g" * 32, "OB-" + "0" * 32, "ob-" + "0" * 33, "x-Rdk2"]
)
def test_what_others_wrote_is_not_ours(strange):
    assert not is_ours(strange)
