"""Signed notes and the checkpoints of a log in them: C2SP's signed-note and tlog-checkpoint, with Ed25519."""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from framework.errors import LogDamaged, NotVerified
from framework.ledger.merkle import HASH_BYTES

ED25519 = b"\x01"
SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")
NAME = re.compile(r"[^\s+]+")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
LARGEST_NOTE = 100_000  # bytes; sixteen signatures fit many times over


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name that it signs under.

    Parameters
    ----------
    name : str
        Without spaces and plus signs; the origin of the log.
    public : bytes
        32 bytes, as RFC 8032 encodes them.
    """

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read ``name+id+key``.

        Raises
        ------
        NotVerified
            It is not a verifier key, not of Ed25519, or its id is another key's.
        """
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        material = _decoded(encoded)
        if NAME.fullmatch(name) and material[:1] == ED25519 and len(material) == 1 + HASH_BYTES:
            key = cls(name, material[1:])
            if key.id.hex() == identity:
                return key
        raise NotVerified(
            f"{text.strip()[:120]!r} is not a verifier key.",
            "One is name+id+key, as C2SP's signed-note says, with Ed25519 (0x01).",
            "Copy the whole line that openbook key show prints.",
        )

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is this key's over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key with the name that it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signature line for a note's text."""
        signature = self.verifier.id + self.private.sign(text.encode())
        return f"— {self.name} {base64.b64encode(signature).decode()}\n"


def signed_note(text: str, *signers: Signer) -> str:
    """The note: `text`, which ends with a newline, a blank line, and a signature a signer."""
    return text + "\n" + "".join(signer.sign(text) for signer in signers)


def opened_note(note: bytes, *keys: VerifierKey, name: str = "note") -> str:
    """The text of a note that every one of `keys` has signed. Signatures of other keys are ignored.

    Raises
    ------
    NotVerified
        It is not a signed note.
    LogDamaged
        One of `keys` has not signed this text.
    """
    text, lines = _parts(note, name)
    found: dict[tuple[str, bytes], list[bytes]] = {}
    for line in lines:
        match = SIGNATURE_LINE.fullmatch(line)
        signature = _decoded(match[2]) if match else b""
        if match is None or len(signature) <= 4:
            raise _malformed(name, "a line after the blank one is no signature")
        found.setdefault((match[1], signature[:4]), []).append(signature[4:])
    for key in keys:
        signatures = found.get((key.name, key.id), [])
        if not signatures or not all(key.signed(text, signature) for signature in signatures):
            raise LogDamaged(
                f"The {name} has no signature of {key.name} ({key.id.hex()}) that holds.",
                "Nothing counts that this key has not signed.",
                "Fetch it again; if it stays, somebody has changed it, or signed with another key.",
            )
    return text


@dataclass(frozen=True)
class Checkpoint:
    """What a log signs: that its first `size` entries have this root.

    Parameters
    ----------
    origin : str
        Which log.
    size : int
        Entries.
    root : bytes
        32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str, *, name: str = "checkpoint") -> "Checkpoint":
        """Read the text of a checkpoint.

        Raises
        ------
        NotVerified
            It is not one.
        """
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or not SIZE.fullmatch(lines[1]):
            raise _malformed(name, "a checkpoint is origin, size and root, a line each")
        root = _decoded(lines[2])
        if len(root) != HASH_BYTES:
            raise _malformed(name, "its root is no hash")
        return cls(lines[0], int(lines[1]), root)


def _parts(note: bytes, name: str) -> tuple[str, list[str]]:
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed(name, "it is not UTF-8") from None
    if len(note) > LARGEST_NOTE or any(character < " " and character != "\n" for character in whole):
        raise _malformed(name, "it is too long, or has control characters")
    text, blank, signatures = whole.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise _malformed(name, "a text, a blank line and signatures are not all there")
    return f"{text}\n", signatures[:-1].split("\n")


def _decoded(text: str) -> bytes:
    """The bytes, or none if `text` is not exactly what they are encoded as."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded if base64.b64encode(decoded).decode() == text else b""


def _malformed(name: str, why: str) -> NotVerified:
    return NotVerified(
        f"The {name} cannot be read: {why}.",
        "It is a signed note as C2SP's signed-note and tlog-checkpoint say.",
        "Fetch it again, whole; if it stays, it was not written by openbook.",
    )
