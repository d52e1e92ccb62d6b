"""``openbook dump``: the record as a file that anyone can verify."""

from pathlib import Path

import click

from framework.host import settings


@click.command(epilog="Example: openbook dump record.jsonl.gz --public")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--public", is_flag=True, help="Withhold prices whose licence does not allow passing them on.")
def dump(*, file: Path, public: bool) -> None:
    """Write the whole record to FILE: JSON Lines, compressed with gzip, which openbook verify reads.

    What is withheld keeps its place in the chain: of its payload the hash is there, and the rest still verifies.
    """
    from framework.cli.context import opened
    from framework.ledger.dump import dump as written

    with opened(settings.read()) as ledger:
        done = written(ledger, file, public=public)
    said = f", the payload of {done.withheld:,} of them withheld" if done.withheld else ""
    click.echo(f"{file}: {done.rows:,} rows{said}.")
