import pytest
from sqlalchemy import make_url

from framework.errors import LedgerError
from framework.ledger.tools import run


def test_a_program_reaches_the_database_that_the_url_names(database_url, superuser_url, tmp_path):
    run("pg_dump", make_url(superuser_url), [f"--file={tmp_path / 'dump.sql'}", "--table=public.runs"])
    assert "CREATE TABLE public.runs" in (tmp_path / "dump.sql").read_text()


def test_one_that_fails_is_quoted_without_the_password(tmp_path):
    url = make_url("postgresql://ada:s3cret@/openbook?host=/nowhere")
    with pytest.raises(
        LedgerError, match=r"pg_dump failed at /nowhere/openbook and said: .*/nowhere"
    ) as failed:
        run("pg_dump", url, [f"--file={tmp_path / 'dump.sql'}"])
    assert "s3cret" not in str(failed.value)
