"""The manifests as kubectl puts them together."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBECTL = Path(sys.executable).parent / "kubectl"


def kustomized(folder: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [KUBECTL, "kustomize", ROOT / folder], capture_output=True, text=True, check=True, timeout=60
    )
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def pods_in(documents: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name of what starts it, pod specification) of every pod template."""
    for document in documents:
        specification = document.get("spec", {})
        if document["kind"] == "CronJob":
            specification = specification["jobTemplate"]["spec"]
        if "template" in specification:
            yield f"{document['kind']}/{document['metadata']['name']}", specification["template"]["spec"]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def base() -> list[dict[str, Any]]:
    return kustomized("k8s/base")


@pytest.fixture(scope="session")
def local() -> list[dict[str, Any]]:
    return kustomized("k8s/overlays/local")


@pytest.fixture(scope="session")
def pods(base: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return list(pods_in(base))
