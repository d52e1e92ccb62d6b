"""Keys: who may read the files, and that nothing else shows what is in them."""

import copy
import pickle
import traceback

import pytest
from venues.market import NOW

from framework.access import Access, keys
from framework.errors import SpecError

CANARY = "canary-5d1f-never-shown"


@pytest.fixture
def folder(tmp_path):
    """A venue's keys as a user has them: a secret, and an option beside it."""
    place = tmp_path / "alpaca"
    place.mkdir()
    for name, text in {"secret_key": CANARY + "\n", "feed": "iex"}.items():
        (place / name).write_text(text)
        (place / name).chmod(0o600)
    return tmp_path


def test_a_key_is_the_line_in_its_file(folder):
    read = keys.read(folder, "alpaca")
    assert read.reveal("secret_key") == CANARY
    assert read.option("feed", "sip") == "iex"
    assert read.option("address", "https://there") == "https://there"


def test_no_folder_is_no_key_and_the_missing_file_is_named(tmp_path):
    read = keys.read(tmp_path, "alpaca")
    assert not read.values
    with pytest.raises(SpecError, match=rf"{tmp_path}/alpaca/key_id is not there.*chmod 600"):
        read.reveal("key_id")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o660, 0o777])
def test_a_file_that_others_may_read_or_write_is_refused(folder, mode):
    (folder / "alpaca" / "secret_key").chmod(mode)
    with pytest.raises(SpecError, match=rf"mode {mode:04o}.*chmod 600") as caught:
        keys.read(folder, "alpaca")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o640])
def test_a_file_for_its_owner_or_his_group_is_read(folder, mode):
    (folder / "alpaca" / "secret_key").chmod(mode)
    assert keys.read(folder, "alpaca").reveal("secret_key") == CANARY


def test_a_mounted_secret_is_a_link_and_its_target_is_judged(folder):
    hidden = folder / "alpaca" / "..data"
    hidden.mkdir()
    (folder / "alpaca" / "secret_key").rename(hidden / "secret_key")
    (folder / "alpaca" / "secret_key").symlink_to(hidden / "secret_key")
    assert keys.read(folder, "alpaca").reveal("secret_key") == CANARY
    (hidden / "secret_key").chmod(0o644)
    with pytest.raises(SpecError, match="mode 0644"):
        keys.read(folder, "alpaca")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"two\nlines", b"\xff\xfe", b"x" * 10_000])
def test_what_is_no_line_of_text_is_refused_without_showing_it(folder, content):
    (folder / "alpaca" / "secret_key").write_bytes(content)
    with pytest.raises(SpecError, match="one line") as caught:
        keys.read(folder, "alpaca")
    assert "two" not in str(caught.value)
    assert "xxx" not in str(caught.value)


def test_nothing_that_is_printed_shows_a_key(folder):
    read = keys.read(folder, "alpaca")
    access = Access(NOW, read)
    for told in (
        repr(read),
        str(read),
        repr(read.values),
        repr(access),
        f"{read.values['secret_key']}",
        str(vars(read)),
    ):
        assert CANARY not in told
        assert "alpaca" in told or "hidden" in told


def test_a_key_cannot_be_pickled_or_copied_into_a_file(folder):
    for held in (keys.read(folder, "alpaca"), keys.read(folder, "alpaca").values["secret_key"]):
        with pytest.raises(SpecError, match="cannot be pickled"):
            pickle.dumps(held)
        with pytest.raises(SpecError, match="cannot be pickled"):
            copy.deepcopy(held)


def test_a_message_that_repeats_a_key_is_told_without_it(folder):
    (folder / "alpaca" / "part").write_text(CANARY[:6])  # a key within a key
    (folder / "alpaca" / "part").chmod(0o600)
    said = keys.read(folder, "alpaca").hide(f"{CANARY} is unknown")
    assert said == "(hidden) is unknown"


def test_a_traceback_with_locals_does_not_show_a_key(folder):
    read = keys.read(folder, "alpaca")
    try:
        read.reveal("other")
    except SpecError as error:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "alpaca" in told
    assert CANARY not in told


def test_a_name_with_a_path_in_it_leads_nowhere(folder):
    assert not keys.read(folder / "elsewhere", "../alpaca").values
