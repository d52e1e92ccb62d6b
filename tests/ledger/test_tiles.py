"""Where tiles are, as tlog-tiles says it with examples, and reading them from a folder and over HTTP."""

import contextlib
import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import LogDamaged, NotVerified, SpecError
from framework.ledger.merkle import tree_root
from framework.ledger.tiles import (
    Entry,
    Folder,
    bundled,
    files_at,
    read_tile,
    split_bundle,
    subtrees_of,
    tile_path,
    tiles_of,
)


@pytest.fixture
def served(tmp_path):
    """The address at which a folder is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_paths_are_those_of_the_specification():
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 5, 112) == "tile/entries/005.p/112"
    assert tile_path(2, 0, 1) == "tile/2/000.p/1"


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts():
    widths = {level: [width for _, width in tiles_of(level, 70_000)] for level in range(4)}
    assert (len(widths[0]), widths[0][-1], set(widths[0][:-1])) == (274, 112, {256})
    assert widths[1] == [256, 17]
    assert (widths[2], widths[3]) == ([1], [])
    assert ([*tiles_of(0, 256)], [*tiles_of(1, 256)]) == ([(0, 256)], [(0, 1)])


def test_an_entry_is_hash_number_and_stream():
    assert Entry(b"\1" * 32, 258, b"bars:x").encoded() == b"\1" * 32 + b"\0\0\0\0\0\0\1\2" + b"bars:x"


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(0, 300))
def test_a_bundle_gives_its_entries_back_and_not_when_it_is_cut(entries, cut):
    data = bundled(entries)
    assert split_bundle(data, len(entries), name="b") == entries
    if cut < len(data):
        with pytest.raises(LogDamaged, match="ends within entry"):
            split_bundle(data[:cut], len(entries), name="b")


@given(st.binary(max_size=200), st.integers(1, 256))
def test_noise_is_a_bundle_or_an_error(noise, width):
    with contextlib.suppress(LogDamaged):
        assert len(split_bundle(noise, width, name="b")) == width


def test_roots_come_from_tiles_in_a_folder_and_over_http_alike(invented, served, tmp_path):
    checkpoint = invented("site/log", 70_000 % 1000 + 256)
    for files in (
        Folder(tmp_path / "site" / "log"),
        files_at(tmp_path / "site"),
        files_at(f"{served}/site/"),
    ):
        assert tree_root(subtrees_of(files, checkpoint.size), checkpoint.size) == checkpoint.root
        assert files.read("tile/0/999") is None
        assert files.read("checkpoint") == (tmp_path / "site/log/checkpoint").read_bytes()
    assert str(files_at(f"{served}/site/log")) == f"{served}/site/log"


def test_a_full_tile_serves_where_the_partial_one_is_gone(invented, tmp_path):
    invented("log", 100)
    invented("log", 400)
    (tmp_path / "log/tile/0/000.p/101").unlink()
    assert len(read_tile(Folder(tmp_path / "log"), 0, 0, 101)) == 101 * 32


@pytest.mark.parametrize(("width", "content"), [(5, b""), (5, bytes(31)), (256, bytes(5 * 32))])
def test_a_tile_that_is_missing_or_of_another_length_is_damage(tmp_path, width, content):
    (tmp_path / "tile/0").mkdir(parents=True)
    (tmp_path / "tile/0/000").write_bytes(content)
    with pytest.raises(LogDamaged, match="tile/0/000"):
        read_tile(Folder(tmp_path), 0, 0, width)
    with pytest.raises(LogDamaged, match="lacks tile/0/001"):
        read_tile(Folder(tmp_path), 0, 1, width)


def test_places_that_cannot_be_read_are_errors(tmp_path):
    with pytest.raises(NotVerified, match="cannot be read"):
        files_at("http://127.0.0.1:1/").read("checkpoint")
    with pytest.raises(SpecError, match="neither a folder nor"):
        files_at("ftp://example.com/")
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(NotVerified, match="cannot be read"):
        Folder(tmp_path).read("checkpoint")
