"""A bundle proves its rows, and whatever was changed in it is named."""

import importlib.util
import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from framework.errors import Edited, LogDamaged, NotVerified
from framework.ledger import keys
from framework.ledger.bundle import Skipped, parse
from framework.ledger.notes import Checkpoint, Signer, VerifierKey, signed_note
from framework.ledger.unbundle import SHORTENED, TABLES, prove, typed

ANSWERS = Path(__file__).parents[1] / "answers"
VECTOR = json.loads((ANSWERS / "bundle.json").read_text())
SIGNER = Signer("log.example/record", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("log.example/record", Ed25519PrivateKey.from_private_bytes(bytes(32)))
NIGHT, BACKTEST = "portfolio_worth:demo", "backtest_results:demo"


def read(bundle):
    return parse(json.dumps(bundle).encode())


@pytest.fixture
def told():
    """The vector's bundle, to be changed."""
    return deepcopy(VECTOR["bundle"])


@pytest.fixture(scope="module")
def second():
    spec = importlib.util.spec_from_file_location("second", Path(__file__).with_name("second.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_second_implementation_gives_the_vector(second):
    vectors = json.loads((ANSWERS / "canonical_form.json").read_text())
    made = second.bundle_of(vectors, VECTOR["backtest"], lambda text: signed_note(text, SIGNER))
    assert made == VECTOR["bundle"]


def test_the_rows_of_the_vector_are_proven_with_the_values_that_they_have(told):
    proven = prove(read(told), pins=(SIGNER.verifier,))
    assert proven.sighting.pinned
    assert proven.sighting.checkpoint.size == 13
    backtest = next(row for row in proven.rows if row.table == "backtest_results")
    whole = {name: value for name, _, value in VECTOR["backtest"]["columns"]}
    assert backtest.values == {
        name: whole[name] for name in list(whole)[list(whole).index("positions_last") :]
    }
    notebook = next(row for row in proven.rows if row.table == "notebooks")
    assert "content" not in notebook.values
    nights = [row for row in proven.rows if row.table == "portfolio_worth"]
    assert [night.values["worth_usd"] for night in nights] == ["100000.1", "0.30000000000000004"]
    assert {row.strategy for row in proven.rows} == {"demo"}


def test_a_row_may_be_whole_where_the_first_columns_could_be_skipped(told):
    *chain, _, _ = told["rows"][BACKTEST][0]
    told["rows"][BACKTEST][0] = [*chain, [value for *_, value in VECTOR["backtest"]["columns"]]]
    assert prove(read(told)).rows[-1].values["costs"] == '{"commission_bps":1.0}'


@pytest.mark.parametrize(
    ("stream", "place", "value"),
    [
        (NIGHT, 4, "100000.2"),
        (NIGHT, 7, "0.126"),
        (NIGHT, 2, "2022-12-28"),
        (NIGHT, 9, '{"KO":501.25}'),
        (BACKTEST, 2, "{}"),
    ],
)
def test_a_value_that_was_changed_is_an_edited_row_that_is_named(told, stream, place, value):
    told["rows"][stream][0][5][place] = value
    with pytest.raises(Edited, match=f"{stream}, row 1, is not the row") as raised:
        prove(read(told))
    assert raised.value.exit_code == 21


@pytest.mark.parametrize(("place", "value"), [(0, 3), (1, "2026-11-26 08:00:06+00"), (2, "11" * 32)])
def test_a_place_a_time_and_the_row_before_are_hashed_too(told, place, value):
    told["rows"][NIGHT][0][place] = value
    with pytest.raises(NotVerified, match=r"portfolio_worth:demo, row|does not say the hash"):
        prove(read(told))


def test_two_values_do_not_change_places(told):
    values = told["rows"][NIGHT][0][5]
    values[4], values[5] = values[5], values[4]
    with pytest.raises(Edited):
        prove(read(told))


def test_a_row_that_was_hashed_anew_is_not_in_the_log(told, second):
    values = told["rows"]["suspensions:demo"][0][5]
    values[2] = "another reason"
    columns = [
        [name, kind, value]
        for (name, kind), value in zip(typed(TABLES["suspensions"])[1], values, strict=True)
    ]
    row = told["rows"]["suspensions:demo"][0]
    place = {"stream": "suspensions:demo", "sequence": 1, "recorded_at": row[1], "previous_hash": row[2]}
    payload = second.sha256(second.payload_of(columns, []))
    row[3] = second.sha256(second.metadata_of("suspensions", place, columns, [], payload))
    with pytest.raises(LogDamaged, match="lead to another root"):
        prove(read(told))


@pytest.mark.parametrize("change", ["node", "leaf", "order"])
def test_a_proof_that_was_changed_does_not_lead_to_the_root(told, change):
    if change == "node":
        told["proof"][1] = "00" * 32
    elif change == "leaf":
        told["rows"]["notebooks:demo"][0][4] = 2
    else:
        told["proof"][:2] = told["proof"][1::-1]
    with pytest.raises(NotVerified, match=r"lead to another root|does not hold") as raised:
        prove(read(told))
    assert raised.value.exit_code in (20, 28)


@pytest.mark.parametrize("change", [lambda proof: proof[:-1], lambda proof: [*proof, proof[0]]])
def test_a_node_too_few_and_one_too_many_are_refused(told, change):
    told["proof"] = change(told["proof"])
    with pytest.raises(NotVerified, match="inclusion proof does not hold"):
        prove(read(told))


def test_a_checkpoint_that_was_changed_has_no_signature(told):
    told["checkpoint"] = told["checkpoint"].replace("\n13\n", "\n14\n")
    with pytest.raises(LogDamaged, match="has no signature of"):
        prove(read(told))


def test_a_log_made_anew_with_another_key_is_seen_by_whoever_knows_the_key(told):
    text = told["checkpoint"].partition("\n\n")[0] + "\n"
    told |= {"checkpoint": signed_note(text, OTHER), "keys": [f"{OTHER.verifier}\n"]}
    assert not prove(read(told)).sighting.pinned  # by itself it is in order: only the key tells
    with pytest.raises(LogDamaged, match="is signed by"):
        prove(read(told), pins=(SIGNER.verifier,))


def test_a_key_that_was_handed_over_counts_and_one_that_was_not_does_not(told):
    old, (origin, size, _) = OTHER, told["checkpoint"].split("\n")[:3]
    hand_over = keys.hand_over(old, SIGNER, Checkpoint(origin, 5, bytes(32))).decode()
    told["keys"] = [f"{old.verifier}\n", hand_over]
    assert prove(read(told), pins=(old.verifier,)).sighting.checkpoint.size == int(size)
    told["keys"] = [f"{old.verifier}\n", hand_over.replace("\n5\n", "\n6\n")]
    with pytest.raises(LogDamaged):
        prove(read(told))
    told["keys"] = []
    with pytest.raises(NotVerified, match="There is no log at the bundle"):
        prove(read(told))


def test_a_row_that_is_there_twice_and_a_bundle_without_rows_are_refused(told):
    night = told["rows"][NIGHT]
    with pytest.raises(NotVerified, match="is there twice"):
        prove(read(told | {"rows": {NIGHT: [night[0], night[0]]}}))
    with pytest.raises(NotVerified, match="it has no row"):
        prove(read(told | {"rows": {}}))


def test_a_table_that_the_record_does_not_have_and_missing_columns_are_refused(told):
    rows = {"wealth:demo": told["rows"][NIGHT]}
    with pytest.raises(NotVerified, match="there is no table 'wealth'"):
        prove(read(told | {"rows": rows}))
    del told["rows"][NIGHT][0][5][3]
    with pytest.raises(NotVerified, match="13 values for 14 columns"):
        prove(read(told))


def test_a_row_before_that_is_not_there_is_missed(told):
    del told["rows"][NIGHT][0]
    with pytest.raises(NotVerified, match="does not say the hash of the row before it"):
        prove(read(told))


@pytest.mark.parametrize(
    "changed",
    [
        {"length": 0},
        {"length": 65},
        {"length": 2**52},
        {"rest": ""},
        {"rest": "0041"},
        {"state": "00" * 32},
    ],
)
def test_what_is_skipped_cannot_be_something_else(told, changed):
    bundle = read(told)
    (row,) = [row for row in bundle.rows if row.skipped]
    other = replace(row, skipped=replace(row.skipped, **changed))
    rows = tuple(other if one is row else one for one in bundle.rows)
    with pytest.raises(NotVerified, match="backtest_results:demo, row 1"):
        prove(replace(bundle, rows=rows))


def test_no_other_table_and_no_other_column_may_begin_behind_what_is_skipped(told, second):
    """Every other cut of the same payload, honest in itself, is refused: it could show values under other names."""
    bundle, columns = read(told), VECTOR["backtest"]["columns"]
    (row,) = [row for row in bundle.rows if row.skipped]
    assert list(SHORTENED) == ["backtest_results"]
    refused = 0
    for at in range(1, len(columns)):
        if columns[at][0] == SHORTENED["backtest_results"]:
            continue
        head = second.payload_of(columns[:at], [])
        length = len(head) // 64 * 64
        skipped = Skipped(length, second.state_after(head[:length]).hex(), head[length:].hex())
        other = replace(row, skipped=skipped, values=tuple(value for *_, value in columns[at:]))
        with pytest.raises(NotVerified, match="where its first value begins"):
            prove(replace(bundle, rows=tuple(other if one is row else one for one in bundle.rows)))
        refused += 1
    assert refused == len(columns) - 2


def test_the_payload_of_a_table_without_public_columns_is_not_left_out(told):
    row = told["rows"][NIGHT][0]
    row[5:] = [[], {"payload_hash": "ab" * 32}]
    with pytest.raises(NotVerified):
        prove(read(told))


def test_the_key_of_the_vector_is_the_one_that_the_document_names():
    assert VerifierKey.parse(VECTOR["bundle"]["keys"][0]) == SIGNER.verifier
