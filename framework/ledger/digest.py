"""SHA-256 that can be gone on with from its inner state, which hashlib does not hand out (FIPS 180-4, section 6.2.2).

Of a long payload only the end is then needed to show what it says: the state after the first bytes stands for them.
To make other last bytes lead to the same hash, a state would have to be found from which they do, and that is as hard
as to find other content for a given hash.
"""

import struct
from typing import Final

BLOCK: Final = 64
MASK: Final = 0xFFFFFFFF

type State = tuple[int, int, int, int, int, int, int, int]

START: Final[State] = (
    *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
    *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
)
CONSTANTS: Final = struct.unpack(
    ">64I",
    bytes.fromhex(
        "428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5"
        "d807aa9812835b01243185be550c7dc372be5d7480deb1fe9bdc06a7c19bf174"
        "e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da"
        "983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca635114292967"
        "27b70a852e1b21384d2c6dfc53380d13650a7354766a0abb81c2c92e92722c85"
        "a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070"
        "19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3"
        "748f82ee78a5636f84c878148cc7020890befffaa4506cebbef9a3f7c67178f2"
    ),
)


def absorbed(state: State, data: bytes) -> State:
    """The state after `data`, whole blocks of 64 bytes, has been hashed too."""
    for at in range(0, len(data), BLOCK):
        state = _compressed(state, data[at : at + BLOCK])
    return state


def resumed(state: State, *, hashed: int, rest: bytes) -> bytes:
    """The hash of a content of which `hashed` bytes (whole blocks) have led to `state`, and `rest` follows."""
    length = hashed + len(rest)
    padding = b"\x80" + bytes(-(length + 9) % BLOCK) + (8 * length).to_bytes(8, "big")
    return encoded(absorbed(state, rest + padding))


def encoded(state: State) -> bytes:
    """The state in 32 bytes."""
    return struct.pack(">8I", *state)


def decoded(data: bytes) -> State:
    """The state in 32 bytes, read again."""
    a, b, c, d, e, f, g, h = struct.unpack(">8I", data)
    return a, b, c, d, e, f, g, h


def _compressed(state: State, block: bytes) -> State:
    a, b, c, d, e, f, g, h = state
    for word, constant in zip(_schedule(block), CONSTANTS, strict=True):
        twice = e | e << 32  # so that a rotation is one shift
        mixed = h + (twice >> 6 ^ twice >> 11 ^ twice >> 25) + (g ^ e & (f ^ g)) + constant + word & MASK
        twice = a | a << 32
        majority = a & b | c & (a | b)
        h, g, f, e, d, c, b = g, f, e, d + mixed & MASK, c, b, a
        a = mixed + (twice >> 2 ^ twice >> 13 ^ twice >> 22) + majority & MASK
    after = a, b, c, d, e, f, g, h
    a, b, c, d, e, f, g, h = (one + other & MASK for one, other in zip(state, after, strict=True))
    return a, b, c, d, e, f, g, h


def _schedule(block: bytes) -> list[int]:
    words = list(struct.unpack(">16I", block))
    for at in range(16, 64):
        near, far = words[at - 15], words[at - 2]
        one, other = near | near << 32, far | far << 32
        words.append(
            words[at - 16]
            + ((one >> 7 ^ one >> 18) & MASK ^ near >> 3)
            + words[at - 7]
            + ((other >> 17 ^ other >> 19) & MASK ^ far >> 10)
            & MASK
        )
    return words
