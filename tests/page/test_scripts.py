"""The site's own scripts are those beside its templates, and stand in its pages as they are."""

import base64
import json
from hashlib import sha256
from pathlib import Path

from bs4 import BeautifulSoup

from framework.page.publish import MANIFEST
from framework.page.scripts import FOLDER, own_scripts, scripts_of

SITE = Path(__file__).parents[2] / "site"


def test_a_hash_is_that_of_the_file_as_browsers_compute_it():
    files = sorted((SITE / FOLDER).iterdir())
    hashes = [base64.b64encode(sha256(file.read_bytes()).digest()).decode() for file in files]
    assert own_scripts(SITE) == [f"sha256-{one}" for one in hashes]
    assert len(files) == 4


def test_the_pages_that_carry_rows_have_these_scripts_word_for_word_and_the_others_none(site):
    texts, bare = [file.read_text("utf-8") for file in sorted((SITE / FOLDER).iterdir())], 0
    for file in site.rglob("*.html"):
        scripts = BeautifulSoup(file.read_text("utf-8"), "html.parser").find_all("script")
        run = [script.string for script in scripts if "type" not in script.attrs]
        assert run in (texts, [])
        bare += not run
    assert scripts_of(site) == own_scripts(SITE)
    assert 0 < bare < len(list(site.rglob("*.html"))) - 3


def test_a_script_asks_nobody_anything():
    for file in (SITE / FOLDER).iterdir():
        text = file.read_text("utf-8")
        for word in (
            "fetch(",
            "XMLHttpRequest",
            "import(",
            "WebSocket",
            "sendBeacon",
            "innerHTML",
            "eval(",
            "http://",
            "https://",
        ):
            assert word not in text, (file.name, word)


def test_a_manifest_that_is_none_allows_nothing(tmp_path):
    assert scripts_of(tmp_path) == []
    for told in (
        "[]",
        "{}",
        '{"scripts": null}',
        '{"scripts": 7}',
        "no JSON",
        json.dumps({"scripts": ["sha256-x"]}),
    ):
        (tmp_path / MANIFEST).write_text(told)
        assert scripts_of(tmp_path) == []
