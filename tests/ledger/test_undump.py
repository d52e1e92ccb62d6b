"""Dumps of all three kinds verify like the database; malformed ones are errors, and nothing in them is executed."""

import gzip
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from framework.errors import Deleted, Edited, NotVerified
from framework.ledger.audit import audit
from framework.ledger.canonical import kind_of, own_columns
from framework.ledger.checkpoint import sign
from framework.ledger.cluster import SUPERUSER
from framework.ledger.door import Door
from framework.ledger.dump import dump
from framework.ledger.engine import engine_for
from framework.ledger.gaps import gaps
from framework.ledger.place import SHELTER, programs
from framework.ledger.schema import CHAIN, METADATA, PUBLIC
from framework.ledger.snapshot import rows, snapshot
from framework.ledger.tiles import Folder
from framework.ledger.undump import laid_out, lay
from framework.ledger.verify import verify
from framework.ledger.witness import sighted


@pytest.fixture
def pg_dump(superuser_url, tmp_path):
    """Have the wheel's pg_dump write a dump of the test's database."""
    to = make_url(superuser_url)

    def write(name: str, *options: str) -> Path:
        path = tmp_path / name
        command = [programs(None) / "pg_dump", "--host", to.query["host"], "--username", to.username]
        subprocess.run([*command, *options, "--file", path, to.database], check=True)
        return path

    return write


@pytest.fixture
def scratch(server):
    """An emptied database to lay a dump out in; its connection and a door to it."""
    at = {"host": str(server.place.sockets), "user": SUPERUSER, "autocommit": True}
    with psycopg.connect(dbname="postgres", **at) as maker:
        maker.execute("CREATE DATABASE scratch TEMPLATE template0")
        with psycopg.connect(dbname="scratch", **at) as connection:
            yield connection, Door(engine_for(server.url("scratch", SUPERUSER)))
        maker.execute("DROP DATABASE scratch WITH (FORCE)")


@pytest.fixture
def laid(scratch):
    """Lay a dump out in that database, in the place of the last one."""
    connection, door = scratch

    def empty_and_lay(dump: Path) -> Door:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        lay(dump, connection)
        return door

    return empty_and_lay


@pytest.fixture
def check(filled, log_home, laid):
    """Sign the full record, and hold a dump to it: the report, and what is passed over."""
    sign(filled, home=log_home)

    def hold(dump: Path):
        files, door = Folder(log_home / "log"), laid(dump)
        with audit(files, sighted(files).checkpoint) as found:
            return verify(door, found, withheld="withheld"), gaps(door)

    return hold


@pytest.fixture
def jsonl(filled, attacker, tmp_path):
    """Write a dump in JSON Lines as docs/record.md says; `withhold` says of which tables the payload."""

    def write(name: str, *, withhold: tuple[str, ...] = (), change=lambda line: line) -> Path:
        tables = {table.name: table for table in METADATA.sorted_tables}
        told = {
            table.name: {
                "columns": [[c.name, kind_of(c)] for c in table.columns if c.name not in CHAIN],
                "public": list(PUBLIC.get(table.name, ())),
            }
            for table in tables.values()
        }
        lines = [{"format": "openbook-dump/1", "revision": "0001", "tables": told}]
        for table in tables.values():
            lines += _rows(attacker, table, withheld=table.name in withhold)
        hidden = sum(line[7] for line in lines[1:])
        lines.append({"rows": len(lines) - 1, "withheld": hidden})
        path = tmp_path / name
        path.write_bytes(gzip.compress(b"".join(json.dumps(change(line)).encode() + b"\n" for line in lines)))
        return path

    return write


def _rows(attacker, table, *, withheld: bool):
    _, payload = own_columns(table)
    names = [column.name for column in table.columns if column.name not in CHAIN]
    chain = "stream, sequence, recorded_at::text, encode(previous_hash, 'hex'), encode(payload_hash, 'hex')"
    texts = ", ".join(f"{name}::text" for name in names)
    query = f"SELECT {chain}, encode(row_hash, 'hex'), {texts} FROM {table.name} ORDER BY 1, 2"  # noqa: S608
    hidden = {column.name for column in payload} if withheld else set()
    for (*said,) in attacker.execute(query).fetchall():
        values = [None if name in hidden else value for name, value in zip(names, said[6:], strict=True)]
        yield [table.name, *said[:6], withheld, values]


@pytest.mark.parametrize("options", [(), ("--format=custom",), ("--data-only",), ("--schema=public",)])
def test_what_pg_dump_writes_verifies(check, pg_dump, filled, options):
    report, passed_over = check(pg_dump("dump", *options))
    report.check()
    assert report.rows == sum(filled.counts().values())
    assert (report.unlogged, report.withheld, passed_over) == (0, 0, [])


def test_a_dump_is_laid_out_on_a_server_of_its_own_that_leaves_nothing_behind(pg_dump, filled):
    before = {*SHELTER.iterdir()}
    with laid_out(pg_dump("dump")) as door, snapshot(door) as connection:
        found = sum(
            1 for table in METADATA.sorted_tables for _ in rows(connection, table, withheld="withheld")
        )
    assert found == sum(filled.counts().values())
    assert {path for path in SHELTER.iterdir() if path.name.startswith("openbook-scratch-")} <= before


def test_a_plain_dump_may_be_compressed(check, pg_dump):
    path = pg_dump("dump.sql")
    compressed = path.with_suffix(".gz")
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    check(compressed)[0].check()


@pytest.mark.parametrize("public", [False, True])
def test_what_openbook_dump_writes_verifies(check, filled, tiny_bars, tmp_path, log_home, public):
    filled.vault.append_bars(replace(tiny_bars, source="vendor", licence="theirs"), calendar="XNYS")
    sign(filled, home=log_home)
    done = dump(filled, tmp_path / "dump", public=public)
    report, _ = check(tmp_path / "dump")
    report.check()
    assert (report.rows, report.withheld) == (sum(filled.counts().values()), done.withheld)
    assert done.withheld == (2 if public else 0)


def test_a_dump_as_the_document_says_verifies(check, jsonl, filled):
    report, _ = check(jsonl("dump"))
    report.check()
    assert (report.rows, report.withheld) == (sum(filled.counts().values()), 0)


def test_a_dump_without_payloads_verifies_and_says_of_how_many_rows(check, jsonl, filled):
    report, _ = check(jsonl("dump", withhold=("bar_blocks", "trials")))
    report.check()
    assert report.withheld == filled.counts()["bar_blocks"] + filled.counts()["trials"]


def test_a_block_without_payload_columns_is_withheld(check, pg_dump, tmp_path):
    lines = pg_dump("dump.sql", "--data-only", "--table=suspensions").read_text().splitlines(keepends=True)
    whole = pg_dump("whole.sql").read_text()
    start = next(number for number, line in enumerate(lines) if line.startswith("COPY public.suspensions"))
    names = lines[start].partition("(")[2].partition(")")[0].split(", ")
    kept = [number for number, name in enumerate(names) if name in CHAIN]
    values = lines[start + 1].rstrip("\n").split("\t")
    block = lines[start] + lines[start + 1]
    less = f"COPY public.suspensions ({', '.join(names[at] for at in kept)}) FROM stdin;\n"
    less += "\t".join(values[at] for at in kept) + "\n"
    assert block in whole
    (tmp_path / "less.sql").write_text(whole.replace(block, less))
    report, _ = check(tmp_path / "less.sql")
    report.check()
    assert report.withheld == 1


def test_a_value_that_was_changed_in_a_dump_is_found_and_named(check, pg_dump, jsonl, tmp_path):
    text = pg_dump("dump.sql").read_text()
    assert text.count("100000.1\t50000.1") == 2
    (tmp_path / "changed.sql").write_text(text.replace("100000.1\t50000.1", "100000.2\t50000.1", 1))
    with pytest.raises(Edited, match="portfolio_worth:dual_momentum, row 1"):
        check(tmp_path / "changed.sql")[0].check()
    lost = jsonl("lost", change=lambda line: line)
    lines = gzip.decompress(lost.read_bytes()).splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"bar_blocks:sample:IBM", 1' in line)
    footer = json.loads(lines[-1])
    lines[-1] = json.dumps({**footer, "rows": footer["rows"] - 1}).encode() + b"\n"
    lost.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
    with pytest.raises(Deleted, match="bar_blocks:sample:IBM, row 1"):
        check(lost)[0].check()


def test_nothing_in_a_dump_is_executed(check, pg_dump, tmp_path):
    path, traces = pg_dump("dump.sql"), [tmp_path / name for name in ("one", "two")]
    evil = f"\\! touch {traces[0]}\nCOPY (SELECT 1) TO PROGRAM 'touch {traces[1]}';\nDROP TABLE runs;\n"
    path.write_text(evil + path.read_text())
    check(path)[0].check()
    assert not any(trace.exists() for trace in traces)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it has no row of the record"),
        (b"INSERT INTO runs VALUES (1);\n", "it has no row of the record"),
        (b"age-encryption.org/v1\n", "it is encrypted"),
        (b"PGDMP noise", "pg_restore says"),
        (gzip.compress(b"x" * 1000, mtime=0)[:20], "cannot be decompressed"),
        (b"\x1f\x8bnoise", "cannot be decompressed"),
        (b'{"format": "other/2"}\n', "its format is 'other/2'"),
        (b'{"format": 1, "tables": 3}\n', "its format is '1'"),
        (b"{noise\n", "is not as openbook dump writes it"),
        (b'{"format": "openbook-dump/1", "tables": {}}\n', "it is cut short"),
        (b'{"format": "openbook-dump/1", "tables": {}}\n["runs"]\n', "is not as openbook dump writes it"),
        (b"COPY public.runs (job) FROM stdin;\n", "has other columns than this code knows"),
    ],
)
def test_what_is_no_dump_is_an_error(laid, tmp_path, content, said):
    (tmp_path / "dump").write_bytes(content)
    with pytest.raises(NotVerified, match=said):
        laid(tmp_path / "dump")


def test_dumps_that_were_cut_short_anywhere_are_errors(check, pg_dump, jsonl, tmp_path):
    plain, lines = pg_dump("dump.sql").read_bytes(), gzip.decompress(jsonl("dump").read_bytes())
    cuts = [plain[: plain.index(b"FROM stdin;\n") + 300]]
    cuts += [lines[: len(lines) // 2], lines[: lines.rindex(b"\n", 0, -1) + 1]]
    for cut in cuts:
        (tmp_path / "cut").write_bytes(cut)
        with pytest.raises(NotVerified) as raised:
            check(tmp_path / "cut")
        assert raised.value.exit_code == 20


def test_a_payload_that_is_there_is_not_withheld(check, jsonl):
    def claim(line):
        if isinstance(line, list) and line[0] == "trials":
            return [*line[:7], True, line[8]]
        return line | {"withheld": 1} if "withheld" in line else line

    with pytest.raises(NotVerified, match="has a payload that it says is withheld"):
        check(jsonl("dump", change=claim))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    which=st.integers(0, 1),
    place=st.floats(0.0, 1.0, exclude_max=True),
    gone=st.integers(0, 40),
    noise=st.binary(max_size=12),
)
def test_a_mangled_dump_is_an_error_and_never_verified(  # noqa: PLR0917 - what is drawn
    check, originals, scratch, tmp_path, which, place, gone, noise
):
    original, content = originals[which]
    at = int(place * len(original))
    (tmp_path / "mangled").write_bytes(original[:at] + noise + original[at + gone :])
    try:
        report, _ = check(tmp_path / "mangled")
        report.check()
    except NotVerified:
        return
    assert report.withheld == 0
    assert content_of(scratch[0]) == content


@pytest.fixture
def originals(check, pg_dump, jsonl, laid, scratch):
    """A dump of either kind, and what is in the database once it was laid out."""
    connection, _ = scratch
    found = []
    for path in (pg_dump("small.sql", "--data-only"), jsonl("small")):
        if path.read_bytes().startswith(b"\x1f\x8b"):
            path.write_bytes(gzip.decompress(path.read_bytes()))
        laid(path)
        found.append((path.read_bytes(), content_of(connection)))
    assert found[0][1] == found[1][1]
    return found


def content_of(connection) -> list[str]:
    return sorted(
        f"{table.name}{row}"
        for table in METADATA.sorted_tables
        for (row,) in connection.execute(f"SELECT t::text FROM public.{table.name} AS t").fetchall()  # noqa: S608
    )
