"""What a row says is what the page prints of it, number by number, and no row says anything of another."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from framework.errors import NotVerified
from framework.ledger.bundle import parse
from framework.ledger.unbundle import ProvenRow, prove
from framework.page.claims import ANY_RUN, claims

VECTOR = json.loads((Path(__file__).parents[1] / "answers" / "bundle.json").read_text())["bundle"]
ORDER = {
    "order_id": "o",
    "mode": "paper",
    "run_id": "decided",
    "quantity": "10.5",
    "reference_price": "99.95",
}
END = {
    "order_id": "o",
    "mode": "paper",
    "run_id": "settled",
    "quantity": "10.5",
    "price": "100.1",
    "commission_usd": "0.1",
    "spread_usd": "0.2",
}


@pytest.fixture(scope="module")
def rows():
    return prove(parse(json.dumps(VECTOR).encode())).rows


def row(table, values, sequence=1):
    return ProvenRow(table, "demo", sequence, values)


def test_the_vector_says_this(rows):
    said = claims(rows)
    simulated = ("demo", "simulated", ANY_RUN)
    assert said["cagr", *simulated] == 0.1 + 0.2
    assert said["cagr.low", *simulated] == -0.01
    assert said["cagr.n", *simulated] == 2.0
    assert said["sharpe_ratio", *simulated] is None
    assert said["gate.sessions.limit", *simulated] == 1.0
    assert (said["gates", *simulated], said["gates_passed", *simulated]) == (2.0, 1.0)
    assert said["verdict", *simulated] == "rejected"
    assert (said["positions_last.KO", *simulated], said["weights_last.KO", *simulated]) == (-1.5, -0.25)
    assert said["positions_last.IBM", *simulated] == 0.0
    assert said["cash.2022-12-27", "demo", "paper", "run-1"] == -50000.1
    assert said["position_value.KO", "demo", "paper", "run-1"] == 500.25 * 64.2
    assert said["content_hash", "demo", "simulated", "none"] == "ab" * 32
    assert len(said) == 28


def test_an_order_is_joined_with_the_last_event_of_its_own():
    later = row("order_events", END | {"price": "100.2", "event": "filled"}, 5)
    found = claims([later, row("order_events", END), row("orders", ORDER)])
    key = ("demo", "paper", "decided")
    assert found["order.o.price", *key] == 100.2
    assert found["order.o.costs", *key] == 0.1 + 0.2
    assert found["order.o.filled", *key] == found["order.o.quantity", *key] == 10.5
    assert {found_key[3] for found_key in found} == {"decided"}
    assert claims([row("order_events", END)]) == {}  # whose run the page names is not known
    unpriced = claims([row("orders", ORDER), row("order_events", END | {"price": None, "quantity": "0.0"})])
    assert "order.o.price" not in {metric for metric, *_ in unpriced}


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("backtest_results", {"tearsheet": "no JSON"}),
        ("backtest_results", {"tearsheet": "[" * 100_000}),
        ("backtest_results", {"tearsheet": "[]"}),
        ("backtest_results", {"tearsheet": '{"rows":[{}]}'}),
        ("backtest_results", {"tearsheet": None}),
        ("backtest_results", {"verdict": '{"reasons":[{"gate":"a","value":"many","limit":1}]}'}),
        ("backtest_results", {"positions_last": '["KO"]'}),
        ("portfolio_worth", {"worth_usd": "much"}),
        ("portfolio_worth", {"mode": "dreamt"}),
        ("portfolio_worth", {"holdings": '{"KO":1}', "prices": "{}"}),
        ("notebooks", {"kind": "forged"}),
    ],
)
def test_a_row_that_no_table_holds_is_an_error_that_names_it(rows, table, changed):
    whole = [one for one in rows if one.table == table and len(one.values) != 7]
    for one in whole:
        with pytest.raises(NotVerified, match=f"row {one.sequence} of {table} says nothing"):
            claims([replace(one, values={**one.values, **changed})])
    assert whole


def test_every_number_of_the_site_that_a_row_says_is_the_rows(site, filled):
    """Against the ledger, not against the claims' own arithmetic."""
    from framework.proof.bundle import check_file

    ledger, backtests = filled
    content = (site / "strategies/dual_momentum/index.html").read_bytes()
    said = claims(check_file(content).proven.rows)
    sheet = {one["key"]: one for one in backtests["dual_momentum"].tearsheet["rows"]}
    for key, statistic in sheet.items():
        assert said[key, "dual_momentum", "simulated", ANY_RUN] == statistic["value"]
    nights = ledger.worth("dual_momentum", "paper").tail(10)
    for _, night in nights.iterrows():
        key = (f"worth.{night['session']:%Y-%m-%d}", "dual_momentum", "paper", night["run_id"])
        assert said[key] == night["worth_usd"]
    orders = ledger.orders("dual_momentum", "paper")
    for _, order in orders.tail(30).iterrows():
        key = ("dual_momentum", "paper", order["run_id"])
        assert said[f"order.{order['order_id']}.price", *key] == order["fill_price"]
    assert len(sheet) > 20
    assert len(orders) > 0
