"""Every vendor's bars go into the vault, or nothing does: each is found by itself and asked through its own client."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from venues import reach
from venues.faults import Fault

from framework.data.sources import find, names
from framework.data.sources.base import Remote
from framework.errors import BadBars, KeyRefused, OpenbookError, SpecError, VendorDown
from framework.job.reach import reached
from framework.job.sync import Synced, sync

VENDORS = [name for name in names() if isinstance(find(name), Remote)]
LATER = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(params=VENDORS)
def module(request):
    return import_module(f"venues.{request.param}")


@pytest.fixture
def venue(module):
    with module.Venue() as standing:
        yield standing


@pytest.fixture
def project(tmp_path, module, venue, monkeypatch):
    """A project whose only job trades two of the venue's symbols, measured against a third."""
    first, second, third = module.SYMBOLS
    (tmp_path / "papermill_jobs").mkdir()
    (tmp_path / "papermill_jobs" / "two.yaml").write_text(
        f"strategy: two_of_{venue.NAME}:STRATEGY\nresearch: notebooks/two.ipynb\ndata: {venue.NAME}\n"
        f'calendar: "{venue.market.calendar}"\nbenchmark: {{source: {venue.NAME}, symbol: "{third}"}}\n'
        'schedule: "30 22 * * 1-5"\nmode: paper\ncapital: 1000.0\n'
        "costs: {commission_bps: 1.0, half_spread_bps: 5.0}\n"
    )
    (tmp_path / f"two_of_{venue.NAME}.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Two:\n"
        f"    universe: tuple = ({first!r}, {second!r})\n    warmup: int = 1\n    def weights(self, bars): ...\n"
        "STRATEGY = Two()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def synced(ledger, project, venue, access) -> list[Synced]:
    return list(sync(ledger, project, now=venue.market.now, reach=lambda name: find(name, access)))


def test_what_a_vendor_has_is_in_the_vault_afterwards_and_twice_adds_nothing(ledger, project, venue, module):
    access = reach.access(venue, project)
    done = synced(ledger, project, venue, access)
    assert [series.error for series in done] == [None] * 3
    for symbol in module.SYMBOLS:
        given = find(venue.NAME, access).bars([symbol])
        known = ledger.vault.bars([symbol], source=venue.NAME, as_of=LATER)
        assert known.content_hash == given.content_hash
        assert known.sessions[-1] == venue.market.over
        assert "not to be passed on" in known.licence
    before = ledger.counts()
    assert [series.appended.bars for series in synced(ledger, project, venue, access)] == [0, 0, 0]
    assert ledger.counts() == before


@pytest.mark.parametrize("fault", [Fault.STORM, Fault.RESET, Fault.DUPLICATE, Fault.JUMP, Fault.ZERO])
def test_a_vendor_that_fails_leaves_the_vault_as_it_was(ledger, project, venue, module, fault):
    access = reach.access(venue, project)
    synced(ledger, project, venue, access)
    before = ledger.counts()
    symbol = module.SYMBOLS[0]
    listing = venue.market.listings[symbol]
    listing.prices.loc[venue.market.over, "close"] += 0.01  # so that the whole series is fetched again
    venue.faults.add(fault)
    (failed,) = [each for each in synced(ledger, project, venue, access) if each.symbol == symbol]
    down = fault in {Fault.STORM, Fault.RESET}  # then the vendor is asked once, and for no other symbol
    assert isinstance(failed.error, VendorDown if down else BadBars)
    assert (min(module.SYMBOLS) if down else symbol) in failed.error.what
    assert ledger.counts() == before


def test_a_refused_key_stores_nothing(ledger, project, venue, module):
    for wrong in module.WRONG:
        done = synced(ledger, project, venue, reach.access(venue, project, files=wrong))
        assert [type(series.error) for series in done] == [KeyRefused] * 3
    assert ledger.vault.count() == 0


def test_the_settings_keys_reach_it(ledger, project, venue, module, monkeypatch):
    folder = reach.write_keys(project, venue.NAME, reach.given(venue, project))
    monkeypatch.setenv("OPENBOOK_KEYS", str(folder))
    assert reached(venue.NAME).bars([module.SYMBOLS[0]]).symbols == (module.SYMBOLS[0],)
    (folder / venue.NAME / "other").write_text("anybody may read this")
    (folder / venue.NAME / "other").chmod(0o644)
    with pytest.raises(SpecError, match=r"mode 0644.*chmod 600"):
        reached(venue.NAME)


def test_no_error_of_a_vendor_is_anything_but_ours(ledger, project, venue):
    venue.faults.add(Fault.FORM)
    access = reach.access(venue, project, patience=reach.quick([], timeout_seconds=0.3))
    assert all(isinstance(series.error, OpenbookError) for series in synced(ledger, project, venue, access))
