"""What goes into a block comes out of it, and an altered one is named."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from framework.errors import LedgerError
from framework.ledger.blocks import compress, expand, hash_of, pack, unpack

MOMENTS = st.integers(-(2**52), 2**52)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), rows=st.integers(1, 30), count=st.integers(0, 6))
def test_every_number_comes_back_bit_for_bit(data, rows, count):
    times = {name: data.draw(arrays("i8", rows, elements=MOMENTS)) for name in ("session", "known_at")}
    numbers = {f"f{n}": data.draw(arrays("f8", rows)) for n in range(count)}
    content = pack(times, numbers)
    found = unpack(content, rows, times=("session", "known_at"), numbers=tuple(numbers))
    for name, values in times.items():
        np.testing.assert_array_equal(found[name], values)
    for name, values in numbers.items():
        known = ~np.isnan(values)
        assert np.isnan(found[name][~known]).all()
        assert found[name][known].tobytes() == values[known].tobytes()
    assert expand(compress(content), hash_of(content), where="1 of s:KO") == content


def test_nan_has_one_form_whatever_its_bits():
    odd = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf8\xff", dtype="<f8")
    one = np.zeros(1, dtype="i8")
    assert pack({"t": one}, {"f": odd}) == pack({"t": one}, {"f": np.array([np.nan])})


@pytest.mark.parametrize("altered", [b"", b"not zlib", zlib.compress(b"another content")])
def test_an_altered_block_is_named(altered):
    with pytest.raises(LedgerError, match="block 3 of yahoo:KO does not hold"):
        expand(altered, hash_of(b"the content"), where="3 of yahoo:KO")
