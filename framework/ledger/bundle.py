"""A bundle: rows of the record in one small file, with the proof that a signed checkpoint covers them.

docs/bundle.md has the form. Nothing but the bundle is read to check it: no database, no log, no network.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from framework.errors import NotVerified

FORMAT: Final = "openbook-bundle/1"
LARGEST: Final = 50_000  # bytes
MALFORMED: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
HASH_DIGITS: Final = 64
LONGEST_NAME: Final = 300


@dataclass(frozen=True)
class Skipped:
    """The beginning of a payload that is not in the bundle: so many bytes, and the state of SHA-256 after them.

    Parameters
    ----------
    length : int
        A multiple of 64.
    state : str
        In hexadecimal.
    rest : str
        Bytes in hexadecimal, of which none is zero: what follows up to the first value in the bundle.
    """

    length: int
    state: str
    rest: str


@dataclass(frozen=True, kw_only=True)
class BundledRow:
    """A row as a bundle has it.

    Parameters
    ----------
    stream : str
        Begins with the table's name and a colon.
    recorded_at : str
        As a dump has it.
    previous_hash : str or None
        In hexadecimal; None where the row before it in its stream is in the bundle too.
    row_hash : str
        In hexadecimal.
    leaf : int
        The row's place in the log, from 0 on.
    values : tuple of str or None
        As a dump has them: all columns; or the public ones, or the last ones, where one of the next two is there.
    payload_hash : str or None
        In the place of a payload that is left out.
    skipped : Skipped or None
        In the place of the first payload columns.
    """

    stream: str
    sequence: int
    recorded_at: str
    previous_hash: str | None
    row_hash: str
    leaf: int
    values: tuple[str | None, ...]
    payload_hash: str | None = None
    skipped: Skipped | None = None

    @property
    def table(self) -> str:
        """The table's name."""
        return self.stream.partition(":")[0]

    @property
    def name(self) -> str:
        """What follows the table in the stream's name: the strategy."""
        return self.stream.partition(":")[2]

    def __str__(self) -> str:
        return f"{self.stream[:120]}, row {self.sequence}"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Rows, and what leads from them to a signature.

    Parameters
    ----------
    page : str
        The address of the page that it belongs to.
    rows : tuple of BundledRow
    proof : tuple of str
        Nodes in hexadecimal, as `shared_proof` orders them.
    checkpoint : str
        The signed note.
    keys : tuple of str
        The log's first key and each hand-over.
    """

    page: str
    rows: tuple[BundledRow, ...]
    proof: tuple[str, ...]
    checkpoint: str
    keys: tuple[str, ...]

    def encoded(self) -> bytes:
        """The bundle as JSON that can stand inside a page."""
        rows: dict[str, list[list[Any]]] = {}
        for row in self.rows:
            rows.setdefault(row.stream, []).append(_told(row))
        told = {
            "format": FORMAT,
            "page": self.page,
            "checkpoint": self.checkpoint,
            "keys": self.keys,
            "proof": self.proof,
            "rows": rows,
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return text.replace("<", "\\u003c").encode()  # "</script>" and "<!--" would end or swallow the page


def parse(content: bytes) -> Bundle:
    """Read a bundle; nothing in it is believed yet.

    Raises
    ------
    NotVerified
        It is none, or larger than one may be.
    """
    if len(content) > LARGEST:
        raise malformed(f"it has {len(content):,} bytes, and a bundle has at most {LARGEST:,}")
    try:
        told = json.loads(content.decode("utf-8"), parse_constant=_refused_constant)
        if told["format"] != FORMAT:
            raise malformed(f"its format is {str(told['format'])[:40]!r}, not {FORMAT!r}")
        return Bundle(
            page=_name(told["page"]),
            rows=tuple(_rows(told["rows"])),
            proof=tuple(map(_hash, _list(told["proof"]))),
            checkpoint=_text(told["checkpoint"]),
            keys=tuple(map(_text, _list(told["keys"]))),
        )
    except MALFORMED as error:
        said = str(error)[:120]
        raise malformed(f"a part is missing or of another kind ({type(error).__name__}: {said})") from error


def malformed(why: str) -> NotVerified:
    """The error for something that is no bundle."""
    return NotVerified(
        f"The bundle cannot be read: {why}.",
        "A bundle is JSON as docs/bundle.md says, and stands in the page or beside it.",
        "Fetch the page again, whole; if it stays, it was not written by openbook.",
    )


def _told(row: BundledRow) -> list[Any]:
    told = [row.sequence, row.recorded_at, row.previous_hash, row.row_hash, row.leaf, row.values]
    if row.payload_hash is not None:
        return [*told, {"payload_hash": row.payload_hash}]
    if row.skipped is not None:
        return [
            *told,
            {"skipped": row.skipped.length, "state": row.skipped.state, "rest": row.skipped.rest},
        ]
    return told


def _rows(told: Mapping[str, Any]) -> Iterator[BundledRow]:
    for stream, rows in told.items():
        for row in _list(rows):
            sequence, recorded_at, previous_hash, row_hash, leaf, values, *instead = row
            short = _only(instead)
            yield BundledRow(
                stream=_name(stream),
                sequence=_number(sequence),
                recorded_at=_text(recorded_at),
                previous_hash=None if previous_hash is None else _hash(previous_hash),
                row_hash=_hash(row_hash),
                leaf=_number(leaf),
                values=tuple(None if value is None else _text(value) for value in _list(values)),
                payload_hash=_hash(short["payload_hash"]) if "payload_hash" in short else None,
                skipped=_skipped(short) if "skipped" in short else None,
            )


def _only(told: list[Any]) -> Mapping[str, Any]:
    if len(told) > 1 or not all(isinstance(one, dict) for one in told):
        raise ValueError("a row has more than it may")
    return told[0] if told else {}


def _skipped(told: Mapping[str, Any]) -> Skipped:
    rest = bytes.fromhex(_text(told["rest"])).hex()
    return Skipped(_number(told["skipped"]), _hash(told["state"]), rest)


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is something else")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is something else")
    value.encode()  # half of a surrogate pair is no text
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if not text.isprintable() or len(text) > LONGEST_NAME:
        raise ValueError("a name is too long, or cannot be printed")
    return text


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError("a number is something else, or too large")
    return value


def _hash(value: Any) -> str:
    text = _text(value)
    if len(text) != HASH_DIGITS or bytes.fromhex(text).hex() != text:
        raise ValueError("a hash is not 64 hexadecimal digits")
    return text


def _refused_constant(name: str) -> Iterable[None]:
    raise ValueError(f"{name} is no JSON")
