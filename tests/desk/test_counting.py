"""How trials are counted: by identity, and a sweep as all that it tried."""

import pandas as pd
import pytest

from framework.desk.counting import trials_counted


def single(identity, sharpe):
    return {"identity": identity, "parameters": {}, "sharpe": sharpe}


def swept(identity, of, sharpes, count=None):
    known = pd.Series(sharpes, dtype="f8")
    sample = {"count": len(known), "mean": known.mean(), "variance": known.var()}
    return {
        "identity": identity,
        "parameters": {"sweep": {"sweep": of, "count": count or len(known), "sharpe": sample}},
        "sharpe": known.max(),
    }


def test_a_sweep_counts_as_all_that_it_tried():
    table = pd.DataFrame(
        [single("a", 0.1), single("b", -0.2), swept("c", "c", [0.3, 0.05, 0.0, -0.1], count=6)]
    )
    found = trials_counted([table])
    assert found["trials"] == 8  # two of the sweep's six crashed: they were tried
    assert found["trials_variance"] == pytest.approx(
        pd.Series([0.1, -0.2, 0.3, 0.05, 0.0, -0.1]).var(), rel=1e-12
    )


def test_the_same_identity_in_two_tables_is_one_trial():
    table = pd.DataFrame([single("a", 0.1), single("b", 0.3)])
    assert trials_counted([table, table])["trials"] == 2


def test_a_trial_without_a_sharpe_ratio_counts_and_has_no_part_in_the_variance():
    found = trials_counted([pd.DataFrame([single("a", 0.1), single("b", None), single("c", 0.3)])])
    assert found == {"trials": 3, "trials_variance": pytest.approx(0.02)}


def test_of_an_interrupted_sweep_and_its_resumption_the_longer_counts():
    table = pd.DataFrame([swept("part", "all", [0.1, 0.2]), swept("all", "all", [0.1, 0.2, 0.6])])
    found = trials_counted([table])
    assert found["trials"] == 3
    assert found["trials_variance"] == pytest.approx(pd.Series([0.1, 0.2, 0.6]).var())


def test_a_lone_trial_has_no_variance():
    assert trials_counted([pd.DataFrame([single("a", 0.1)])]) == {"trials": 1, "trials_variance": 0.0}
