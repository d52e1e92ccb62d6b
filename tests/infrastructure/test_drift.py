"""The generated CronJobs say what the jobs say, and a file that does not is found."""

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from framework.cli.k8s import k8s
from framework.errors import SpecError
from framework.job import kubernetes, spec


@pytest.fixture
def project(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's jobs and manifests, and the working directory."""
    for folder in (spec.FOLDER, kubernetes.FOLDER):
        shutil.copytree(root / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_committed_manifests_are_what_the_jobs_say(root: Path) -> None:
    assert kubernetes.drift(root) == ()
    assert len(kubernetes.render(root)) == len(spec.names(root)) + 1 > 5


def test_rendering_twice_gives_the_same_bytes(root: Path) -> None:
    assert kubernetes.render(root) == kubernetes.render(root)


def test_each_job_runs_itself_on_its_own_schedule(root: Path) -> None:
    for name in spec.names(root):
        manifest = yaml.safe_load((root / kubernetes.FOLDER / f"{name}.yaml").read_text())
        job = spec.load(name, root)
        assert (manifest["spec"]["schedule"], manifest["spec"]["timeZone"]) == (job.schedule, "Etc/UTC")
        (container,) = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["run", name]


def test_a_changed_schedule_is_drift_until_it_is_rendered(project: Path) -> None:
    path = project / spec.FOLDER / "dual_momentum.yaml"
    job = yaml.safe_load(path.read_text()) | {"schedule": "1 2 * * 3"}
    path.write_text(yaml.safe_dump(job))
    assert kubernetes.drift(project) == ("dual_momentum.yaml",)
    assert kubernetes.write(project) == ("dual_momentum.yaml",)
    assert kubernetes.drift(project) == ()


def test_a_job_that_is_gone_takes_its_cron_job_with_it(project: Path) -> None:
    (project / spec.FOLDER / "dual_momentum.yaml").unlink()
    assert kubernetes.write(project) == ("dual_momentum.yaml", "kustomization.yaml")
    assert not (project / kubernetes.FOLDER / "dual_momentum.yaml").exists()
    assert "dual_momentum" not in (project / kubernetes.FOLDER / "kustomization.yaml").read_text()


def test_an_edit_by_hand_is_refused_by_name(project: Path) -> None:
    path = project / kubernetes.FOLDER / "buy_and_hold.yaml"
    path.write_text(path.read_text().replace("Forbid", "Allow"))
    with pytest.raises(SpecError, match=r"buy_and_hold\.yaml.*openbook k8s render"):
        kubernetes.check(project)


def test_the_command_checks_renders_and_then_has_nothing_to_do(project: Path) -> None:
    (project / kubernetes.FOLDER / "buy_and_hold.yaml").unlink()
    refused = CliRunner().invoke(k8s, ["render", "--check"])
    assert isinstance(refused.exception, SpecError)
    assert not (project / kubernetes.FOLDER / "buy_and_hold.yaml").exists()
    assert "buy_and_hold.yaml changed" in CliRunner().invoke(k8s, ["render"]).output
    assert "nothing changed" in CliRunner().invoke(k8s, ["render"]).output
    assert CliRunner().invoke(k8s, ["render", "--check"]).exit_code == 0


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("Dual", "cannot name"),
        ("dual.momentum", "cannot name"),
        ("_dual", "cannot name"),
        ("d" * 53, "53 characters"),
    ],
)
def test_a_name_that_a_cluster_refuses_is_refused_first(project: Path, name: str, named: str) -> None:
    shutil.copy(project / spec.FOLDER / "dual_momentum.yaml", project / spec.FOLDER / f"{name}.yaml")
    with pytest.raises(SpecError, match=named):
        kubernetes.render(project)


@pytest.mark.parametrize("schedule", ["0 6 31 2 *", "0 6 * * 7"])
def test_a_schedule_that_never_starts_or_is_refused_is_no_manifest(project: Path, schedule: str) -> None:
    path = project / spec.FOLDER / "dual_momentum.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"schedule": schedule}))
    with pytest.raises(SpecError):
        kubernetes.render(project)
