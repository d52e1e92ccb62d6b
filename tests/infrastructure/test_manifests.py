"""Every manifest fits its schema, and every pod is one that an API server would admit and stop in time."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from framework.job import schedule, spec
from framework.job.schedule import next_after

Documents = list[dict[str, Any]]
Pods = list[tuple[str, dict[str, Any]]]
VERSION = "1.36"


def configuration_of(documents: Documents, file: str) -> str:
    (found,) = (
        document["data"][file] for document in of_kind(documents, "ConfigMap") if file in document["data"]
    )
    return str(found)


def of_kind(documents: Documents, kind: str) -> Documents:
    return [document for document in documents if document["kind"] == kind]


@pytest.mark.parametrize("overlay", ["base", "local"])
def test_every_document_fits_the_strict_schema(overlay: str, request: pytest.FixtureRequest) -> None:
    documents: Documents = request.getfixturevalue(overlay)
    assert len(documents) > 15
    for document in documents:
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_a_misspelt_key_does_not_fit(base: Documents) -> None:
    job = of_kind(base, "CronJob")[0]
    wrong = {**job, "spec": {**job["spec"], "startDeadlineSeconds": 5}}
    with pytest.raises(kubernetes_validate.ValidationError, match="startDeadlineSeconds"):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_there_is_a_cron_job_for_every_job_one_for_bars_and_one_for_the_site(
    root: Path, base: Documents
) -> None:
    names = {job["metadata"]["name"] for job in of_kind(base, "CronJob")}
    assert names == {name.replace("_", "-") for name in spec.names(root)} | {"bars", "site-generator"}


def test_cron_jobs_start_in_utc_once_and_end(base: Documents) -> None:
    for job in of_kind(base, "CronJob"):
        schedule.validate(job["spec"]["schedule"])
        assert job["spec"]["timeZone"] == "Etc/UTC"
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        assert 0 < job["spec"]["startingDeadlineSeconds"] <= 3600
        template = job["spec"]["jobTemplate"]["spec"]
        assert template["backoffLimit"] == 0
        assert 0 < template["activeDeadlineSeconds"] <= 3600
        assert template["template"]["spec"]["restartPolicy"] == "Never"


def test_the_site_is_generated_at_half_past_six(base: Documents) -> None:
    (generator,) = (job for job in of_kind(base, "CronJob") if job["metadata"]["name"] == "site-generator")
    assert generator["spec"]["schedule"] == "30 6 * * *"


def test_bars_are_loaded_before_the_first_strategy_of_the_night_starts(base: Documents) -> None:
    evening = datetime(2024, 1, 1, 12, tzinfo=UTC)  # a Monday
    jobs = {job["metadata"]["name"]: job["spec"] for job in of_kind(base, "CronJob")}
    bars = jobs.pop("bars")
    strategies = [
        next_after(job["schedule"], evening) for name, job in jobs.items() if name != "site-generator"
    ]
    ready = next_after(bars["schedule"], evening) + timedelta(
        seconds=bars["jobTemplate"]["spec"]["activeDeadlineSeconds"]
    )
    assert evening < ready < min(strategies)


def test_no_pod_is_root_or_may_become_it(pods: Pods) -> None:
    assert len(pods) > 5
    for name, pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name


def test_every_container_has_a_fixed_image_and_limits(pods: Pods) -> None:
    for name, pod in pods:
        for container in pod["containers"]:
            assert re.fullmatch(r"[a-z]+:[0-9][0-9.]*", container["image"]), name
            for kind in ("requests", "limits"):
                assert set(container["resources"][kind]) == {"cpu", "memory"}, name


def test_postgresql_is_version_16(pods: Pods) -> None:
    (postgres,) = (pod for name, pod in pods if name == "StatefulSet/postgres")
    assert postgres["containers"][0]["image"].startswith("postgres:16.")


def test_secrets_are_referred_to_and_never_stored(base: Documents, pods: Pods) -> None:
    assert not of_kind(base, "Secret")
    variables = [
        item for _, pod in pods for container in pod["containers"] for item in container.get("env", [])
    ]
    secret = [item for item in variables if re.search("URL|PASSWORD", item["name"])]
    assert len(secret) > 5
    for item in secret:
        assert "secretKeyRef" in item.get("valueFrom", {}) or item["name"].endswith("_FILE")


def test_every_mount_has_its_volume_and_every_volume_its_mount(base: Documents, pods: Pods) -> None:
    claimed = {
        f"StatefulSet/{document['metadata']['name']}": {
            claim["metadata"]["name"] for claim in document["spec"]["volumeClaimTemplates"]
        }
        for document in of_kind(base, "StatefulSet")
    }
    for name, pod in pods:
        mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]} | claimed.get(name, set())


def test_a_service_selects_pods_that_exist_and_a_port_that_they_open(base: Documents) -> None:
    templates = [
        document["spec"]["template"] for document in base if document["kind"] in {"Deployment", "StatefulSet"}
    ]
    for service in of_kind(base, "Service"):
        selector, ports = service["spec"]["selector"].items(), service["spec"]["ports"]
        (chosen,) = (template for template in templates if selector <= template["metadata"]["labels"].items())
        opened = {port["name"] for container in chosen["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in ports} <= opened


def test_generator_and_nginx_share_the_pages_that_nginx_serves(base: Documents, pods: Pods) -> None:
    sharing = {
        name
        for name, pod in pods
        for volume in pod["volumes"]
        if volume.get("persistentVolumeClaim") == {"claimName": "pages"}
    }
    assert sharing == {"CronJob/site-generator", "Deployment/nginx"}
    configuration = configuration_of(base, "default.conf")
    (generator,) = (pod for name, pod in pods if name == "CronJob/site-generator")
    assert f"root {generator['containers'][0]['args'][-1]};" in configuration
    assert "location = /healthz" in configuration


def test_the_network_reaches_postgresql_with_tls_and_a_password_only(base: Documents, pods: Pods) -> None:
    lines = configuration_of(base, "pg_hba.conf").splitlines()
    rules = [line.split() for line in lines if not line.startswith("#")]
    assert rules == [["local", "all", "all", "peer"], ["hostssl", "all", "all", "all", "scram-sha-256"]]
    (server,) = (pod for name, pod in pods if name == "StatefulSet/postgres")
    arguments = server["containers"][0]["args"]
    assert {"ssl=on", "hba_file=/config/pg_hba.conf", "ssl_key_file=/tls/tls.key"} <= set(arguments)


def test_whoever_gets_a_database_url_gets_the_authority_that_proves_the_server(pods: Pods) -> None:
    connected = [pod for _, pod in pods if "OPENBOOK_DATABASE_URL" in str(pod)]
    assert len(connected) > 5
    for pod in connected:
        (mount,) = (
            mount for mount in pod["containers"][0]["volumeMounts"] if mount["mountPath"] == "/database"
        )
        (volume,) = (volume for volume in pod["volumes"] if volume["name"] == mount["name"])
        assert [item["key"] for item in volume["secret"]["items"]] == ["ca.crt"]


def test_nginx_is_asked_for_its_health(pods: Pods) -> None:
    (nginx,) = (pod for name, pod in pods if name == "Deployment/nginx")
    for probe in ("readinessProbe", "livenessProbe"):
        assert nginx["containers"][0][probe]["httpGet"] == {"path": "/healthz", "port": "http"}


def test_namespaces_enforce_the_restricted_standard(base: Documents) -> None:
    namespaces = of_kind(base, "Namespace")
    assert {namespace["metadata"]["name"] for namespace in namespaces} == {
        "openbook-data",
        "openbook-strategies",
        "openbook-site",
    }
    for namespace in namespaces:
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_overlay_changes_the_image_and_nothing_else_of_a_job(base: Documents, local: Documents) -> None:
    for ours, theirs in zip(of_kind(base, "CronJob"), of_kind(local, "CronJob"), strict=True):
        assert str(theirs) == str(ours).replace("openbook:0.1.0", "openbook:local") != str(ours)
