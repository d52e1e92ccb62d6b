"""The doctor says what is missing and what to do about it."""

from dataclasses import replace

from framework.cli import checks


def test_it_finds_this_machine_able(openbook, database_url):
    said = openbook("doctor", OPENBOOK_DATABASE_URL=database_url)
    assert said.code == 0, said.out
    for word in (*checks.CHECKS, "PostgreSQL 16", "as openbook_app", "requirements.lock"):
        assert word in said.out
    assert "\N{BALLOT X}" not in said.out


def test_whoever_connects_the_record_is_reached_as_the_application_role(current, superuser_url):
    found = checks.database(replace(current, database_url=superuser_url))
    assert found.state == "good"
    assert "as openbook_app" in found.said


def test_a_database_that_does_not_answer_is_red_with_the_ledgers_code(openbook):
    said = openbook("doctor", OPENBOOK_DATABASE_URL="postgresql://nobody@127.0.0.1:1/openbook")
    assert said.code == 7
    assert "\N{BALLOT X}" in said.out
    assert "OPENBOOK_DATABASE_URL" in said.out
    assert "python" in said.out  # the other checks are made all the same


def test_a_package_that_differs_from_the_lock_is_red(current, tmp_path):
    (tmp_path / "requirements.lock").write_text("pandas==0.1 \\\n    --hash=sha256:00\nnot-installed==1.0\n")
    found = checks.lock(replace(current, root=tmp_path))
    assert found.state == "bad"
    assert "1 packages differ from the lock: pandas" in found.said
    assert "make install" in found.remedy


def test_a_folder_without_jobs_or_lock_is_red(current, tmp_path):
    elsewhere = replace(current, root=tmp_path)
    assert checks.jobs(elsewhere).state == "bad"
    assert checks.lock(elsewhere).state == "bad"
