"""``openbook site``: built from a database that a URL names, checked, and served by another process."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from framework.page.scripts import own_scripts

REPOSITORY = Path(__file__).parents[2]


def test_build_says_what_it_built_and_check_finds_it_in_order(openbook, database_url, tmp_path):
    out = tmp_path / "public"
    built = openbook("site", "build", "--out", str(out), OPENBOOK_DATABASE_URL=database_url)
    assert (built.code, built.err) == (0, "")
    assert "3 pages of 0 strategies" in built.out
    assert "The record is empty" in built.out
    assert (out / "index.html").is_file()
    checked = openbook("site", "check", "--out", str(out))
    assert checked.code == 0
    assert checked.out.startswith("3 pages, ")


def test_a_folder_that_is_not_ours_and_one_without_a_site_end_with_code_10(openbook, database_url, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    refused = openbook("site", "build", "--out", str(tmp_path), OPENBOOK_DATABASE_URL=database_url)
    assert refused.code == 10
    assert "is not a site that openbook built" in refused.err
    assert "Traceback" not in refused.err
    for command in ("serve", "check"):
        missing = openbook("site", command, "--out", str(tmp_path / "nowhere"))
        assert missing.code == 10
        assert "openbook site build" in missing.err


def test_serve_answers_healthz_and_stops_when_told(openbook, database_url, tmp_path):
    out = tmp_path / "public"
    openbook("site", "build", "--out", str(out), OPENBOOK_DATABASE_URL=database_url)
    command = [
        sys.executable,
        "-c",
        "from framework.cli import main; main()",
        "site",
        "serve",
        "--port",
        "0",
        "--out",
        out,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = server.stdout.readline()
            address = next(word for word in said.split() if word.startswith("http://127.0.0.1:"))
            assert httpx.get(f"{address}healthz").json() == {"status": "ok", "pages": 2}
            manifest = json.loads((out / "site.json").read_text())
            assert manifest["pages"] == ["", "references/"]
            assert manifest["scripts"] == own_scripts(REPOSITORY / "site")
            server.send_signal(signal.SIGTERM)
            assert server.wait(10) == 0
        finally:
            server.kill()


def test_every_help_ends_with_an_example(openbook):
    for command in ([], ["build"], ["serve"], ["check"]):
        said = openbook("site", *command, "--help")
        assert said.code == 0
        assert "Example: openbook site" in said.out
