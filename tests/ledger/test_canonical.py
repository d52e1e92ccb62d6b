"""The canonical form: vectors, a second implementation from the document, and the server's own triggers agree."""

import base64
import importlib.util
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql

from framework.errors import Edited
from framework.ledger.canonical import kind_of, own_columns, read_canonical
from framework.ledger.merkle import Frontier, leaf_hash
from framework.ledger.notes import Checkpoint, Signer, VerifierKey, opened_note, signed_note
from framework.ledger.schema import CHAIN, METADATA, PUBLIC
from framework.ledger.snapshot import rows, rows_from, snapshot, streams
from framework.ledger.tiles import TIME, Entry

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests" / "answers" / "canonical_form.json").read_text())
LOG = VECTORS["log"]


@pytest.fixture(scope="module")
def second():
    spec = importlib.util.spec_from_file_location("second", Path(__file__).with_name("second.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_second_implementation_gives_the_vectors(second):
    previous = {}
    for row in VECTORS["rows"]:
        payload = second.payload_of(row["columns"], row["public"])
        metadata = second.metadata_of(row["table"], row, row["columns"], row["public"], row["payload_hash"])
        assert (payload.hex(), second.sha256(payload)) == (row["payload"], row["payload_hash"])
        assert (metadata.hex(), second.sha256(metadata)) == (row["metadata"], row["row_hash"])
        assert row["previous_hash"] == previous.get(row["stream"], "00" * 32)
        previous[row["stream"]] = row["row_hash"]
    kinds = {kind for row in VECTORS["rows"] for _, kind, _ in row["columns"]}
    assert kinds == {*second.BYTES}
    assert any(value is None for row in VECTORS["rows"] for *_, value in row["columns"])


def test_the_second_implementation_gives_the_log_of_the_vectors(second):
    rows = VECTORS["rows"]
    first, later = LOG["times"]
    entries = [*map(second.row_entry, rows[:5]), second.time_entry(first)]
    entries += [*map(second.row_entry, rows[5:]), second.time_entry(later)]
    assert [entry.hex() for entry in entries] == LOG["entries"]
    assert (second.root_of(entries).hex(), second.root_of(entries[:6]).hex()) == (
        LOG["root"],
        LOG["root_of_6"],
    )


def test_the_first_implementation_gives_the_log_of_the_vectors():
    tree = Frontier()
    entries = [bytes.fromhex(entry) for entry in LOG["entries"]]
    for entry, leaf in zip(entries, LOG["leaves"], strict=True):
        assert leaf_hash(entry).hex() == leaf
        tree.append(leaf_hash(entry))
    assert tree.root().hex() == LOG["root"]
    for row, entry in zip(VECTORS["rows"], [*entries[:5], *entries[6:-1]], strict=True):
        made = Entry(bytes.fromhex(row["row_hash"]), row["sequence"], row["stream"].encode())
        assert made.encoded() == entry
    assert entries[5][:32] == TIME
    signer = Signer("log.example/record", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    assert str(signer.verifier) == LOG["verifier_key"]
    checkpoint = Checkpoint("log.example/record", len(entries), tree.root())
    assert signed_note(checkpoint.text(), signer) == LOG["checkpoint"]
    text = opened_note(LOG["checkpoint"].encode(), VerifierKey.parse(LOG["verifier_key"]))
    assert base64.b64decode(text.split("\n")[2]).hex() == LOG["root"]


def put(attacker, row) -> None:
    """A vector as it is, past the trigger that would set its chain."""
    names = [name for name, _, _ in row["columns"]]
    values = [value for *_, value in row["columns"]]
    chain = [row.get(name) for name in CHAIN]
    for name in ("payload_hash", "previous_hash", "row_hash"):
        chain[CHAIN.index(name)] = "\\x" + row[name]
    columns = sql.SQL(", ").join(map(sql.Identifier, [*names, *CHAIN]))
    marks = sql.SQL(", ").join(sql.Placeholder() * (len(names) + len(CHAIN)))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(row["table"]), columns, marks
    )
    attacker.execute(statement, [*values, *map(str, chain)])


def test_the_server_hands_the_vectors_out_as_they_are_hashed(ledger, attacker):
    tables = {row["table"] for row in VECTORS["rows"]}
    for row in VECTORS["rows"]:
        put(attacker, row)
    with snapshot(ledger) as connection:
        found = {
            (row.stream.decode(), row.sequence): row
            for table in tables
            for row in rows(connection, METADATA.tables[f"public.{table}"])
        }
    assert len(found) == len(VECTORS["rows"])
    for row in VECTORS["rows"]:
        read = found[row["stream"], row["sequence"]]
        assert read.sound, row
        assert (read.row_hash.hex(), read.previous_hash.hex()) == (row["row_hash"], row["previous_hash"])


def test_what_the_triggers_hash_is_what_the_document_says_in_every_table(ledger, filled, attacker, second):
    attacker.execute("SET timezone = 'UTC'")
    checked = 0
    for table in METADATA.sorted_tables:
        public, payload = own_columns(table)
        names = [column.name for column in table.columns if column.name not in CHAIN]
        kinds = {column.name: kind_of(column) for column in public + payload}
        texts = ", ".join(f"{name}::text" for name in [*names, *CHAIN])
        for answer in attacker.execute(f"SELECT {texts} FROM {table.name}").fetchall():  # noqa: S608
            columns = [
                [name, kinds[name], value] for name, value in zip(names, answer[: len(names)], strict=True)
            ]
            chain = dict(zip(CHAIN, answer[len(names) :], strict=True))
            row = chain | {"sequence": int(chain["sequence"])}
            shown = PUBLIC.get(table.name, ())
            payload_hash = second.sha256(second.payload_of(columns, shown))
            assert chain["payload_hash"] == f"\\x{payload_hash}"
            metadata = second.metadata_of(table.name, row, columns, shown, payload_hash)
            assert chain["row_hash"] == f"\\x{second.sha256(metadata)}"
            checked += 1
    assert checked == sum(ledger.counts().values()) > 20


def test_every_row_of_every_table_is_read_and_sound_also_from_the_middle(ledger, filled):
    read = 0
    with snapshot(ledger) as connection:
        for table in METADATA.sorted_tables:
            found = list(rows(connection, table))
            assert found, table.name
            assert all(row.sound and not row.withheld for row in found)
            names = streams(connection, table)
            assert sorted(names) == sorted({row.stream for row in found})
            for name in names:
                whole = [row for row in found if row.stream == name]
                assert list(rows_from(connection, table, name, 2)) == whole[1:]
            read += len(found)
    assert read == sum(ledger.counts().values())


def test_a_value_that_was_changed_makes_its_row_unsound_and_no_other(ledger, filled, attacker):
    attacker.execute(
        "UPDATE bar_blocks SET content = content || '\\x00' WHERE stream = 'bar_blocks:sample:KO' AND sequence = 2"
    )
    attacker.execute(
        "UPDATE bar_blocks SET known_at = known_at + interval '1 us' WHERE stream = 'bar_blocks:sample:IBM'"
    )
    with snapshot(ledger) as connection:
        found = list(rows(connection, METADATA.tables["public.bar_blocks"]))
    unsound = {(row.stream, row.sequence) for row in found if not row.sound}
    assert unsound == {
        (b"bar_blocks:sample:KO", 2),
        (b"bar_blocks:sample:IBM", 1),
        (b"bar_blocks:sample:IBM", 2),
    }


def test_a_row_without_its_chain_is_an_error_that_names_the_table(ledger, filled, attacker):
    attacker.execute("ALTER TABLE bar_blocks ALTER previous_hash DROP NOT NULL")
    attacker.execute("UPDATE bar_blocks SET previous_hash = NULL WHERE sequence = 2")
    with snapshot(ledger) as connection, pytest.raises(Edited, match="A row of bar_blocks lacks a part"):
        list(rows(connection, METADATA.tables["public.bar_blocks"]))


@pytest.mark.parametrize("length", [3, 20, 60, 150])
def test_a_block_that_was_cut_short_is_no_row(length):
    with pytest.raises(Edited):
        list(read_canonical([bytes(length)], METADATA.tables["public.bar_blocks"]))


def test_the_document_names_the_types_and_public_columns_that_there_are():
    document = " ".join((ROOT / "docs" / "record.md").read_text().split())
    assert (
        "In `bar_blocks`, `feature_blocks` and `notebooks` all columns but the content are public" in document
    )
    assert PUBLIC.keys() == {"bar_blocks", "feature_blocks", "notebooks"}
    for table in METADATA.sorted_tables:
        public, payload = own_columns(table)
        assert tuple(column.name for column in public) == PUBLIC.get(table.name, ())
        assert [column.name for column in payload] == ["content"] or not public
