"""One CronJob a job: ``k8s/base/jobs/`` as ``papermill_jobs/`` says it must be."""

from pathlib import Path
from typing import Any

import yaml

from framework.errors import SpecError
from framework.job import schedule, spec

FOLDER = "k8s/base/jobs"
INDEX = "kustomization.yaml"
NAMESPACE = "openbook-strategies"
IMAGE = "openbook"  # its tag stands once, in k8s/base/kustomization.yaml
LONGEST_NAME = 52  # of a CronJob: the controller adds 11 characters for each start, of 63

LATEST_START_SECONDS = 3600  # after that, the night is missed: better than a run that trades late
LONGEST_RUN_SECONDS = 3600  # without it a pod that is never admitted counts as running for ever

_UNPRIVILEGED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_USER = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "fsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}
# The certificate that proves the database's server: the URL names it as sslrootcert=/database/ca.crt.
_AUTHORITY = {
    "secretName": "openbook-database",
    "items": [{"key": "ca.crt", "path": "ca.crt"}],
    "defaultMode": 0o440,
}
_RESOURCES = {"requests": {"cpu": "250m", "memory": "768Mi"}, "limits": {"cpu": "1", "memory": "2Gi"}}


def render(root: Path) -> dict[str, str]:
    """Each generated file of `FOLDER`, by name, as text; the same for the same jobs, byte for byte.

    Raises
    ------
    SpecError
        A job that does not parse, or a name or schedule that a cluster would refuse.
    """
    files = {f"{name}.yaml": _text(_cron_job(spec.load(name, root)), name) for name in spec.names(root)}
    index = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(files),
    }
    return {**files, INDEX: _text(index, "*")}


def write(root: Path) -> tuple[str, ...]:
    """Bring the folder in line with the jobs; the names of the files that changed."""
    changed, folder, wanted = drift(root), root / FOLDER, render(root)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def drift(root: Path) -> tuple[str, ...]:
    """Names of files that are missing, differ from what the jobs say, or belong to no job."""
    wanted = render(root)
    there = {path.name: path.read_text(encoding="utf-8") for path in (root / FOLDER).glob("*.yaml")}
    return tuple(sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)))


def check(root: Path) -> None:
    """Refuse manifests that do not say what the jobs say.

    Raises
    ------
    SpecError
        With the files that drifted.
    """
    drifted = drift(root)
    if drifted:
        raise SpecError(
            f"{FOLDER} has drifted from {spec.FOLDER}: {', '.join(drifted)}.",
            "Every job has exactly the CronJob that is generated from it.",
            "Run 'openbook k8s render' and commit the result.",
        )


def _cron_job(job: spec.JobSpec) -> dict[str, Any]:
    schedule.validate(job.schedule)
    labels = {
        "app.kubernetes.io/name": _dns_name(job.name),
        "app.kubernetes.io/part-of": "openbook",
        "app.kubernetes.io/component": "strategy",
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": _dns_name(job.name), "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "schedule": job.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": LATEST_START_SECONDS,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 10,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": LONGEST_RUN_SECONDS,
                    "ttlSecondsAfterFinished": 604800,
                    "template": {"metadata": {"labels": labels}, "spec": _pod(job)},
                }
            },
        },
    }


def _pod(job: spec.JobSpec) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _USER,
        "containers": [
            {
                "name": "run",
                "image": IMAGE,
                "args": ["run", job.name],
                "env": [_database_url()],
                "resources": _RESOURCES,
                "securityContext": _UNPRIVILEGED,
                "volumeMounts": [
                    {"name": "authority", "mountPath": "/database", "readOnly": True},
                    {"name": "scratch", "mountPath": "/scratch"},
                ],
            }
        ],
        "volumes": [
            {"name": "authority", "secret": _AUTHORITY},
            {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
    }


def _database_url() -> dict[str, Any]:
    secret = {"name": "openbook-database", "key": "url"}
    return {"name": "OPENBOOK_DATABASE_URL", "valueFrom": {"secretKeyRef": secret}}


def _dns_name(name: str) -> str:
    """A job's name as Kubernetes allows it: lower case, digits and hyphens."""
    dns = name.replace("_", "-")
    plain = dns.replace("-", "a")
    if not (plain.isascii() and plain.isalnum() and plain == plain.lower() and dns.strip("-") == dns):
        raise SpecError(
            f"The job {name!r} cannot name a CronJob.",
            "A name has lower-case letters, digits, and underscores or hyphens inside it.",
            f"Rename {spec.FOLDER}/{name}.yaml.",
        )
    if len(dns) > LONGEST_NAME:
        raise SpecError(
            f"The job {name!r} has a name of {len(dns)} characters.",
            f"A CronJob's has at most {LONGEST_NAME}.",
            f"Shorten the name of {spec.FOLDER}/{name}.yaml.",
        )
    return dns


def _text(document: dict[str, Any], name: str) -> str:
    body = yaml.dump(document, Dumper=_Plain, sort_keys=False, width=110)
    return (
        f"# Generated by 'openbook k8s render' from {spec.FOLDER}/{name}.yaml: change that, not this.\n{body}"
    )


class _Plain(yaml.SafeDumper):
    """YAML without anchors: what is the same twice is written twice, as a reader expects."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return True
