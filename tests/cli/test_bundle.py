"""From a saved page to a word on it, as a reader types it."""

import json
import shutil
from pathlib import Path

import pytest

ANSWERS = Path(__file__).parents[1] / "answers" / "bundle.json"


@pytest.fixture
def told():
    return json.loads(ANSWERS.read_text())["bundle"]


@pytest.fixture
def verify(openbook, tmp_path):
    """Run the command on a bundle, in a folder where nothing else is."""

    def run(told, *words):
        file = tmp_path / "some.bundle.json"
        file.write_text(json.dumps(told))
        return openbook("verify-bundle", str(file), *words, directory=tmp_path)

    return run


def test_a_bundle_is_verified_alone_and_says_what_it_does_not_show(verify, told, tmp_path):
    said = verify(told)
    assert said.code == 0, said.err
    assert "5 hash to what the bundle says: 1 of backtest_results, 1 of notebooks" in said.out
    assert "among the 13 entries of the log log.example/record" in said.out
    assert "its key came with it: compare it" in said.out
    assert "The file is a bundle alone" in said.out
    assert not (tmp_path / "home").exists()  # no database was started


def test_the_readers_own_key_decides(verify, told):
    key = told["keys"][0].strip()
    assert "its key is yours" in verify(told, "--key", key).out
    assert verify(told, "--key", "noise").code == 20
    said = verify(told, "--key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    assert said.code == 28
    assert "is signed by" in said.err
    assert said.out == ""


def test_a_saved_page_is_verified_with_its_numbers(openbook, site, tmp_path):
    page = tmp_path / "dual_momentum.html"
    shutil.copy(site / "strategies/dual_momentum/index.html", page)
    said = openbook("verify-bundle", str(page), directory=tmp_path)
    assert said.code == 0, said.err
    assert "on the page are what a row says" in said.out
    assert "openbook recompute checks those" in said.out
    page.write_text(
        page.read_text("utf-8").replace('<data value="rejected"', '<data value="promoted"'), "utf-8"
    )
    said = openbook("verify-bundle", str(page), directory=tmp_path)
    assert (said.code, said.out) == (11, "")
    assert "verdict of dual_momentum (simulated) is promoted on the page and rejected in its row" in said.err


def test_each_kind_of_change_has_its_code_and_is_never_called_verified(verify, told):
    changes = {
        20: told | {"format": "openbook-bundle/9"},
        21: told
        | {
            "rows": {
                "suspensions:demo": [
                    [
                        *told["rows"]["suspensions:demo"][0][:5],
                        ["demo", "resume", "a reason", "ada", "2000-01-01 00:00:00+00"],
                    ]
                ]
            }
        },
        28: told | {"proof": [*told["proof"][:-1], "00" * 32]},
    }
    for code, changed in changes.items():
        said = verify(changed)
        assert (said.code, said.out) == (code, ""), said.err
        assert "limit:" in said.err


def test_a_file_that_is_not_there_is_a_misuse(openbook, tmp_path):
    assert openbook("verify-bundle", "nowhere.html", directory=tmp_path).code == 2
