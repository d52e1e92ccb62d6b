"""The server on loopback, asked by a client of its own."""

import json
import signal
import subprocess
import sys

import httpx
import pytest

from framework.errors import PageError
from framework.page.publish import MANIFEST
from framework.page.scripts import hash_of
from framework.page.serve import serving


@pytest.fixture
def site(tmp_path):
    out = tmp_path / "public"
    (out / "css").mkdir(parents=True)
    (out / "index.html").write_text("<!DOCTYPE html><title>first</title>")
    (out / "404.html").write_text("<!DOCTYPE html><title>No such page</title>")
    (out / "css" / "site.css").write_text("body{}")
    (out / "notebook.ipynb").write_text("{}")
    (out / MANIFEST).write_text(json.dumps({"pages": ["", "strategies/a/"]}))
    (tmp_path / "secret.txt").write_text("outside")
    return out


def get(url, path=""):
    answer = httpx.get(f"{url}{path}")
    return answer.status_code, answer.headers, answer.text


def test_files_have_their_type_and_headers_that_let_nothing_else_in(site):
    with serving(site) as url:
        assert url.startswith("http://127.0.0.1:")
        kinds = {path: get(url, path)[1]["Content-Type"] for path in ("", "css/site.css", "notebook.ipynb")}
        headers = get(url)[1]
    assert kinds == {
        "": "text/html; charset=utf-8",
        "css/site.css": "text/css; charset=utf-8",
        "notebook.ipynb": "application/x-ipynb+json",
    }
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy  # the site of these tests has none
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in headers["Server"]


def test_the_scripts_of_the_manifest_may_run_and_no_word_in_it_widens_the_policy(site):
    own = hash_of("1 + 1")
    scripts = [own, "unsafe-inline", "sha256-x' https: '", 7, f"{own} *"]
    told = json.loads((site / MANIFEST).read_text())
    for given, allowed in (
        (scripts[:1], f"'{own}'"),
        (scripts[:3], f"'{own}'"),
        (scripts, "'none'"),
        ("*", "'none'"),
    ):
        (site / MANIFEST).write_text(json.dumps(told | {"scripts": given}))
        with serving(site) as url:
            assert f"script-src {allowed};" in get(url)[1]["Content-Security-Policy"]


def test_health_counts_the_pages_and_fails_without_a_site(site):
    with serving(site) as url:
        status, headers, body = get(url, "healthz")
        assert (status, json.loads(body)) == (200, {"status": "ok", "pages": 2})
        assert headers["Content-Type"] == "application/json"
        (site / MANIFEST).unlink()
        status, _, body = get(url, "healthz")
        assert (status, json.loads(body)) == (503, {"status": "no site", "pages": 0})


@pytest.mark.parametrize(
    "path", ["css/", "nothing/", "../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt"]
)
def test_no_folder_is_listed_and_nothing_outside_is_served(site, path):
    with serving(site) as url:
        status, headers, body = get(url, path)
    assert status == 404
    assert "No such page" in body
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_site_that_is_replaced_while_served_is_seen_at_once(site, tmp_path):
    with serving(site) as url:
        site.rename(tmp_path / "old")
        site.mkdir()
        (site / "index.html").write_text("second")
        assert get(url)[2] == "second"


def test_nothing_to_serve_and_a_taken_port_are_refused_in_three_parts(site, tmp_path):
    with pytest.raises(PageError, match="openbook site build"), serving(tmp_path / "nowhere"):
        pass
    with serving(site) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        with (
            pytest.raises(PageError, match=f"Cannot listen on 127.0.0.1:{port}.*--port"),
            serving(site, port=port),
        ):
            pass


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_good_order(site, sign):
    script = (
        "import sys, pathlib\n"
        "from framework.page.serve import serve\n"
        "serve(pathlib.Path(sys.argv[1]), port=0, announce=lambda url: print(url, flush=True))\n"
        "print('stopped', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, site], stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        assert get(url)[0] == 200
        server.send_signal(sign)
        assert server.stdout.readline() == "stopped\n"
        assert server.wait(10) == 0
