"""``openbook k8s``: manifests that follow from the jobs."""

import click

from framework.host import settings
from framework.job import kubernetes


@click.group(epilog="Example: openbook k8s render")
def k8s() -> None:
    """Kubernetes manifests."""


@k8s.command(epilog="Example: openbook k8s render --check")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit with 3 if a manifest has drifted."
)
def render(*, only_check: bool) -> None:
    """Write k8s/base/jobs/ from papermill_jobs/: one CronJob a job."""
    root = settings.read().root
    if only_check:
        kubernetes.check(root)
        click.echo(f"{kubernetes.FOLDER} says what papermill_jobs says.")
        return
    changed = kubernetes.write(root)
    click.echo(f"{kubernetes.FOLDER}: {', '.join(changed) or 'nothing'} changed.")
