"""Features are read as they were known at each close, and never otherwise."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sessions import close_of, sessions_between
from framework.errors import DataError, LooksAhead
from framework.strategy.causality import check_causal
from framework.strategy.weights import TargetWeights

NOW = datetime(2024, 1, 1, tzinfo=UTC)
OWN = {"source": "own", "licence": "CC0-1.0"}


def told(**values: list[tuple[str, float]]) -> pd.DataFrame:
    """Columns of values by the time, in New York, at which each became known."""
    columns = {name: pd.Series(dict(points), dtype="f8") for name, points in values.items()}
    frame = pd.DataFrame(columns)
    return frame.set_axis(pd.DatetimeIndex(frame.index).tz_localize("America/New_York"), axis=0).sort_index()


def read(ledger, as_of=NOW, symbols=("KO", "IBM")):
    return ledger.vault.bars(symbols, source="sample", as_of=as_of, features=["earnings"])


def test_a_value_is_known_from_the_close_after_it_was_told(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    values = told(KO=[("2022-12-23 15:59", 1.5), ("2022-12-27 16:01", 1.7)], IBM=[("2022-12-27 16:00", 2.0)])
    assert ledger.vault.append_feature("earnings", values, **OWN) == 3
    found = read(ledger).features["earnings"]
    assert found["KO"].tolist() == [1.5, 1.5, 1.7]  # the second came a minute after the close of the 27th
    assert np.isnan(found["IBM"].iloc[0])
    assert found["IBM"].iloc[1:].tolist() == [2.0, 2.0]


def test_a_feature_need_not_be_of_the_symbols_that_are_traded(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    ledger.vault.append_feature("earnings", told(US=[("2022-12-01", 0.04)]), **OWN)
    assert read(ledger).features["earnings"]["US"].tolist() == [0.04] * 3


def test_the_same_values_twice_add_nothing_and_a_rewritten_past_is_refused(ledger, tiny_bars):
    values = told(KO=[("2022-12-23", 1.5), ("2022-12-27", 1.7)])
    ledger.vault.append_feature("earnings", values, **OWN)
    assert ledger.vault.append_feature("earnings", values, **OWN) == 0
    longer = told(KO=[("2022-12-23", 1.5), ("2022-12-27", 1.7), ("2022-12-28", 1.8)])
    assert ledger.vault.append_feature("earnings", longer, **OWN) == 1
    for rewritten in (
        [("2022-12-27", 1.6)],
        [("2022-12-26", 1.7)],
        [("2022-12-01", 1.5), ("2022-12-29", 2.0)],
    ):
        before = ledger.counts()
        with pytest.raises(DataError, match=r"'earnings' of KO .* the past is not rewritten"):
            ledger.vault.append_feature("earnings", told(KO=rewritten), **OWN)
        assert ledger.counts() == before


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pd.DataFrame({"KO": [1.0]}, index=pd.DatetimeIndex(["2022-12-23"])), "time zone"),
        (
            pd.DataFrame({"KO": [1.0, 2.0]}, index=pd.DatetimeIndex(["2022-12-24", "2022-12-23"], tz="UTC")),
            "order",
        ),
        (pd.DataFrame({"KO": [1.0, 2.0]}, index=pd.DatetimeIndex(["2022-12-24"] * 2, tz="UTC")), "twice"),
        (pd.DataFrame({"KO": [np.inf]}, index=pd.DatetimeIndex(["2022-12-24"], tz="UTC")), "infinite"),
    ],
)
def test_values_that_nobody_could_place_in_time_are_refused(ledger, values, said):
    with pytest.raises(DataError, match=said):
        ledger.vault.append_feature("earnings", values, **OWN)
    assert ledger.counts()["feature_blocks"] == 0


def test_an_unknown_feature_is_told_the_nearest(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    ledger.vault.append_feature("earning", told(KO=[("2022-12-23", 1.5)]), **OWN)
    with pytest.raises(DataError, match="Did you mean 'earning'"):
        read(ledger)


def test_symbols_of_two_calendars_have_no_common_close(ledger, tiny_bars):
    ledger.vault.append_bars(Bars(tiny_bars.close[["KO"]], source="sample"), calendar="XNYS")
    ledger.vault.append_bars(Bars(tiny_bars.close[["IBM"]], source="sample"), calendar="XETR")
    ledger.vault.append_feature("earnings", told(KO=[("2022-12-23", 1.5)]), **OWN)
    with pytest.raises(DataError, match=r"KO closes with XNYS, IBM closes with XETR.*alignment"):
        read(ledger)


class Ranker:
    """Holds what has the better feature; or, if asked to, the feature of the session after."""

    universe = ("KO", "IBM")
    warmup = 1

    def __init__(self, ahead: int = 0):
        self.ahead = ahead

    def weights(self, bars):
        known = bars.features["earnings"].shift(-self.ahead)
        return TargetWeights(
            known.rank(axis=1, method="first").eq(2.0).where(bars.close.notna(), False).astype(float)
        )


@pytest.fixture
def random(ledger):
    """Two months of prices, and a feature that changes at odd hours."""
    rng = np.random.default_rng(3)
    sessions = sessions_between("XNYS", "2022-11-01", "2022-12-30")
    close = pd.DataFrame(50.0 + rng.random((len(sessions), 2)), index=sessions, columns=["KO", "IBM"])
    ledger.vault.append_bars(Bars(close, source="sample", licence="x", caveat="y"), calendar="XNYS")
    times = pd.Timestamp("2022-10-20", tz="UTC") + pd.to_timedelta(
        np.sort(rng.choice(70 * 1440, 300, replace=False)), "min"
    )
    values = pd.DataFrame(rng.random((300, 2)), index=times, columns=["KO", "IBM"]).mask(
        rng.random((300, 2)) < 0.5
    )
    ledger.vault.append_feature("earnings", values, **OWN)
    return ledger


def test_cutting_the_bars_is_the_same_as_asking_earlier(random):
    whole = read(random)
    for session in whole.sessions:
        then = read(random, as_of=close_of("XNYS", session))
        assert then.content_hash == whole.until(session).content_hash


def test_a_rule_on_features_is_proven_causal_and_one_that_peeks_is_caught(random):
    bars = read(random)
    assert check_causal(Ranker(), bars, cuts=7, seed=1).rows_compared > 50
    with pytest.raises(LooksAhead):
        check_causal(Ranker(ahead=1), bars, cuts=7, seed=1)
