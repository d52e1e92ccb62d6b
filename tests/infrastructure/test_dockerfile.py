"""The Dockerfile is linted, copies what exists, installs by hash and runs without privileges.

No container engine is needed here, so the image itself is not built: that is the release's work.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from framework.host import settings


@pytest.fixture
def dockerfile(root: Path) -> str:
    return (root / "Dockerfile").read_text()


def test_hadolint_finds_nothing(root: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, root / "Dockerfile"], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout


def test_what_is_copied_exists_and_is_not_ignored(root: Path, dockerfile: str) -> None:
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, flags=re.MULTILINE)
        for name in line.split()[:-1]
    }
    allowed = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed
    assert {name for name in copied if not (root / name).exists()} == set()


def test_packages_are_installed_by_hash(dockerfile: str) -> None:
    installs = re.findall(r"pip install (.+)", dockerfile)
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1]
    assert "--no-build-isolation" in installs[1]


def test_it_runs_as_the_user_that_the_manifests_name(dockerfile: str, pods: list[tuple[str, dict]]) -> None:
    (user,) = re.findall(r"^USER (\d+):(\d+)$", dockerfile, flags=re.MULTILINE)
    ours = [pod for _, pod in pods if pod["containers"][0]["image"].startswith("openbook:")]
    assert len(ours) > 1
    for pod in ours:
        assert (str(pod["securityContext"]["runAsUser"]), str(pod["securityContext"]["runAsGroup"])) == user
        assert "/scratch" in {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}


def test_the_image_knows_its_commit_and_tag_by_variables_that_are_read(dockerfile: str) -> None:
    written = set(re.findall(r"\b(OPENBOOK_[A-Z_]+)=", dockerfile))
    assert written == {"OPENBOOK_HOME", "OPENBOOK_GIT_SHA", "OPENBOOK_IMAGE_TAG"}
    assert written <= set(settings.VARIABLES)
