"""Why a vendor changed its prices, told from the prices alone."""

import numpy as np
import pytest

from framework.data.revisions import Revision, explained

OLD = np.round(np.linspace(41.13, 78.91, 214), 2)


@pytest.mark.parametrize("ratio", [0.5, 1 / 3, 2 / 3, 0.1, 0.05, 2.0, 1.5, 10.0, 25.0])
def test_a_split_is_told_though_the_vendor_rounded(ratio):
    found = explained(OLD, np.round(OLD * ratio, 2))
    assert (found.kind, found.ratio) == ("split", pytest.approx(ratio, rel=1e-12))


def test_a_dividend_leaves_a_little_less():
    found = explained(OLD, OLD * 0.9931)
    assert found.kind == "dividend"
    assert found.ratio == pytest.approx(0.9931)


def test_another_factor_is_a_scale():
    assert explained(OLD, OLD * 1.0873).kind == "scaled"  # another currency, for instance


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_a_few_wrong_prices_put_right_are_a_correction(rows):
    new = OLD.copy()
    new[:rows] *= np.linspace(1.01, 1.4, rows)
    assert explained(OLD[:rows], new[:rows]) == Revision("corrected", None)


def test_one_price_of_ten_times_too_much_is_no_split():
    assert explained(np.array([600.0]), np.array([60.0])).kind == "corrected"
