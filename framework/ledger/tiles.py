"""A log as static files, as C2SP's tlog-tiles lays them out: where each is, reading them, and what an entry is.

======================================  ===========================================================
``checkpoint``                          the newest signed checkpoint
``checkpoints/<size>``                  each signed checkpoint, by size
``keys/<number>``                       the first key, and the hand-over to each later one
``tile/<L>/<N>``, ``...p/<W>``          256 (or W) hashes of level ``8 * L``
``tile/entries/<N>``, ``...p/<W>``      256 (or W) entries, each after its length in two bytes
======================================  ===========================================================
"""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from framework.errors import LogDamaged, NotVerified, SpecError
from framework.ledger.merkle import HASH_BYTES, Subtrees, complete_root

WIDTH = 256
LARGEST = 20_000_000  # bytes of one file: 256 entries of 65,535 bytes are less
KEPT_TILES = 64
TIME = bytes(HASH_BYTES)
ENTRY = struct.Struct(">32sq")


class Entry(NamedTuple):
    """What the log holds: a row, or where `stream` is empty, a time.

    Parameters
    ----------
    row_hash : bytes
        Of the row; 32 zero bytes for a time.
    number : int
        The row's sequence; for a time, microseconds since 2000-01-01T00:00Z. No row that enters the log after it
        was recorded before it.
    stream : bytes
        The row's, in UTF-8.
    """

    row_hash: bytes
    number: int
    stream: bytes

    def encoded(self) -> bytes:
        """The bytes that are hashed into the tree."""
        return ENTRY.pack(self.row_hash, self.number) + self.stream


class Files(Protocol):
    """Where a log is read from."""

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None if there is none."""


class Folder:
    """A log in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None if there is none."""
        try:
            with (self.root / path).open("rb") as file:
                return _limited(file.read(LARGEST + 1), path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(f"{self.root / path}", str(error.strerror or error)) from error


class Web:
    """A log at an address."""

    def __init__(self, address: str, *, timeout_seconds: float = 30.0) -> None:
        self.address = address.rstrip("/")
        self._timeout_seconds = timeout_seconds

    def __str__(self) -> str:
        return self.address

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None if there is none."""
        address = f"{self.address}/{path}"
        try:
            request = Request(address, headers={"User-Agent": "openbook"})  # noqa: S310 - files_at allows http(s) only
            with urlopen(request, timeout=self._timeout_seconds) as answer:  # noqa: S310
                return _limited(answer.read(LARGEST + 1), path)
        except HTTPError as error:
            error.close()
            if error.code in (404, 410):
                return None
            raise _unreadable(address, f"the server answers {error.code}") from error
        except (URLError, OSError, ValueError) as error:
            raise _unreadable(address, str(getattr(error, "reason", error))) from error


def files_at(place: str | Path) -> Files:
    """The log of the site at `place`, a folder or an http(s) address: its ``log`` folder, or itself if it is one."""
    scheme = urlsplit(str(place)).scheme
    if scheme in ("http", "https"):
        site = Web(str(place))
        return site if site.read("checkpoint") is not None else Web(f"{site.address}/log")
    if scheme and "://" in str(place):
        raise SpecError(
            f"{place} is neither a folder nor an http(s) address.",
            "A log is read from files or over HTTP.",
            "Name a folder such as site/public, or an address such as http://127.0.0.1:8000/.",
        )
    folder = Path(place)
    return Folder(folder if (folder / "checkpoint").is_file() else folder / "log")


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Path of tile `number` of `level`, or of a bundle of entries where `level` is "entries"."""
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        parts.append(f"x{number % 1000:03d}")
    whole = f"tile/{level}/{'/'.join(reversed(parts))}"
    return whole if width == WIDTH else f"{whole}.p/{width}"


def tiles_of(level: int, size: int) -> Iterator[tuple[int, int]]:
    """Number and width of each tile of `level` in a tree of `size`."""
    full, rest = divmod(size >> 8 * level, WIDTH)
    for number in range(full):
        yield number, WIDTH
    if rest:
        yield full, rest


def read_tile(files: Files, level: int | str, number: int, width: int) -> bytes:
    """A tile or bundle, of which only the first `width` hashes or entries count: partial, or full by now.

    Raises
    ------
    LogDamaged
        It is not there, or is not as long as its width says.
    """
    for candidate in dict.fromkeys((width, WIDTH)):
        data = files.read(tile_path(level, number, candidate))
        if data is not None:
            break
    else:
        raise LogDamaged(
            f"The log at {files} lacks {tile_path(level, number, width)}.",
            "Every tile of a signed checkpoint is served.",
            "Fetch it again; if it stays, whoever serves the log has lost or withheld it.",
        )
    if level == "entries":
        return data
    if len(data) != candidate * HASH_BYTES:
        raise LogDamaged(
            f"{tile_path(level, number, candidate)} of the log at {files} has {len(data)} bytes.",
            f"A tile of {candidate} hashes has {candidate * HASH_BYTES}.",
            "Fetch it again; if it stays, whoever serves the log has changed it.",
        )
    return data[: width * HASH_BYTES]


def split_bundle(data: bytes, width: int, *, name: str) -> list[bytes]:
    """The first `width` entries of a bundle.

    Raises
    ------
    LogDamaged
        It has fewer.
    """
    entries: list[bytes] = []
    at = 0
    while at + 2 <= len(data) and len(entries) < width:
        end = at + 2 + (data[at] << 8 | data[at + 1])
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width or at > len(data):
        raise LogDamaged(
            f"{name} ends within entry {len(entries)}.",
            f"It holds {width} entries, each after its length.",
            "Fetch it again; if it stays, whoever serves the log has changed it.",
        )
    return entries


def bundled(entries: list[bytes]) -> bytes:
    """Entries as a bundle."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def subtrees_of(files: Files, size: int) -> Subtrees:
    """Roots of complete subtrees of a tree of `size`, from its tiles; some of them are kept for the next question."""
    kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def tile(level: int, number: int) -> bytes:
        if (level, number) not in kept:
            width = min(WIDTH, (size >> 8 * level) - number * WIDTH)
            kept[level, number] = read_tile(files, level, number, width)
            if len(kept) > KEPT_TILES:
                kept.popitem(last=False)
        return kept[level, number]

    def root(level: int, index: int) -> bytes:
        outer, inner = divmod(level, 8)
        first = index << inner
        number, at = divmod(first, WIDTH)
        data = tile(outer, number)
        count = 1 << inner
        return complete_root([data[32 * row : 32 * row + 32] for row in range(at, at + count)])

    return root


def _limited(data: bytes, path: str) -> bytes:
    if len(data) > LARGEST:
        raise _unreadable(path, f"it has more than {LARGEST:,} bytes")
    return data


def _unreadable(what: str, why: str) -> NotVerified:
    return NotVerified(
        f"{what} cannot be read: {why}.",
        "A log is static files, in a folder or over HTTP.",
        "See that the site is served, or name a folder that you may read.",
    )
