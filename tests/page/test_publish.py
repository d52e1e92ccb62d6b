"""A site replaces the one before it whole, or not at all."""

import fcntl
import os
import subprocess
import sys
import threading

import pytest

from framework.errors import PageError
from framework.page.publish import MANIFEST, replacing


def build(out, text):
    with replacing(out) as folder:
        (folder / MANIFEST).write_text("{}")
        (folder / "index.html").write_text(text)


def test_the_first_site_and_its_successor_take_the_place(tmp_path):
    out = tmp_path / "deep" / "public"
    build(out, "one")
    (out / "stale.html").write_text("gone after the next build")
    build(out, "two")
    assert (out / "index.html").read_text() == "two"
    assert not (out / "stale.html").exists()
    assert [path.name for path in out.parent.iterdir()] == ["public"]


def test_a_build_that_fails_leaves_the_old_site_and_nothing_else(tmp_path):
    out = tmp_path / "public"
    build(out, "one")
    with pytest.raises(FileNotFoundError), replacing(out) as folder:
        (folder / "index.html").write_text((folder / "never written").read_text())
    assert (out / "index.html").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


def test_a_folder_with_anything_else_in_it_is_never_replaced(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    with pytest.raises(PageError, match="not a site that openbook built"), replacing(home):
        pass
    assert (home / "thesis.txt").read_text() == "years of work"


def test_an_empty_folder_is_taken(tmp_path):
    out = tmp_path / "public"
    out.mkdir()
    build(out, "one")
    assert (out / "index.html").read_text() == "one"


def test_a_reader_never_finds_the_site_gone_while_it_is_replaced(tmp_path):
    out = tmp_path / "public"
    build(out, "first")
    missed, done = [], threading.Event()

    def read():
        while not done.is_set():
            try:
                (out / "index.html").read_text()
            except OSError as error:
                missed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        build(out, str(number))
    done.set()
    reader.join()
    assert not missed


def test_builders_take_turns_and_sweep_up_after_one_that_was_killed(tmp_path):
    out = tmp_path / "public"
    script = (
        "import sys, time, pathlib\n"
        "from framework.page.publish import replacing\n"
        f"with replacing(pathlib.Path({str(out)!r})) as folder:\n"
        "    (folder / 'left behind').write_text('x')\n"
        "    print('in', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as builder:
        assert builder.stdout.readline() == "in\n"
        handle = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(handle)
        builder.kill()
    build(out, "after")
    assert [path.name for path in tmp_path.iterdir()] == ["public"]
    assert sorted(path.name for path in out.iterdir()) == ["index.html", MANIFEST]
