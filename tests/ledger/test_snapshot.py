"""Reading in one snapshot; and a byte that was flipped on the disk, which the server itself notices."""

from datetime import UTC, datetime

import pytest

from framework.errors import DiskDamaged
from framework.ledger import locks
from framework.ledger.connect import open_ledger
from framework.ledger.schema import METADATA
from framework.ledger.snapshot import exists, rows, snapshot, streams

SUSPENSIONS = METADATA.tables["public.suspensions"]
CLOSE = datetime(2022, 12, 27, 21, tzinfo=UTC)


def say(ledger, *strategies: str) -> None:
    for name in strategies:
        ledger.append_suspension(name, action="suspend", reason="r" * 500, reviewer="ada", known_at=CLOSE)


def test_what_is_written_meanwhile_is_not_seen(ledger):
    say(ledger, "a", "b", "b")
    with snapshot(ledger) as connection:
        assert exists(connection, SUSPENSIONS)
        assert streams(connection, SUSPENSIONS) == [b"suspensions:a", b"suspensions:b"]
        say(ledger, "a", "c")
        assert [(row.stream, row.sequence) for row in rows(connection, SUSPENSIONS)] == [
            (b"suspensions:a", 1),
            (b"suspensions:b", 1),
            (b"suspensions:b", 2),
        ]


def test_a_byte_flipped_in_a_page_on_the_disk_is_damage_of_that_table(home, eventually):
    with open_ledger(url=None, admin_url=None, home=home) as ledger:
        say(ledger, "a", "b")
        with ledger.transaction() as connection:
            path = connection.exec_driver_sql("SELECT pg_relation_filepath('public.suspensions')").scalar()
    assert eventually(lambda: not locks.is_held(home / "postgres" / "alive.lock"))
    page = home / "postgres" / "cluster" / path
    content = bytearray(page.read_bytes())
    at = content.index(b"r" * 100)
    content[at] ^= 1
    page.write_bytes(content)
    with open_ledger(url=None, admin_url=None, home=home) as ledger, snapshot(ledger) as connection:
        with pytest.raises(
            DiskDamaged, match="A page of the table suspensions is damaged: invalid page"
        ) as raised:
            list(rows(connection, SUSPENSIONS))
        assert raised.value.exit_code == 29
