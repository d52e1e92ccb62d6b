"""The built site in a real browser, served from loopback."""

import shutil
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from framework.page.serve import serving

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
RECORD = Path(__file__).parents[1] / "page" / "record.py"


@pytest.fixture(scope="session")
def record():
    """The module ``record.py``, once for the tests here and in tests/page: its record is filled once."""
    if RECORD.stem not in sys.modules:
        spec = spec_from_file_location(RECORD.stem, RECORD)
        sys.modules[RECORD.stem] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[RECORD.stem])
    return sys.modules[RECORD.stem]


@pytest.fixture(scope="session")
def site(record, server, tmp_path_factory):
    """The folder of the site that is built from it."""
    return record.built(server, tmp_path_factory.getbasetemp()).out


@pytest.fixture(scope="session")
def url(site):
    """Where the site is served."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium of this machine."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip("no Chromium is installed on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield running
        running.close()
