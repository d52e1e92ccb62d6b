"""The vault is refused where a job lacks a series or a gate does not pass one, and where there is nothing to check."""

import pytest

from framework.data.sessions import close_of
from framework.errors import DataError, StaleData, UntrustedBars
from framework.job.state import checked

LAST = "2022-12-30"


@pytest.fixture
def check(project):
    return lambda session=LAST: checked(project.ledger, project.root, as_of=close_of("XNYS", session))


def test_a_vault_that_is_up_to_date_passes(check):
    found = check()
    assert {state.row.symbol for state in found.states} >= {"AAA", "BBB"}
    assert found.missing == ()
    found.refuse()


def test_a_series_that_a_job_names_and_the_vault_lacks_is_missing(project, check):
    project.edit("data: invented", "data: elsewhere")
    found = check()
    assert ("elsewhere", "AAA") in found.missing
    with pytest.raises(StaleData, match=r"no bar of elsewhere: AAA.*openbook data sync"):
        found.refuse()


def test_a_late_vault_is_stale(check):
    with pytest.raises(StaleData, match="AAA ends at"):
        check("2023-02-01").refuse()


def test_a_traded_series_in_euros_is_not_trusted(project, check, invented):
    project.ledger.vault.append_bars(invented(), calendar="XNYS", currency="EUR")
    with pytest.raises(UntrustedBars, match="AAA is in EUR, the account in USD"):
        check().refuse()


def test_where_nothing_was_checked_nothing_passes(ledger, tmp_path):
    (tmp_path / "papermill_jobs").mkdir()
    with pytest.raises(DataError, match="Where nothing was checked, nothing passes"):
        checked(ledger, tmp_path, as_of=close_of("XNYS", LAST)).refuse()
