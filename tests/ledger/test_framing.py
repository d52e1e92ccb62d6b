"""Values as text give the bytes of the canonical form, and what is no value gives an error."""

import importlib.util
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ledger.framing import framed, framed_all, payload_hash, row_hash

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests" / "answers" / "canonical_form.json").read_text())
SPEC = importlib.util.spec_from_file_location("second_for_framing", Path(__file__).with_name("second.py"))
second = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(second)

VALUES = st.one_of(
    st.tuples(st.sampled_from(["text", "numeric"]), st.text(st.characters(exclude_categories=["Cs"]))),
    st.tuples(st.just("boolean"), st.sampled_from(["true", "false"])),
    st.tuples(st.just("integer"), st.integers(-(2**31), 2**31 - 1).map(str)),
    st.tuples(st.just("bigint"), st.integers(-(2**63), 2**63 - 1).map(str)),
    st.tuples(st.just("double precision"), st.floats(allow_nan=False).map(repr)),
    st.tuples(st.just("date"), st.dates().map(str)),
    st.tuples(st.just("timestamptz"), st.datetimes().map(lambda moment: f"{moment}+00")),
    st.tuples(
        st.just("timestamp"), st.one_of(st.datetimes().map(str), st.sampled_from(["infinity", "-infinity"]))
    ),
    st.tuples(st.just("bytea"), st.binary().map(lambda data: f"\\x{data.hex()}")),
)


@pytest.mark.parametrize("row", VECTORS["rows"], ids=lambda row: f"{row['stream']}-{row['sequence']}")
def test_the_vectors_have_these_bytes_and_hashes(row):
    public = [(kind, value) for name, kind, value in row["columns"] if name in row["public"]]
    payload = [(kind, value) for name, kind, value in row["columns"] if name not in row["public"]]
    assert framed_all(payload).hex() == row["payload"]
    assert payload_hash(payload).hex() == row["payload_hash"]
    place = {**row, "sequence": str(row["sequence"])}
    assert row_hash(place, payload_hash(payload), public).hex() == row["row_hash"]


@given(VALUES)
def test_a_value_has_the_bytes_of_the_second_implementation(value):
    assert framed(*value) == second.framed(*value)


@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_other_values_have_other_bytes(some, others):
    same = [framed(*value) for value in some] == [framed(*value) for value in others]
    assert (framed_all(some) == framed_all(others)) == same


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("boolean", "t"),
        ("integer", "2147483648"),
        ("integer", "1.0"),
        ("bigint", str(2**63)),
        ("double precision", "one"),
        ("date", "2022-02-30"),
        ("timestamptz", "yesterday"),
        ("timestamptz", "294277-01-01 00:00:00+00"),
        ("bytea", "\\xabc"),
        ("bytea", "\\x0 0"),
        ("money", "1"),
        ("text", "\ud800"),
    ],
)
def test_what_is_no_value_of_its_type_is_an_error(kind, text):
    with pytest.raises(ValueError, match=r"."):
        framed(kind, text)
