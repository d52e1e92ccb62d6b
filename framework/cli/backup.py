"""``openbook backup`` and ``openbook restore``: the whole record, encrypted, out and back."""

from pathlib import Path

import click

from framework.errors import SpecError
from framework.host import clock, settings


@click.command(epilog="Example: openbook backup --to /srv/backups --public-key age1...")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="The backups' folder.")
@click.option("--public-key", help="Of age: whoever has its private half can read the backup.")
@click.option(
    "--copy-with",
    "command",
    help="Then run this, without a shell; {} is the backup's path, {name} its name.",
)
@click.option(
    "--keep",
    nargs=3,
    type=click.IntRange(0, 1000),
    default=(7, 5, 12),
    show_default=True,
    metavar="DAYS WEEKS MONTHS",
    help="Of how many of each the newest backup is kept.",
)
@click.option(
    "--new-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only make a key pair: the private half goes to this file. Not on the server.",
)
def backup(
    *,
    folder: Path | None,
    public_key: str | None,
    command: str | None,
    keep: tuple[int, int, int],
    new_key: Path | None,
) -> None:
    """Write roles and record to one encrypted file, and delete the backups that are no longer kept.

    Passwords of roles are not in it. To take the file off the server:
    --copy-with "rclone copyto {} remote:openbook/{name}".
    """
    from framework.ledger import archive

    if new_key is not None:
        click.echo(archive.new_key(new_key))
        click.echo(f"The private half is in {new_key}: keep it, and a copy, off the server.", err=True)
        return
    if folder is None or public_key is None:
        raise SpecError(
            "A backup needs --to and --public-key.",
            "It is written to a folder, encrypted to a key.",
            "openbook backup --new-key FILE, on another machine, makes a pair.",
        )
    _backup(folder, public_key, command, keep)


def _backup(folder: Path, public_key: str, command: str | None, keep: tuple[int, int, int]) -> None:
    from framework.cli.context import opened
    from framework.ledger import backup as backups
    from framework.ledger.rotation import Rotation

    with opened(settings.read()) as ledger:
        made = backups.backup(ledger, folder, public_key=public_key, at=clock.now())
    click.echo(f"{made}: {made.stat().st_size / 1e6:,.1f} MB.")
    for gone in backups.rotate(folder, Rotation(*keep)):
        click.echo(f"{gone.name} is no longer kept.")
    if command is not None:
        backups.copy_with(command, made)
        click.echo(f"{made.name} is copied.")


@click.command(
    epilog="Example: openbook restore backups/openbook-20261126T060000Z.tar.age --identity key.txt"
)
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--identity",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file with the private key.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Of an embedded server; else what OPENBOOK_ADMIN_DATABASE_URL or OPENBOOK_HOME name.",
)
def restore(*, archive: Path, identity: Path, home: Path | None) -> None:
    """Bring ARCHIVE back into an empty database; one that holds anything is refused.

    The roles come back without passwords; set them anew.
    """
    from framework.ledger import backup as backups
    from framework.ledger.embedded import Server

    current = settings.read()
    if home is None and current.admin_database_url is not None:
        manifest = backups.restore(archive, identity, current.admin_database_url)
    else:
        server = Server.start(home or current.home)
        try:
            manifest = backups.restore(archive, identity, server.admin_url)
        finally:
            server.stop()
    rows = sum(manifest.rows.values())
    click.echo(
        f"{rows:,} rows as of {manifest.taken_at} are back. openbook verify compares them with what was signed."
    )
