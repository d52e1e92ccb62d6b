"""Bad input, from the outside: three parts on stderr, the documented code, no traceback, nothing half-written."""

import shutil

import pytest

SHARED = {"OPENBOOK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/openbook"}


@pytest.fixture
def copied(tmp_path, request):
    """A project with one job, to be spoilt."""
    root = tmp_path / "project"
    (root / "papermill_jobs").mkdir(parents=True)
    source = request.config.rootpath / "papermill_jobs"
    for name in ("dual_momentum.yaml", "daily.ipynb"):
        shutil.copy(source / name, root / "papermill_jobs")

    def spoil(old: str, new: str):
        path = root / "papermill_jobs" / "dual_momentum.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return root

    return spoil


def assert_told(said, code, *words):
    assert said.code == code, said
    for word in (*words, "limit:", "next:"):
        assert word in said.err, said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_an_unknown_job(openbook):
    assert_told(openbook("run", "dual_momentun"), 3, "SpecError", "Did you mean 'dual_momentum'?")


def test_a_misspelt_key(openbook, copied):
    root = copied("capital:", "capitall:")
    assert_told(openbook("run", "dual_momentum", directory=root), 3, "dual_momentum.yaml", "capital")


def test_a_wrong_type(openbook, copied):
    root = copied("capital: 100000.0", 'capital: "lots"')
    assert_told(openbook("run", "dual_momentum", directory=root), 3, "line 8, key capital", "without quotes")


def test_a_date_that_is_no_session(openbook):
    said = openbook("run", "dual_momentum", "--as-of", "2022-12-25")
    assert_told(said, 3, "Sunday, 2022-12-25, is not a session of XNYS", "2022-12-23")


def test_an_unknown_calendar(openbook, copied):
    root = copied("calendar: XNYS", "calendar: XNSY")
    assert_told(
        openbook("run", "dual_momentum", "--as-of", "2022-12-28", directory=root), 3, "no calendar 'XNSY'"
    )


def test_a_missing_database(openbook):
    said = openbook("run", "dual_momentum", "--as-of", "2022-12-28", **SHARED)
    assert_told(said, 7, "DatabaseMissing", "127.0.0.1:1/openbook", "OPENBOOK_DATABASE_URL")


def test_a_database_url_that_is_none(openbook):
    said = openbook("data", "sync", OPENBOOK_DATABASE_URL="sqlite:///x.db")
    assert_told(said, 7, "LedgerError", "postgresql://")


def test_a_misspelt_variable(openbook):
    said = openbook("run", "dual_momentum", OPENBOOK_DATABSE_URL="postgresql://x")
    assert_told(said, 3, "OPENBOOK_DATABSE_URL", "Did you mean OPENBOOK_DATABASE_URL?")


@pytest.mark.parametrize("words", [("backtest",), ("backtest", "dual_momentum", "--all")])
def test_backtest_wants_one_job_or_all(openbook, words):
    said = openbook(*words)
    assert said.code == 2
    assert "one JOB, or" in said.err


def test_an_empty_reason(openbook):
    said = openbook("suspend", "dual_momentum", "--reviewer", "A. Reviewer", "--why", " ")
    assert_told(said, 3, "--why is empty")


def test_verbose_adds_the_traceback(openbook):
    said = openbook("run", "dual_momentun", "--verbose")
    assert said.code == 3
    assert "Traceback" in said.err
    assert "SpecError: There is no job" in said.err
