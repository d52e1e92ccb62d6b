"""Every form that a rule may have, brought to one."""

from dataclasses import replace

import pandas as pd
import pytest

from framework import Bars, TargetWeights
from framework.desk.rule import FunctionRule, GivenWeights, claim_of, narrowed, subject_of
from framework.errors import SpecError, StrategyError, UnknownSymbol
from strategies.dual_momentum import DualMomentum


def equal(bars: Bars) -> pd.DataFrame:
    """Everything, all the time.

    Claim  It rises.
    """
    return bars.close * 0.0 + 1.0 / len(bars.symbols)


def test_a_strategy_goes_by_its_file_and_its_claim_is_that_of_its_module(funds):
    subject = subject_of(DualMomentum(lookback=63), funds)
    assert subject.name == "dual_momentum"
    assert subject.parameters["lookback"] == 63
    assert subject.pinned
    assert subject.claim["title"].startswith("Dual momentum")
    assert set(subject.claim) == {"title", "claim", "source", "rejected_if"}
    assert "\n" not in "".join(subject.claim.values())


def test_a_function_goes_by_its_name_over_all_symbols_of_the_bars(funds):
    subject = subject_of(equal, funds)
    assert (subject.name, subject.rule.universe, subject.pinned) == ("equal", funds.symbols, False)
    assert subject.claim == {"title": "Everything, all the time.", "claim": "It rises."}
    assert subject.rule.weights(funds).at(funds.sessions[-1]).sum() == pytest.approx(1.0)


def test_weights_are_a_rule_that_repeats_them_and_holds_elsewhere(funds):
    given = TargetWeights(equal(funds).iloc[:10])
    subject = subject_of(given, funds)
    assert isinstance(subject.rule, GivenWeights)
    wanted = subject.rule.weights(funds).frame
    assert wanted.iloc[:10].notna().all(axis=None)
    assert wanted.iloc[10:].isna().all(axis=None)


def test_a_function_that_answers_with_something_else_is_told_what_is_wanted(funds):
    with pytest.raises(StrategyError, match=r"<lambda> returned float\. A rule answers with TargetWeights"):
        FunctionRule(lambda bars: 1.0 / len(bars), funds.symbols).weights(funds)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (DualMomentum, "DualMomentum is not a rule.*Make an instance of the class"),
        ("dual_momentum", "str is not a rule"),
        (equal.__call__, "method-wrapper is not a rule"),
    ],
)
def test_what_is_not_a_rule_is_refused(funds, thing, said):
    with pytest.raises(SpecError, match=said):
        subject_of(thing, funds)


def test_narrowed_bars_have_the_universe_only_and_in_its_order(funds):
    narrow = narrowed(funds, ("VLUE", "MTUM"))
    assert narrow.symbols == ("VLUE", "MTUM")
    assert narrow.close["MTUM"].equals(funds.close["MTUM"])
    assert (narrow.source, narrow.licence, narrow.caveat) == (funds.source, funds.licence, funds.caveat)
    assert narrowed(funds, funds.symbols) is funds


def test_a_symbol_that_the_bars_lack_is_named_with_the_nearest(funds):
    with pytest.raises(UnknownSymbol, match=r"has MTUMM, which the bars do not.*Did you mean 'MTUM'"):
        narrowed(funds, ("MTUMM",))


def test_a_claim_is_read_from_wrapped_lines_and_stops_at_the_next_paragraph():
    text = """Title here.

    Claim        It
                 pays.
    Source       Somebody (1999): a book.
    Rejected if  it does not.

    Further remarks.
    """
    assert claim_of(text) == {
        "title": "Title here.",
        "claim": "It pays.",
        "source": "Somebody (1999): a book.",
        "rejected_if": "it does not.",
    }
    assert claim_of(None) == {}


def test_bars_are_narrowed_in_every_field_that_they_have(funds):
    nothing = funds.close * 0.0
    full = replace(funds, volume=nothing + 5.0, dividend=nothing, split=nothing + 1.0)
    narrow = narrowed(full, ("USMV", "MTUM"))
    assert narrow.fields == full.fields == ("close", "volume", "dividend", "split")
    for name in narrow.fields:
        assert list(getattr(narrow, name).columns) == ["USMV", "MTUM"]
