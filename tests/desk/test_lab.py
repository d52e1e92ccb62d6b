"""The launcher: private folders, a free port, and an orderly end."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from framework.desk.lab import running_lab
from framework.desk.lab_setup import set_up
from framework.errors import JobError, SpecError

ROOT = Path(__file__).resolve().parents[2]
TOKEN = secrets.token_urlsafe(24)
FOREGROUND = """
import sys
from pathlib import Path
from framework.desk.lab import start_lab
sys.exit(start_lab(Path(sys.argv[1]), home=Path(sys.argv[2]), port=0, open_browser=False))
"""


def test_everything_it_writes_is_private_and_under_the_home(tmp_path):
    within = set_up(tmp_path / "lab", root=ROOT, port=8888, token=TOKEN, open_browser=False)
    assert f"OPENBOOK_HOME={tmp_path}" in within
    assert not [word for word in within if TOKEN in word]
    folders = [word.partition("=")[2] for word in within if re.match(r"(JUPYTER|IPYTHON)\w+=", word)]
    assert len(folders) == 6
    for folder in map(Path, folders):
        assert folder.parent == tmp_path / "lab"
        assert folder.stat().st_mode & 0o077 == 0
    configuration = tmp_path / "lab" / "config" / "jupyter_server_config.json"
    assert configuration.stat().st_mode & 0o077 == 0
    chosen = json.loads(configuration.read_text())
    assert chosen["ServerApp"]["ip"] == "127.0.0.1"
    assert chosen["IdentityProvider"]["token"] == TOKEN


def test_what_the_reader_changed_in_jupyterlab_stays(tmp_path):
    set_up(tmp_path / "lab", root=ROOT, port=8888, token=TOKEN, open_browser=False)
    (settings,) = (tmp_path / "lab" / "settings").rglob("*.jupyterlab-settings")
    settings.write_text('{"fetchNews": "true"}')
    set_up(tmp_path / "lab", root=ROOT, port=8889, token=TOKEN[::-1], open_browser=False)
    assert settings.read_text() == '{"fetchNews": "true"}'


def test_a_taken_port_is_refused_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(SpecError, match=rf"Port {port} on 127\.0\.0\.1 is taken.*--port"),
            running_lab(ROOT, home=tmp_path, port=port),
        ):
            pass
    assert not (tmp_path / "lab").exists()


def test_a_server_that_does_not_start_says_why(home, database_url, monkeypatch):
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)
    with (
        pytest.raises(JobError, match=r"does not answer.*Its last words"),
        running_lab(ROOT, home=home, port=0, options=["--ServerApp.root_dir=/does/not/exist"]),
    ):
        pass


@pytest.fixture
def ctrl_c_ignored():
    """What a shell does to the commands that it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_ignored")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_told_to_stop_and_stops_in_order(home, database_url, monkeypatch, number):
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)
    command = [sys.executable, "-c", FOREGROUND, str(ROOT), str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        lines = iter(lab.stdout.readline, "")
        link = next(
            match for line in lines if (match := re.search(r"http://127\.0\.0\.1:(\d+)/lab/tree/\S+", line))
        )
        assert "notebooks/quickstart.ipynb?token=" in link[0]
        os.kill(lab.pid, number)
        try:
            assert lab.wait(timeout=60) == 0
        finally:
            lab.terminate()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(link[1])), timeout=5)
