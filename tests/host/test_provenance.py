"""A run is recorded with the commit, the lock and the sources that made it."""

import hashlib
import subprocess

import pytest

from framework.errors import SpecError
from framework.host import provenance


@pytest.fixture
def project(tmp_path):
    (tmp_path / "framework").mkdir()
    (tmp_path / "strategies").mkdir()
    (tmp_path / "framework" / "a.py").write_text("A = 1\n")
    (tmp_path / "strategies" / "b.py").write_text("B = 2\n")
    (tmp_path / "requirements.lock").write_text("pandas==3\n")
    return tmp_path


@pytest.fixture
def repository(project):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", project, *command], check=True)
    return project


def test_the_commit_and_the_lock_are_those_of_the_tree(repository):
    read = provenance.read(repository)
    head = subprocess.run(
        ["git", "-C", repository, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    assert read.git_sha == head.stdout.strip()
    assert not read.git_dirty
    assert read.lock_hash == hashlib.sha256(b"pandas==3\n").hexdigest()
    assert read.versions["python"].startswith("3.")


def test_an_edit_makes_it_dirty_and_changes_the_code_hash(repository):
    before = provenance.read(repository)
    (repository / "strategies" / "b.py").write_text("B = 3\n")
    after = provenance.read(repository)
    assert after.git_dirty
    assert after.code_hash != before.code_hash
    assert after.git_sha == before.git_sha


def test_code_moved_between_files_changes_the_code_hash(repository):
    before = provenance.read(repository).code_hash
    (repository / "framework" / "a.py").rename(repository / "framework" / "c.py")
    assert provenance.read(repository).code_hash != before


def test_without_git_the_image_names_the_commit(project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    monkeypatch.setenv("OPENBOOK_GIT_SHA", "a" * 40)
    assert provenance.commit(project) == ("a" * 40, False)


def test_without_either_a_run_is_refused(project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    monkeypatch.delenv("OPENBOOK_GIT_SHA", raising=False)
    with pytest.raises(SpecError, match="OPENBOOK_GIT_SHA"):
        provenance.commit(project)


def test_without_a_lock_a_run_is_refused(repository):
    (repository / "requirements.lock").unlink()
    with pytest.raises(SpecError, match=r"requirements\.lock is not there"):
        provenance.read(repository)
