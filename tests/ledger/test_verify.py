"""A superuser with no guard in his way, against a signed log: each attack is found, and named with stream and row."""

import pytest

from framework.errors import (
    BackDated,
    Deleted,
    DiskDamaged,
    Edited,
    NotVerified,
    Reordered,
    Rewritten,
    Truncated,
)
from framework.ledger.checkpoint import sign

STREAM = "suspensions:s"
CLOSE = "2022-12-27 21:00+00"
SAY = "INSERT INTO suspensions (strategy, action, reason, reviewer, known_at) VALUES ('s', 'suspend', %s, 'eve', %s)"


@pytest.fixture
def signed(filled, make_run, log_home):
    """A full ledger whose stream `suspensions:s` has nine rows, the last two of which no checkpoint covers."""

    def say(*reasons: str) -> None:
        for reason in reasons:
            filled.append_suspension(
                "s", action="suspend", reason=reason, reviewer="ada", known_at=make_run().as_of
            )

    say("two", "three", "four")
    sign(filled, home=log_home)
    say("five", "six", "seven")
    sign(filled, home=log_home)
    say("eight", "nine")
    return filled


@pytest.fixture
def keep_time(attacker):
    """Let the chain's own trigger run for the attacker, with the times that he gives: chains that are whole."""
    source = attacker.execute("SELECT pg_get_functiondef('guard.chain_suspensions'::regproc)").fetchone()[0]
    changed = source.replace("\nBEGIN\n", "\nDECLARE given timestamptz := NEW.recorded_at;\nBEGIN\n")
    changed = changed.replace("NEW.payload_hash :=", "NEW.recorded_at := given; NEW.payload_hash :=")
    assert changed.count("given") == 2
    attacker.execute(changed)
    attacker.execute("ALTER TABLE suspensions ENABLE ALWAYS TRIGGER chain")


def only(report, kind, sequence, stream=STREAM):
    """The one finding, raised as its error."""
    assert [(one.kind, one.stream, one.sequence) for one in report.findings] == [(kind, stream, sequence)]
    with pytest.raises(kind) as raised:
        report.check()
    assert f"{stream}, row {sequence}: " in raised.value.what
    return raised.value


def test_an_untouched_record_verifies_and_says_how_much_the_log_does_not_cover(signed, held):
    report = held()
    report.check()
    assert report.findings == []
    assert report.rows == sum(signed.counts().values())
    assert report.unlogged == 2
    assert report.rows == report.checkpoint.size - 2 + 2  # two times are no rows, two rows are not in yet


@pytest.mark.parametrize("sequence", [1, 5, 7, 8, 9])
def test_an_edited_row(signed, attacker, held, sequence):
    attacker.execute(
        "UPDATE suspensions SET reason = 'never' WHERE stream = %s AND sequence = %s", [STREAM, sequence]
    )
    assert only(held(), Edited, sequence).exit_code == 21


@pytest.mark.parametrize(
    "column", ["recorded_at = recorded_at - interval '1 day'", "payload_hash = sha256('')"]
)
def test_an_edited_chain_column(signed, attacker, held, column):
    changed = f"UPDATE suspensions SET {column} WHERE stream = %s AND sequence = 3"  # noqa: S608
    attacker.execute(changed, [STREAM])
    only(held(), Edited, 3)


def test_altered_bars(signed, attacker, held):
    attacker.execute(
        "UPDATE bar_blocks SET content = content || '\\x00' WHERE stream = 'bar_blocks:sample:KO' AND sequence = 2"
    )
    only(held(), Edited, 2, stream="bar_blocks:sample:KO")


def test_a_row_edited_and_hashed_anew_while_the_next_still_follows_the_old(signed, attacker, keep_time, held):
    rows = taken(attacker, 4)
    attacker.execute(
        "UPDATE suspensions SET sequence = sequence + 100 WHERE stream = %s AND sequence > 4", [STREAM]
    )
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence = 4", [STREAM])
    attacker.execute("UPDATE suspensions SET stream = 'x' WHERE sequence > 100")
    put_back(attacker, [("forged", *rows[0][1:])])
    attacker.execute(
        "UPDATE suspensions SET stream = %s, sequence = sequence - 100 WHERE stream = 'x'", [STREAM]
    )
    only(held(), Edited, 4)


def test_rows_deleted_in_the_middle(signed, attacker, held):
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence IN (3, 4)", [STREAM])
    error = only(held(), Deleted, 3)
    assert error.exit_code == 22
    assert "rows 3 to 4 are missing" in error.what


def test_a_row_deleted_and_the_rest_renumbered(signed, attacker, held):
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence = 3", [STREAM])
    for sequence in range(4, 10):
        attacker.execute(
            "UPDATE suspensions SET sequence = sequence - 1 WHERE stream = %s AND sequence = %s",
            [STREAM, sequence],
        )
    only(held(), Deleted, 3)


def test_an_unsigned_row_deleted_before_the_last(signed, attacker, held):
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence = 8", [STREAM])
    only(held(), Deleted, 8)


def test_two_rows_that_changed_places(signed, attacker, held):
    for old, new in ((2, 100), (5, 2), (100, 5)):
        attacker.execute(
            "UPDATE suspensions SET sequence = %s WHERE stream = %s AND sequence = %s", [new, STREAM, old]
        )
    assert only(held(), Reordered, 2).exit_code == 23


def test_the_end_cut_off(signed, attacker, held):
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence > 5", [STREAM])
    error = only(held(), Truncated, 6)
    assert error.exit_code == 25
    assert "2 rows that were signed are missing" in error.what


def test_a_stream_or_table_that_is_gone(signed, attacker, held):
    attacker.execute("DELETE FROM bar_blocks WHERE stream = 'bar_blocks:sample:IBM'")
    only(held(), Truncated, 1, stream="bar_blocks:sample:IBM")
    attacker.execute("DROP TABLE suspensions")
    report = held()
    assert {finding.stream for finding in report.findings} == {STREAM, "bar_blocks:sample:IBM"}
    with pytest.raises(Truncated, match="1 more stream does not verify: suspensions:s from row 1"):
        report.check()


def test_a_chain_rewritten_from_a_row_on_whole_in_itself(signed, attacker, keep_time, held):
    rows = taken(attacker, 4)
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence >= 4", [STREAM])
    put_back(attacker, [("forged", *rows[0][1:]), *rows[1:]])
    assert attacker.execute("SELECT count(*) FROM suspensions WHERE stream = %s", [STREAM]).fetchone() == (9,)
    assert only(held(), Rewritten, 4).exit_code == 26


def test_a_whole_chain_rewritten_with_a_row_left_out(signed, attacker, keep_time, held):
    rows = taken(attacker, 1)
    attacker.execute("DELETE FROM suspensions WHERE stream = %s", [STREAM])
    put_back(attacker, rows[1:])
    only(held(), Rewritten, 1)


def test_a_back_dated_row_at_the_end(signed, attacker, keep_time, held):
    put_back(attacker, [("late", "2022-12-27 21:05+00")])
    error = only(held(), BackDated, 10)
    assert error.exit_code == 24


def test_a_back_dated_stream_of_its_own(signed, attacker, keep_time, held):
    attacker.execute(
        "INSERT INTO suspensions (strategy, action, reason, reviewer, known_at, recorded_at)"
        " VALUES ('fresh', 'suspend', 'r', 'eve', now(), '2022-12-27 21:05+00')"
    )
    only(held(), BackDated, 1, stream="suspensions:fresh")


def test_a_row_put_in_between_and_the_rest_renumbered(signed, attacker, keep_time, held):
    attacker.execute("UPDATE suspensions SET stream = 'x' WHERE stream = %s AND sequence > 3", [STREAM])
    put_back(attacker, [("late", "2022-12-27 21:05+00")])
    for sequence in range(9, 3, -1):
        attacker.execute(
            "UPDATE suspensions SET stream = %s, sequence = %s WHERE stream = 'x' AND sequence = %s",
            [STREAM, sequence + 1, sequence],
        )
    only(held(), BackDated, 4)


def test_two_rows_with_one_number(signed, attacker, held):
    attacker.execute("ALTER TABLE suspensions DROP CONSTRAINT suspensions_pkey CASCADE")
    attacker.execute(
        "INSERT INTO suspensions SELECT * FROM suspensions WHERE stream = %s AND sequence = 4", [STREAM]
    )
    only(held(), BackDated, 4)


def test_an_older_copy_of_the_whole_record(signed, attacker, held):
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence > 4", [STREAM])
    with pytest.raises(Truncated, match=r"as at the checkpoint of \d+ entries: an older copy"):
        held().check()


def test_the_gravest_of_several_is_raised_and_the_others_are_counted(signed, attacker, held):
    attacker.execute("DELETE FROM suspensions WHERE stream = %s AND sequence > 5", [STREAM])
    attacker.execute("UPDATE trials SET sharpe = 9 WHERE sequence = 1")
    report = held()
    assert len(report.findings) == 2
    with pytest.raises(Edited, match=r"trials:dual_momentum, row 1: .* 1 more stream does not verify"):
        report.check()


def test_a_server_that_computes_false_hashes_does_not_help(signed, attacker, held):
    attacker.execute("UPDATE suspensions SET reason = 'never' WHERE stream = %s AND sequence = 2", [STREAM])
    attacker.execute("CREATE SCHEMA mine")
    attacker.execute(
        "CREATE FUNCTION mine.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$"
    )
    attacker.execute("ALTER ROLE openbook_app SET search_path = mine, public")
    attacker.execute(
        "CREATE FUNCTION public.numeric_text(numeric) RETURNS text LANGUAGE sql AS $$ SELECT '1' $$"
    )
    attacker.execute("CREATE CAST (numeric AS text) WITH FUNCTION public.numeric_text(numeric) AS IMPLICIT")
    only(held(), Edited, 2)


def test_every_kind_has_an_exit_code_of_its_own():
    kinds = [NotVerified, *NotVerified.__subclasses__()]
    assert sorted(kind.exit_code for kind in kinds) == list(range(20, 30))
    assert DiskDamaged in kinds


def taken(attacker, sequence: int) -> list[tuple[str, object]]:
    """Reason and time of the rows from a sequence on."""
    return attacker.execute(
        "SELECT reason, recorded_at FROM suspensions WHERE stream = %s AND sequence >= %s ORDER BY sequence",
        [STREAM, sequence],
    ).fetchall()


def put_back(attacker, rows) -> None:
    for reason, recorded_at in rows:
        attacker.execute(
            "INSERT INTO suspensions (strategy, action, reason, reviewer, known_at, recorded_at)"
            " VALUES ('s', 'suspend', %s, 'ada', %s, %s)",
            [reason, CLOSE, recorded_at],
        )
