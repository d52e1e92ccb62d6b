"""A dump is read as the ledger that it was made of; one that withholds payloads is refused by name."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from framework.data.sources import find
from framework.errors import NotVerified, PayloadWithheld
from framework.ledger.dump import dump
from framework.ledger.reread import read_again

CLOSE = datetime(2022, 12, 28, 21, tzinfo=UTC)


@pytest.fixture
def filled(ledger):
    """A record with bars that may not be passed on, and a suspension."""
    bars = replace(find("sample").bars(["MTUM", "QUAL"]), licence="for the subscriber's own use")
    ledger.vault.append_bars(bars, calendar="XNYS")
    ledger.append_suspension("one", action="suspend", reason="Odd.", reviewer="A. Reviewer", known_at=CLOSE)
    return ledger


def test_what_is_read_from_a_dump_is_what_the_database_says(filled, tmp_path):
    dump(filled, tmp_path / "record.jsonl.gz", public=False)
    symbols = ("MTUM", "QUAL")
    with read_again(tmp_path / "record.jsonl.gz") as found:
        assert found.counts() == filled.counts()
        assert found.guard() == filled.guard() == "full"
        assert found.is_suspended("one") == filled.is_suspended("one") is not None
        bars = found.vault.bars(symbols, source="sample", as_of=CLOSE)
        pd.testing.assert_frame_equal(
            bars.close, filled.vault.bars(symbols, source="sample", as_of=CLOSE).close
        )
        assert found.vault.series() == filled.vault.series()


def test_a_dump_that_withholds_payloads_is_refused_with_their_number_and_table(filled, tmp_path):
    dump(filled, tmp_path / "public.jsonl.gz", public=True)
    with (
        pytest.raises(PayloadWithheld, match=r"2 of bar_blocks") as raised,
        read_again(tmp_path / "public.jsonl.gz"),
    ):
        pass
    assert raised.value.exit_code == 12


def test_a_file_that_is_no_dump_is_refused(tmp_path):
    (tmp_path / "record.jsonl.gz").write_bytes(b"\x1f\x8b nothing")
    with pytest.raises(NotVerified), read_again(tmp_path / "record.jsonl.gz"):
        pass
