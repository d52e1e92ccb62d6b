"""The site on loopback: static files, a health check, and headers that let nothing else in."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from framework.errors import PageError
from framework.page.publish import MANIFEST
from framework.page.scripts import scripts_of

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Sent with every answer. A page runs the scripts that the site's manifest names by their hashes, and no other."""


class _Handler(SimpleHTTPRequestHandler):
    server_version = "openbook"
    sys_version = ""
    extensions_map = {  # noqa: RUF012 - as the base class has it
        "": "application/octet-stream",
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
        ".json": "application/json",
        ".ipynb": "application/x-ipynb+json",
        ".csv": "text/csv; charset=utf-8",
        ".txt": "text/plain; charset=utf-8",
    }

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/healthz":
            self._health()
        else:
            super().do_GET()

    def _health(self) -> None:
        pages = page_count(Path(self.directory))
        status = HTTPStatus.OK if pages else HTTPStatus.SERVICE_UNAVAILABLE
        body = json.dumps({"status": "ok" if pages else "no site", "pages": pages}).encode()
        self._answer(status, "application/json", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def guess_type(self, path: Any) -> str:
        """As the base class, but for the log's signed notes, which are text."""
        parts = Path(path).parts
        if "log" in parts and ("checkpoint" in parts[-1:] or {"checkpoints", "keys"} & {*parts[-2:-1]}):
            return "text/plain; charset=utf-8"
        return super().guess_type(path)

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 - the base class names it
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        missing = Path(self.directory) / "404.html"
        if code == HTTPStatus.NOT_FOUND and missing.is_file():
            self._answer(HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", missing.read_bytes())
        else:
            super().send_error(code, message, explain)

    def end_headers(self) -> None:
        scripts = " ".join(f"'{one}'" for one in scripts_of(Path(self.directory))) or "'none'"
        for name, value in HEADERS.items():
            self.send_header(name, value.replace("{scripts}", scripts))
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Say nothing: a page that is read is not news."""


def page_count(out: Path) -> int:
    """How many pages the site in `out` has by its manifest; 0 if there is none."""
    try:
        return len(json.loads((out / MANIFEST).read_text("utf-8"))["pages"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


@contextmanager
def serving(out: Path, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `out` while the block runs; gives the address. Port 0 takes a free one.

    Raises
    ------
    PageError
        There is no site in `out`, or the port is taken.
    """
    if not (out / "index.html").is_file():
        raise PageError(
            f"There is no site in {out}.", "A site has an index.html.", "Build it first: openbook site build."
        )
    try:
        server = ThreadingHTTPServer((host, port), partial(_Handler, directory=str(out)))
    except OSError as error:
        raise PageError(
            f"Cannot listen on {host}:{port} ({error.strerror or error}).",
            "One server listens on a port.",
            "Stop the other one, or choose another port with --port.",
        ) from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(out: Path, *, host: str = "127.0.0.1", port: int = 8000, announce: Any = None) -> None:
    """Serve `out` until SIGTERM or SIGINT, then stop in good order.

    Parameters
    ----------
    out : Path
        A built site; it may be replaced while it is served.
    announce : callable of str, optional
        Told the address once the server listens.

    Raises
    ------
    PageError
        As `serving`.
    """
    stopped = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: stopped.set()) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        with serving(out, host=host, port=port) as address:
            if announce is not None:
                announce(address)
            stopped.wait()
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
