"""Snapshots: bars in a file that is read at memory speed, and proven by the content hash that it was written with.

The file is a line of JSON, padded with spaces to whole 64 bytes, then the sessions and each frame as they lie in
memory: eight bytes a number, little-endian, row by row, in the one form that the content hash is taken of. So the bytes
are hashed as they lie; a file of any other bytes has another hash.
"""

import hashlib
import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pandas as pd

from framework.data.bars import ACTIONS, FIELDS, Bars, hash_of, plain
from framework.errors import DataError

ALIGNMENT = 64
NAMES = (*FIELDS, *ACTIONS)
ABOUT = ("source", "licence", "caveat")
ADVANCE = getattr(mmap, "MAP_POPULATE", 0)  # Linux: all pages at once, rather than a fault for each


def write(bars: Bars, path: Path) -> None:
    """Put `bars` into a file, whole or not at all."""
    frames = _frames(bars)
    header = {
        "content_hash": bars.content_hash,
        "sessions": len(bars),
        "frames": [[kind, name, list(columns)] for kind, name, columns, _ in frames],
        **{name: getattr(bars, name) for name in ABOUT},
    }
    line = json.dumps(header | {"seal": _seal(header)}, ensure_ascii=False).encode()
    size = -(-(len(line) + 1) // ALIGNMENT) * ALIGNMENT
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as file:
        try:
            file.write(line.ljust(size - 1) + b"\n")
            file.write(bars.sessions.to_numpy("datetime64[ns]").astype("<i8"))
            for _, _, _, values in frames:
                file.write(plain(values))
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def read(path: Path) -> Bars:
    """The bars in a file, which stays mapped into memory; nothing is copied.

    Raises
    ------
    DataError
        It is damaged: its numbers are not those of the content hash that it was written with.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_SHARED | ADVANCE, prot=mmap.PROT_READ)
        header = json.loads(mapped[: mapped.find(b"\n")])
        sealed = header.pop("seal") == _seal(header)
        bars = _bars(header, mapped, mapped.find(b"\n") + 1)
        proven = sealed and bars.content_hash == header["content_hash"]  # as hashed in `_bars`
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _damaged(path, str(error)) from error
    if not proven:
        raise _damaged(path, "its numbers have another hash")
    return bars


def _seal(header: Mapping[str, Any]) -> str:
    """Proves what the content hash does not cover: source, licence and caveat."""
    return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()


def _bars(header: Mapping[str, Any], mapped: mmap.mmap, at: int) -> Bars:
    numbers = np.frombuffer(mapped, dtype="<f8", offset=at)
    rows = int(header["sessions"])
    index = pd.DatetimeIndex(numbers[:rows].view("<i8").view("M8[ns]").astype("M8[us]"))
    found: dict[str, dict[str, pd.DataFrame]] = {"field": {}, "feature": {}}
    at = rows
    for kind, name, columns in header["frames"]:
        values = numbers[at : at + rows * len(columns)].reshape(rows, len(columns))
        found[kind][name] = pd.DataFrame(values, index=index, columns=columns, copy=False)
        at += values.size
    if at != len(numbers):
        raise ValueError(f"it holds {len(numbers) - at} numbers too many")
    content_hash = hash_of(numbers[:rows].view("<i8"), found["field"], found["feature"], _as_it_lies)
    about = {name: str(header[name]) for name in ABOUT}
    return Bars.unchecked(found["field"], found["feature"], about, content_hash)


def _as_it_lies(digest: "hashlib._Hash", frame: pd.DataFrame) -> None:
    digest.update(np.ascontiguousarray(frame.to_numpy("f8", copy=False)))


def _frames(bars: Bars) -> list[tuple[str, str, list[str], np.ndarray]]:
    fields = [("field", name, list(bars.symbols), bars.table(name)) for name in NAMES if bars.has(name)]
    features = bars.features.items()
    return fields + [("feature", name, [*frame.columns], frame.to_numpy("f8")) for name, frame in features]


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        f"The snapshot {path.name} cannot be used: {why}.",
        "It must hold the numbers that it was written with.",
        f"Delete {path}; it is written anew from the record.",
    )
