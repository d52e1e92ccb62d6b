import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import deflated_sharpe_ratios, effective_trials, moments


def noise(seed: int, *, periods: int = 600, trials: int = 8) -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(seed))
    return pd.DataFrame(generator.normal(0.0003, 0.01, (periods, trials))).add_prefix("t")


def copies(of: pd.DataFrame, *, each: int, spread: float) -> pd.DataFrame:
    return pd.concat(
        [(of + spread * noise(100 + i, trials=of.shape[1])).add_suffix(f"c{i}") for i in range(each)], axis=1
    )


def test_independent_trials_all_count():
    found = effective_trials(noise(1))
    assert found.count == 8
    assert found.variance == pytest.approx(
        np.var([moments(noise(1)[trial]).sharpe for trial in noise(1)], ddof=1), rel=1e-12
    )


@pytest.mark.parametrize("each", [2, 25])
def test_copies_count_once_and_stay_together(each):
    found = effective_trials(copies(noise(2), each=each, spread=0.3))
    assert found.count == 8
    roots = found.clusters.index.str.replace(r"c\d+", "", regex=True)
    assert found.clusters.groupby(roots).nunique().eq(1).all()


def test_leverage_is_no_new_trial_but_a_mirror_image_is():
    alone = noise(3, trials=1)
    assert effective_trials(alone.assign(twice=2.0 * alone["t0"], four=4.0 * alone["t0"])).count == 1
    assert effective_trials(alone.assign(mirror=-alone["t0"])).count == 2


def test_a_stricter_correlation_never_counts_fewer():
    related = copies(noise(4, trials=4), each=6, spread=1.0)  # pairs correlate at about one half
    counts = [effective_trials(related, correlation=c).count for c in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (4, 24)


def test_trials_that_never_moved_are_one_and_have_no_ratio():
    plain = noise(5, trials=3)
    found = effective_trials(plain.assign(idle=0.0, interest=0.0001))
    assert found.count == 4
    assert found.clusters["idle"] == found.clusters["interest"]
    assert found.variance == effective_trials(plain).variance
    nothing = effective_trials(pd.DataFrame({"a": [0.0] * 9, "b": [0.0] * 9}))
    assert (nothing.count, nothing.variance) == (1, 0.0)


def test_fewer_trials_deflate_less():
    related = copies(noise(6, trials=2), each=20, spread=0.2)
    found = effective_trials(related)
    as_if_all = deflated_sharpe_ratios(related)
    assert (deflated_sharpe_ratios(related, trials=found.count) > as_if_all).all()


def test_what_cannot_be_clustered_is_refused():
    with pytest.raises(DataError, match="correlation is 1"):
        effective_trials(noise(1), correlation=1)
    with pytest.raises(DataError, match="4,001 trials"):
        effective_trials(pd.DataFrame(np.zeros((5, 4_001))))
    with pytest.raises(DataError, match="trial t2 at 4 is nan"):
        effective_trials(noise(1).mask(lambda r: (r.index == 4)[:, None] & (r.columns == "t2")))
    with pytest.raises(DataError, match="2 rows"):
        effective_trials(noise(1)[:2])
