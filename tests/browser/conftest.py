"""The built site, served from loopback."""

import pytest

from framework.page.serve import serving


@pytest.fixture(scope="session")
def url(site):
    """Where the site is served."""
    with serving(site) as address:
        yield address
