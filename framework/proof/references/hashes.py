"""SHA-256 as the record uses it, by the standard's own examples."""

import hashlib

from framework.proof.reference import Reference

_FIPS = "NIST, FIPS 180-4, example values for SHA-256"


def hashes() -> tuple[Reference, ...]:
    """Digests in hexadecimal, which must be met exactly."""
    two_blocks = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    return (
        Reference(
            name="SHA-256 of 'abc'",
            source=_FIPS,
            published="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            compute=lambda: hashlib.sha256(b"abc").hexdigest(),
        ),
        Reference(
            name="SHA-256 of a message of two blocks",
            source=_FIPS,
            published="248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            compute=lambda: hashlib.sha256(two_blocks).hexdigest(),
        ),
    )
