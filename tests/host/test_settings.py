"""The environment is read once, in one place, and misspelt variables are refused."""

import pytest

from framework.errors import SpecError
from framework.host import settings


def test_defaults_lie_in_the_project(tmp_path):
    (tmp_path / "papermill_jobs").mkdir()
    below = tmp_path / "notebooks" / "drafts"
    below.mkdir(parents=True)
    read = settings.read({}, directory=below)
    assert read.root == tmp_path
    assert read.home == tmp_path / ".openbook"
    assert read.keys == tmp_path / ".openbook" / "keys"
    assert read.database_url is None
    assert read.recording


def test_outside_a_project_the_working_directory_is_the_root(tmp_path):
    assert settings.read({}, directory=tmp_path).root == tmp_path


def test_every_variable_is_read(tmp_path):
    read = settings.read(
        {
            "OPENBOOK_HOME": str(tmp_path / "elsewhere"),
            "OPENBOOK_DATABASE_URL": "postgresql://a",
            "OPENBOOK_ADMIN_DATABASE_URL": "postgresql://b",
            "OPENBOOK_RUN_ID": "r1",
            "OPENBOOK_IMAGE_TAG": "v1",
            "OPENBOOK_GIT_SHA": "f" * 40,
            "OPENBOOK_RECORD": "0",
            "OPENBOOK_KEYS": "secrets",
        },
        directory=tmp_path,
    )
    assert read.home == tmp_path / "elsewhere"
    assert (read.database_url, read.admin_database_url) == ("postgresql://a", "postgresql://b")
    assert (read.run_id, read.image_tag, read.git_sha) == ("r1", "v1", "f" * 40)
    assert not read.recording
    assert read.keys == tmp_path / "secrets"
    assert settings.read(read.variables(), directory=tmp_path) == read


def test_an_empty_variable_counts_as_unset(tmp_path):
    assert settings.read({"OPENBOOK_DATABASE_URL": ""}, directory=tmp_path).database_url is None


def test_a_misspelt_variable_is_refused_rather_than_ignored(tmp_path):
    with pytest.raises(SpecError, match=r"Did you mean OPENBOOK_DATABASE_URL\?"):
        settings.read({"OPENBOOK_DATABSE_URL": "postgresql://a"}, directory=tmp_path)


def test_what_kubernetes_adds_for_a_service_is_no_misspelling(tmp_path):
    added = {"OPENBOOK_SERVICE_HOST": "10.0.0.1", "OPENBOOK_PORT": "tcp://10.0.0.1:80"}
    assert settings.read(added, directory=tmp_path) == settings.read({}, directory=tmp_path)


def test_a_switch_is_zero_or_one(tmp_path):
    with pytest.raises(SpecError, match="OPENBOOK_RECORD is 'no'"):
        settings.read({"OPENBOOK_RECORD": "no"}, directory=tmp_path)


def test_another_process_reads_the_same_settings_from_its_variables(tmp_path):
    read = settings.read(
        {"OPENBOOK_HOME": "here", "OPENBOOK_RUN_ID": "r", "OPENBOOK_RECORD": "0"}, directory=tmp_path
    )
    assert settings.read(read.variables(), directory=tmp_path) == read


def test_recording_alone_is_what_the_settings_say(monkeypatch):
    for value, expected in (("0", False), ("1", True), ("", True)):
        monkeypatch.setenv("OPENBOOK_RECORD", value)
        assert settings.recording() is settings.read().recording is expected
    monkeypatch.setenv("OPENBOOK_RECORD", "no")
    with pytest.raises(SpecError, match="0 or 1"):
        settings.recording()
