"""``openbook demo``: the whole chain on the bundled history."""

import click


@click.command(epilog="Example: openbook demo --nights 5 --workers 2")
@click.option(
    "--nights", type=click.IntRange(1, 250), default=5, show_default=True, help="Sessions a strategy."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="Jobs that run at the same time.",
)
def demo(*, nights: int, workers: int) -> None:
    """Do everything once on the bundled history: load, research, nightly runs, site.

    Each strategy's research notebook is run and judged, then its last sessions as paper nights, then the site is
    built and checked. What is on record already is not done again.
    """
    from framework.cli.chain import run_chain
    from framework.host import settings

    run_chain(settings.read(), nights=nights, workers=workers)
