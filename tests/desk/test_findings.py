import numpy as np
import pytest

from framework.desk.findings import Findings, load, save
from framework.errors import LedgerError


def test_what_is_kept_comes_back_and_goes_on(tmp_path):
    figures = np.random.default_rng(0).random((4, 3, 9))
    figures[1, 2] = np.nan
    findings = Findings.none_of(4, 3, 9)
    findings.add(figures[:2], {5: "ValueError: no"})
    save(findings, tmp_path / "deep" / "one.npz")
    found = load(tmp_path / "deep" / "one.npz", Findings.none_of(4, 3, 9))
    assert (found.done, found.errors) == (2, {5: "ValueError: no"})
    found.add(figures[2:], {0: "KeyError: 1"})
    assert found.errors == {5: "ValueError: no", 6: "KeyError: 1"}
    assert found.figures.tobytes() == figures.tobytes()


def test_without_an_earlier_run_nothing_is_done(tmp_path):
    assert load(tmp_path / "none.npz", Findings.none_of(4, 3, 9)).done == 0


def test_a_disk_that_refuses_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="could not be kept"):
        save(Findings.none_of(1, 1, 9), tmp_path / "file" / "one.npz")
