"""Libraries are quiet; we speak when asked to."""

import logging

import pytest

from framework.host import logs


@pytest.fixture(autouse=True)
def _restored():
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    for name in ("framework", *logs.LOUD_LIBRARIES):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_quiet_is_the_default(capsys):
    logs.configure(verbose=False)
    logging.getLogger("framework.job").info("told only when asked")
    logging.getLogger("papermill").warning("noise")
    logging.getLogger("framework.job").warning("always told")
    err = capsys.readouterr().err
    assert "always told" in err
    assert "noise" not in err
    assert "asked" not in err


def test_verbose_tells_what_we_do(capsys):
    logs.configure(verbose=True)
    logging.getLogger("framework.job").debug("a step")
    assert "a step" in capsys.readouterr().err
