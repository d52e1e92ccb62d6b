"""A human's word stands on record with a name and a reason, once."""

import pytest

ARGUMENTS = ("dual_momentum", "--reviewer", "A. Reviewer", "--why", "prices look wrong")


@pytest.fixture
def recorded(openbook, database_url):
    return lambda *words: openbook(*words, OPENBOOK_DATABASE_URL=database_url)


def test_suspend_and_resume_are_rows(recorded, ledger):
    assert recorded("suspend", *ARGUMENTS).out == "dual_momentum: suspend is on record.\n"
    row = ledger.is_suspended("dual_momentum")
    assert (row.reviewer, row.reason) == ("A. Reviewer", "prices look wrong")
    assert recorded("resume", *ARGUMENTS).out == "dual_momentum: resume is on record.\n"
    assert ledger.is_suspended("dual_momentum") is None
    assert ledger.counts()["suspensions"] == 2


def test_saying_it_twice_adds_nothing(recorded, ledger):
    assert recorded("resume", *ARGUMENTS).out == "dual_momentum is not suspended; nothing done.\n"
    recorded("suspend", *ARGUMENTS)
    assert recorded("suspend", *ARGUMENTS).out == "dual_momentum is already suspended; nothing done.\n"
    assert ledger.counts()["suspensions"] == 1


@pytest.mark.parametrize("missing", ["--reviewer", "--why"])
def test_name_and_reason_are_both_needed(recorded, ledger, missing):
    words = list(ARGUMENTS)
    at = words.index(missing)
    said = recorded("suspend", *words[:at], *words[at + 2 :])
    assert said.code == 2
    assert missing in said.err
    assert ledger.counts()["suspensions"] == 0
