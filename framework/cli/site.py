"""``openbook site``: the pages."""

from pathlib import Path

import click

from framework.host import settings

_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The site's folder; site/public by default.",
)


@click.group(epilog="Example: openbook site build && openbook site serve")
def site() -> None:
    """The pages: build them from the record, check them, serve them."""


@site.command(epilog="Example: openbook site build --out /srv/openbook/public")
@_OUT
def build(*, out: Path | None) -> None:
    """Build the pages from the record alone, check them, and put them in the place of the old ones.

    Nothing is replaced unless the new pages pass the check. The same record gives the same files, byte for byte.
    Where there is a key (openbook key create), a checkpoint is signed first, and the log published with the pages.
    """
    from framework.cli.checkpoint import sign_if_keyed
    from framework.cli.context import opened
    from framework.page import render
    from framework.proof.selftest import all_references

    read = settings.read()
    with opened(read) as ledger:
        log_home = sign_if_keyed(ledger, read, out=out or read.root / "site" / "public")
        report = render.build(
            ledger, site_dir=read.root / "site", out=out, references=all_references(), log_home=log_home
        )
    click.echo(
        f"{report.pages} pages of {len(report.strategies)} strategies, {report.numbers:,} numbers: {report.out}"
    )
    if not report.strategies:
        click.echo("The record is empty: make demo, or openbook run JOB, puts something on it.")


@site.command(epilog="Example: openbook site serve --port 8000")
@_OUT
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one."
)
def serve(*, out: Path | None, port: int) -> None:
    """Serve the pages on 127.0.0.1 until Ctrl-C or SIGTERM; /healthz says whether they are there."""
    from framework.page import serve as server

    folder = out or settings.read().root / "site" / "public"
    server.serve(
        folder, port=port, announce=lambda url: click.echo(f"Serving {folder} at {url} (Ctrl-C ends it)")
    )


@site.command(epilog="Example: openbook site check")
@_OUT
def check(*, out: Path | None) -> None:
    """Look for anything that may not be published: third-party requests, scripts, dead links, missing pages."""
    from framework.page.check import check as checked

    folder = out or settings.read().root / "site" / "public"
    found = checked(folder)
    click.echo(f"{found.pages} pages, {found.numbers:,} numbers: in order.")
