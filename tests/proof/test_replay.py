"""An order decided again is the order that was issued, or it is said in what it differs."""

import pytest

from framework.cli import program
from framework.errors import SpecError
from framework.proof.replay import replay
from framework.strategy.load import load


def again(project, order_id):
    return replay(order_id, ledger=project.ledger, rule_of=lambda _run, spec: load(spec))


@pytest.mark.usefixtures("nights")
def test_every_order_on_record_is_decided_again_to_the_last_bit(project):
    orders = project.ledger.orders("restless", "paper")
    chosen = orders[orders["session"].isin(sorted(set(orders["session"]))[::3])]
    assert len(chosen) > 5
    for order_id in chosen["order_id"]:
        found = again(project, order_id)
        assert found.same, found
        assert [one.name for one in found.compared if one.issued is not None] == [
            "quantity",
            "reference_price",
            "target_weight",
        ]


@pytest.mark.usefixtures("nights")
def test_an_altered_order_is_said_to_differ_and_in_what(project, tamper):
    order_id = project.ledger.orders("restless", "paper")["order_id"].iloc[-1]
    tamper("UPDATE orders SET quantity = quantity + 1 WHERE order_id = %s", order_id)
    found = again(project, order_id)
    assert not found.same
    assert [one.name for one in found.compared if not one.same] == ["quantity"]
    assert found.same_bars


@pytest.mark.usefixtures("nights")
def test_an_order_that_nobody_decided_and_one_that_is_missing_are_named(project, tamper):
    last = project.ledger.orders("restless", "paper").iloc[-1]
    tamper("UPDATE orders SET symbol = 'ZZZ' WHERE order_id = %s", last["order_id"])
    found = again(project, last["order_id"])
    assert (found.missing, found.surplus) == (("ZZZ",), (last["symbol"],))
    assert not found.same


@pytest.mark.usefixtures("nights")
def test_other_bars_than_the_night_saw_are_said(project, alter_prices):
    order_id = project.ledger.orders("restless", "paper")["order_id"].iloc[-1]
    alter_prices("AAA", "2022-12-15", 1.01)
    found = again(project, order_id)
    assert not found.same_bars
    assert not found.same


@pytest.mark.usefixtures("nights")
def test_an_id_may_be_cut_short_while_it_is_the_only_one(project):
    order_id = project.ledger.orders("restless", "paper")["order_id"].iloc[0]
    assert again(project, order_id[:12]).order.order_id == order_id
    with pytest.raises(SpecError, match="0 paper orders on record have an id that begins with 'zz'"):
        again(project, "zz")
    with pytest.raises(SpecError, match="0 paper orders"):
        again(project, "")


@pytest.fixture
def openbook(project, database_url, monkeypatch, capsys):
    """The command line in the project, on its database."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("OPENBOOK_HOME", str(project.settings.home))
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)

    def run(*words):
        code = program.run(words)
        return code, capsys.readouterr()

    return run


@pytest.mark.usefixtures("nights")
def test_the_command_shows_both_and_exits_by_whether_they_are_the_same(project, openbook, tamper):
    order = project.ledger.orders("restless", "paper").iloc[-1]
    code, said = openbook("replay", order["order_id"][:12])
    assert code == 0, said.err
    assert f"{order['symbol']} for restless, decided at the close of 2022-12-22" in said.out
    assert said.out.count(repr(float(order["quantity"]))) == 2
    tamper("UPDATE orders SET quantity = quantity + 1 WHERE order_id = %s", order["order_id"])
    code, said = openbook("replay", order["order_id"])
    assert code == 11
    assert "differs" in said.out
    assert "does not come out as it was issued" in said.err


def test_an_id_that_is_not_there_is_a_misspelt_name(openbook):
    code, said = openbook("replay", "zz")
    assert code == 3
    assert "0 paper orders on record" in said.err
