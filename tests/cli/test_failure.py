"""What the user is told: three parts and a code for what we foresaw, one line for what we did not."""

import errno
import subprocess
import sys

import pytest

from framework import errors
from framework.cli.failure import tell
from framework.errors import OpenbookError

BRANCHES = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OpenbookError)
]


@pytest.mark.parametrize("kind", BRANCHES, ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_told_in_three_parts_with_the_code_of_its_branch(kind, capsys):
    code = tell(kind("It broke.", "Against this rule.", "Do that."), verbose=False)
    assert code == kind.exit_code
    assert (
        capsys.readouterr().err
        == f"{kind.__name__}: It broke.\n  limit: Against this rule.\n  next:  Do that.\n"
    )


def test_what_was_not_foreseen_is_one_line_that_says_how_to_see_more(capsys):
    assert tell(KeyError("x"), verbose=False) == 1
    assert capsys.readouterr().err == "KeyError: 'x'. Rerun with --verbose to see where.\n"


def test_verbose_shows_where(capsys):
    with pytest.raises(ValueError, match="deep down") as caught:
        int("deep down")
    assert tell(caught.value, verbose=True) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert told.endswith("ValueError: invalid literal for int() with base 10: 'deep down'.\n")


def test_a_full_disk_is_told_in_three_parts(capsys):
    assert tell(OSError(errno.ENOSPC, "No space left on device", "/data/x"), verbose=False) == 1
    told = capsys.readouterr().err
    assert "no room left for /data/x" in told
    assert "limit:" in told
    assert "next:" in told


def test_a_real_full_device_ends_with_three_parts_and_no_traceback():
    code = "import sys\nfrom framework.cli.program import run\nsys.exit(run(['--version']))"
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device, not a file
        done = subprocess.run(
            [sys.executable, "-u", "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "There is no room left" in done.stderr
    assert "Traceback" not in done.stderr
