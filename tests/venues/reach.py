"""How a test reaches a loopback venue: key files as a user has them, a time, and pauses that only are written down."""

from pathlib import Path
from typing import Any

from framework import broker as brokers
from framework.access import Access, keys
from framework.access.patience import Patience
from framework.broker.base import Broker
from framework.data.sources import find
from framework.data.sources.base import Source


def write_keys(folder: Path, name: str, files: dict[str, str]) -> Path:
    """The folder of keys with one venue's files in it."""
    place = folder / "keys" / name
    place.mkdir(parents=True, exist_ok=True)
    for part, text in files.items():
        (place / part).write_text(text)
        (place / part).chmod(0o600)
    return folder / "keys"


def given(venue: Any, folder: Path, files: dict[str, str] | None = None) -> dict[str, str]:
    """The files that reach the venue; an authority that it needs is a file beside them."""
    texts = venue.keys(files)
    if hasattr(venue, "authority"):
        venue.authority.write_to_path(folder / "authority.pem")
        texts["authority"] = str(folder / "authority.pem")
    return texts


def access(
    venue: Any, folder: Path, *, files: dict[str, str] | None = None, patience: Patience | None = None
) -> Access:
    """With the keys that the venue knows, or with `files` instead."""
    folder = write_keys(folder, venue.NAME, given(venue, folder, files))
    return Access(venue.market.now, keys.read(folder, venue.NAME), patience or quick([]))


def quick(slept: list[float], *, timeout_seconds: float = 20.0) -> Patience:
    """Patience that waits for nothing, and adds each pause to `slept`."""
    return Patience(attempts=4, timeout_seconds=timeout_seconds, sleep=slept.append)


def broker(
    venue: Any, folder: Path, slept: list[float] | None = None, *, timeout_seconds: float = 20.0
) -> Broker:
    """The venue's account, reached; while it pauses, time passes at the venue."""

    def pause(seconds: float) -> None:
        venue.account.wait(seconds)
        if slept is not None:
            slept.append(seconds)

    patience = Patience(attempts=4, timeout_seconds=timeout_seconds, sleep=pause)
    return brokers.find(venue.NAME, access(venue, folder, files=venue.TRADING_KEYS, patience=patience))


def source(venue: Any, folder: Path) -> Source:
    """The venue's source, reached."""
    return find(venue.NAME, access(venue, folder))
