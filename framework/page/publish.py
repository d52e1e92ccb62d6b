"""A finished site put in the place of the old one in a single step."""

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framework.errors import PageError

MANIFEST = "site.json"
"""The file that marks a folder as a site of ours: its pages by path. Only such a folder is ever replaced."""

_AT_CWD, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of <linux/fs.h>


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A fresh folder beside `out` to build in; it takes `out`'s place if the block ends without an error.

    Readers see the old site or the new one, whole. Builders of the same site take turns. What a killed builder left
    is swept away by the next.

    Raises
    ------
    PageError
        `out` holds something that is not a site of ours.
    """
    out = out.absolute()
    _check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.next")
    with _turn(out.parent):
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            yield fresh
            _swap(fresh, out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _check_replaceable(out: Path) -> None:
    if out.is_dir() and (not any(out.iterdir()) or (out / MANIFEST).is_file()):
        return
    if out.exists() or out.is_symlink():
        raise PageError(
            f"{out} is not a site that openbook built.",
            f"Only an empty folder, or one with a {MANIFEST}, is replaced.",
            "Name another folder with --out, or empty this one yourself.",
        )


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder` itself, so that no lock file is left behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _swap(fresh: Path, out: Path) -> None:
    if not out.exists():
        fresh.rename(out)
    elif not _exchanged(fresh, out):  # not Linux, or a file system without it: a moment without a site
        old = out.with_name(f".{out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
        fresh.rename(out)
        shutil.rmtree(old)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the kernel exchanged the two names in one step."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE) == 0)
