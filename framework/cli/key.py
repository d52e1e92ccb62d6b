"""``openbook key``: what signs the checkpoints."""

import secrets

import click

from framework.host import settings


@click.group(epilog="Example: openbook key create --origin example.com/openbook")
def key() -> None:
    """The key that signs checkpoints, in OPENBOOK_HOME/checkpoint.key, outside the database.

    It is Ed25519, readable by its owner alone. Keep a copy elsewhere: without it the log cannot be continued.
    """


@key.command(epilog="Example: openbook key create --origin example.com/openbook")
@click.option(
    "--origin",
    help="Name of the log, best the site's address without https://; drawn by lot if not given.",
)
def create(*, origin: str | None) -> None:
    """Make a key, unless there is one."""
    from framework.ledger import keys
    from framework.ledger.checkpoint import KEY

    path = settings.read().home / KEY
    made = keys.create(path, origin=origin or drawn_origin())
    click.echo(
        f"{made.verifier}\nThis is the public half, for whoever verifies. The private half is in {path}."
    )


@key.command(epilog="Example: openbook key show")
def show() -> None:
    """Print the public half, which readers pin: openbook verify --key ..."""
    from framework.ledger import keys
    from framework.ledger.checkpoint import KEY

    click.echo(str(keys.load(settings.read().home / KEY).verifier))


@key.command(epilog="Example: openbook key rotate")
def rotate() -> None:
    """Hand the log over to a new key, and destroy the old one.

    The old key signs that it ends with the last checkpoint, the new one that it begins behind it: what was signed with
    the old key stays verified.
    """
    from framework.ledger.checkpoint import rotate as handed_over

    click.echo(
        f"{handed_over(settings.read().home)}\nThis key signs from now on. Publish it: openbook site build."
    )


def drawn_origin() -> str:
    """A name for a log that has no address."""
    return f"openbook.local/{secrets.token_hex(8)}"
