import os
import stat
import subprocess

import pytest

from framework.errors import LedgerError
from framework.ledger.place import UNNEEDED, Account, programs, refuse_foreign, settle

NOBODY = Account("nobody", 65534, 65534)


def test_programs_below_a_private_folder_are_copied_where_the_server_can_run_them(home):
    """As root. Anyone else runs the server as himself, and copies nothing."""
    wheel = programs(None).parents[1]
    private, shelter = home.parent / "private", home.parent / "shelter"
    private.mkdir(mode=0o700)
    shelter.mkdir(mode=0o755)
    for name in (wheel.name, f"{wheel.name}.libs"):
        (private / name).symlink_to(wheel.with_name(name))
    account = NOBODY if os.geteuid() == 0 else None
    found = programs(account, shelter, wheel=private / wheel.name)
    assert found.is_relative_to(shelter if account else private)
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    said = subprocess.run(
        [found / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/", **identity
    )
    assert said.stdout.startswith("postgres (PostgreSQL) 16")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert programs(account, shelter, wheel=private / wheel.name) == found
    assert len(list(shelter.iterdir())) == (1 if account else 0)


def test_the_copy_has_no_headers_and_no_second_server():
    ignored = UNNEEDED("", ["bin", "lib", "share", "include", "pginstall18", "libpq.a"])
    assert ignored == {"include", "pginstall18", "libpq.a"}


def test_the_socket_is_short_however_deep_the_home(home):
    deep = home.joinpath(*["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    place = settle(deep)
    assert place.cluster == deep / "cluster"
    assert len(os.fsencode(place.sockets / ".s.PGSQL.5432")) <= 107


def test_a_folder_that_somebody_else_made_in_a_public_place_is_refused(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o755)
    refuse_foreign(mine, uid=os.geteuid())
    with pytest.raises(LedgerError, match="belongs to user"):
        refuse_foreign(mine, uid=os.geteuid() + 1)
    mine.chmod(0o777)
    with pytest.raises(LedgerError, match="others may write"):
        refuse_foreign(mine, uid=os.geteuid())
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(LedgerError, match=str(link)):
        refuse_foreign(link, uid=os.geteuid())
