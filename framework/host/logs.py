"""What goes to stderr besides errors."""

import logging

LOUD_LIBRARIES = ("papermill", "traitlets", "asyncio", "alembic", "matplotlib", "numba")


def configure(*, verbose: bool) -> None:
    """Warnings of all, and with `verbose` what we ourselves tell, one line each on stderr."""
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING, force=True
    )
    logging.getLogger("framework").setLevel(logging.DEBUG if verbose else logging.WARNING)
    for name in LOUD_LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.ERROR)
