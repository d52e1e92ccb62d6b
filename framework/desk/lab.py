"""JupyterLab, ready to use: its own folders, this environment's kernel, the database already up."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Final

from framework.desk.lab_setup import QUICKSTART, set_up
from framework.desk.record import open_record
from framework.errors import JobError, SpecError
from framework.host import settings

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab server on loopback.

    Parameters
    ----------
    url : str
        Its root, ending in a slash, without the token.
    token : str
        What a browser or client must show.
    process : Popen
        The server; its kernels are its children and end with it.
    log : Path
        Where the server writes what it has to say.
    """

    url: str
    token: str
    process: subprocess.Popen[bytes]
    log: Path

    def link(self, notebook: str = QUICKSTART) -> str:
        """Address that opens `notebook`, token included."""
        return f"{self.url}lab/tree/{notebook}?token={self.token}"


def start_lab(root: Path, *, home: Path, port: int | None = None, open_browser: bool = True) -> int:
    """Run JupyterLab in the foreground until Ctrl-C (or a termination signal), then stop it and its kernels.

    Parameters
    ----------
    root : Path
        The repository: what the file browser shows, and where the notebooks import from.
    home : Path
        ``OPENBOOK_HOME``: database, trial queue and everything that JupyterLab keeps.
    port : int, optional
        On 127.0.0.1; a free one from 8888 upwards when not given.
    open_browser : bool
        Whether to open the quickstart in the system's browser.

    Returns
    -------
    int
        0 after an orderly stop.

    Raises
    ------
    SpecError
        The port is taken.
    JobError
        JupyterLab ended by itself or does not answer.
    """
    with _signals_as_interrupt():
        try:
            with running_lab(root, home=home, port=port, open_browser=open_browser) as lab:
                sys.stdout.write(
                    f"\n  JupyterLab   {lab.link()}\n  Log          {lab.log}\n  Stop         Ctrl-C\n\n"
                )
                sys.stdout.flush()
                lab.process.wait()
        except KeyboardInterrupt:
            sys.stdout.write("JupyterLab and its kernels have stopped.\n")
            return 0
    raise JobError(
        f"JupyterLab ended by itself with code {lab.process.returncode}.",
        f"It should run until Ctrl-C. {_last_words(lab.log)}",
        f"Read {lab.log}.",
    )


@contextmanager
def running_lab(
    root: Path,
    *,
    home: Path,
    port: int | None = None,
    open_browser: bool = False,
    options: Sequence[str] = (),
) -> Iterator[Lab]:
    """A JupyterLab server for the length of a ``with`` block, answering when the block begins.

    `options` are further command-line options of JupyterLab.
    """
    folder, chosen, token = home.resolve() / "lab", _free_port(port), secrets.token_urlsafe(24)
    within = set_up(folder, root=root.resolve(), port=chosen, token=token, open_browser=open_browser)
    with open_record(
        replace(settings.read(), home=home.resolve())
    ):  # up and migrated before the first cell asks
        lab = Lab(
            url=f"http://127.0.0.1:{chosen}/",
            token=token,
            process=_started(
                [*within, sys.executable, "-m", "jupyterlab", *options], root, folder / "lab.log"
            ),
            log=folder / "lab.log",
        )
        try:
            _wait_until_ready(lab)
            yield lab
        finally:
            _stop(lab.process)


def _started(command: Sequence[str], root: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as sink:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and options
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a terminal's Ctrl-C reaches us alone; we pass on an orderly stop
        )


def _free_port(port: int | None) -> int:
    """`port` if it is free, else the first free one from 8888 upwards when none was asked for."""
    for candidate in [port] if port is not None else range(8888, 8988):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    asked = f"Port {port}" if port is not None else "Every port from 8888 to 8987"
    raise SpecError(
        f"{asked} on 127.0.0.1 is taken.", "JupyterLab needs a free one.", "Stop the other, or give --port."
    )


def _wait_until_ready(lab: Lab) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own loopback server
        f"{lab.url}api/status", headers={"Authorization": f"token {lab.token}"}
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and lab.process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise JobError(
        f"JupyterLab does not answer at {lab.url}.",
        f"It was given {START_SECONDS:.0f} s. {_last_words(lab.log)}",
        f"Read {lab.log}.",
    )


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"Its last words: {lines[-1]}" if lines else "It said nothing."


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask for an orderly stop, which ends the kernels too; insist after a while."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own session: the server and whatever it still holds
        process.wait()


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Both ways to end us raise KeyboardInterrupt, also where a shell in the background had Ctrl-C ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
