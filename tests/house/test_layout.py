"""The tree is the one that ARCHITECTURE drew, and the documents name files that exist."""

import re
import tomllib
from pathlib import Path

import pytest

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/backup.md",
    "docs/kubernetes.md",
    "docs/decisions/README.md",
)
PLACES = (
    "framework/",
    "strategies/",
    "research/",
    "notebooks/",
    "papermill_jobs/",
    "site/",
    "k8s/",
    "docs/",
    "tests/",
    "changes/",
)


@pytest.mark.parametrize(
    "name",
    [
        ".ci/run",
        ".python-version",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Dockerfile",
        "LICENSE",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "requirements.lock",
    ],
)
def test_the_house_is_complete(name: str, tracked: tuple[str, ...]) -> None:
    assert name in tracked


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_files_that_exist(document: str, root: Path) -> None:
    text = (root / document).read_text()
    linked = {target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target}
    missing = {target for target in linked if not ((root / document).parent / target).exists()}
    quoted = {name.rstrip("/") for name in re.findall(r"`([\w./-]+)`", text) if name.startswith(PLACES)}
    missing |= {name for name in quoted if not (root / name).exists()}
    assert linked | quoted, "nothing was checked"
    assert not missing


def test_the_recipes_cover_what_grows(root: Path) -> None:
    headings = re.findall(
        r"^## Add (?:a|an) (.+)$", (root / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE
    )
    assert headings == ["strategy", "source of bars", "broker", "statistic", "section of a page"]


def test_every_strategy_has_its_notebook_and_its_job(root: Path) -> None:
    strategies = {path.stem for path in (root / "strategies").glob("*.py")} - {"__init__"}
    assert len(strategies) > 5
    assert strategies == {path.stem for path in (root / "papermill_jobs").glob("*.yaml")}
    assert strategies <= {path.stem for path in (root / "notebooks").glob("*.ipynb")}


def test_decisions_are_numbered_and_listed(root: Path) -> None:
    folder = root / "docs/decisions"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert len({name[:4] for name in records}) == len(records) >= 12
    index = (folder / "README.md").read_text()
    for name in records:
        text = (folder / name).read_text()
        assert text.startswith(f"# {name[:4]} ")
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, flags=re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]
        assert f"({name})" in index


def test_a_change_has_a_kind(root: Path) -> None:
    fragments = {path.name for path in (root / "changes").iterdir()} - {"README.md"}
    assert all(re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed)\.md", name) for name in fragments), fragments


def test_modules_stay_readable(root: Path) -> None:
    lengths = {
        path.relative_to(root).as_posix(): len(path.read_text().splitlines())
        for package in ("framework", "strategies", "research")
        for path in (root / package).rglob("*.py")
        if "migrations" not in path.parts  # a migration is one statement of what was done, never edited again
    }
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_the_licence_is_the_one_that_is_declared(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in (root / "LICENSE").read_text()


def test_no_file_is_large_or_speaks_of_a_machine(root: Path, tracked: tuple[str, ...]) -> None:
    for name in tracked:
        content = (root / name).read_bytes()
        assert len(content) < 2_000_000, name
        assert not re.search(rb"(?<![\w.-])/(work|root|home)/[A-Za-z]", content), name
