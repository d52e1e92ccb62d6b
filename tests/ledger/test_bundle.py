"""A bundle is read back as it was written, and whatever is none is an error that says why."""

import json
from pathlib import Path

import pytest

from framework.errors import NotVerified
from framework.ledger.bundle import FORMAT, LARGEST, parse

VECTOR = json.loads((Path(__file__).parents[1] / "answers" / "bundle.json").read_text())["bundle"]


def encoded(bundle):
    return json.dumps(bundle).encode()


def test_the_vector_is_read_and_written_back():
    bundle = parse(encoded(VECTOR))
    assert bundle.page == "strategies/demo/"
    assert [str(row) for row in bundle.rows] == [
        "notebooks:demo, row 1",
        "portfolio_worth:demo, row 1",
        "portfolio_worth:demo, row 2",
        "suspensions:demo, row 1",
        "backtest_results:demo, row 1",
    ]
    assert json.loads(bundle.encoded()) == VECTOR
    assert parse(bundle.encoded()) == bundle


def test_nothing_in_it_ends_the_element_that_it_stands_in():
    assert "<b>" in json.dumps(VECTOR)
    assert b"<" not in parse(encoded(VECTOR)).encoded()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "JSONDecodeError"),
        (b"\xff", "UnicodeDecodeError"),
        (b"[]", "TypeError"),
        (b"{}", "KeyError"),
        (b"null", "TypeError"),
        (b"[" * 40_000, "RecursionError"),
        (b" " * (LARGEST + 1), "50,001 bytes"),
        (encoded({"format": "openbook-bundle/2"}), "'openbook-bundle/2'"),
        (encoded({"format": FORMAT}), "KeyError"),
    ],
)
def test_what_is_no_bundle_is_refused(content, why):
    with pytest.raises(NotVerified, match="The bundle cannot be read") as raised:
        parse(content)
    assert why in raised.value.what


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("page", None),
        ("page", "strategies/\x1b[2J/"),
        ("proof", "no list"),
        ("proof", ["AB" * 32]),
        ("proof", ["ab"]),
        ("keys", [1]),
        ("rows", []),
        ("rows", {"orders:demo": {}}),
        ("rows", {"orders:demo": [[]]}),
        ("rows", {"orders:\ud800": [[1, "", None, "ab" * 32, 0, []]]}),
        ("rows", {"orders:demo": [[True, "", None, "ab" * 32, 0, []]]}),
        ("rows", {"orders:demo": [[1.0, "", None, "ab" * 32, 0, []]]}),
        ("rows", {"orders:demo": [[2**53, "", None, "ab" * 32, 0, []]]}),
        ("rows", {"orders:demo": [[1, "", None, "ab" * 32, -1, []]]}),
        ("rows", {"orders:demo": [[1, "", None, "ab" * 32, 0, [1]]]}),
        ("rows", {"orders:demo": [[1, "", None, "ab" * 32, 0, [], {}, {}]]}),
        ("rows", {"orders:demo": [[1, "", None, "ab" * 32, 0, [], 7]]}),
        ("rows", {"orders:demo": [[1, "", None, "ab" * 32, 0, [], {"skipped": 64}]]}),
    ],
)
def test_a_part_of_another_kind_is_refused(part, value):
    with pytest.raises(NotVerified, match="a part is missing or of another kind"):
        parse(encoded(VECTOR | {part: value}))
    parse(encoded(VECTOR))
