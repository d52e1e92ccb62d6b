"""A rule is asked by the code of its own commit."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import ProofError
from framework.proof.checkouts import Checkouts, varied
from framework.strategy.load import load

ROOT = Path(__file__).parents[2]
SPEC = "strategies.buy_and_hold:STRATEGY"
OWN = "0" * 64


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone whose second commit lets the rule hold half: the hash of the first commit, and the clone."""
    folder = tmp_path_factory.mktemp("clone")
    tracked = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "framework", "strategies"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in tracked:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())

    def git(*words):
        command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *words]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    first = git("rev-parse", "HEAD")
    rule = folder / "strategies" / "buy_and_hold.py"
    halved = rule.read_text().replace("return TargetWeights(", "return TargetWeights(0.5 * ", 1)
    assert halved != rule.read_text()
    rule.write_text(halved)
    git("commit", "-qam", "second")
    return folder, first, git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def bars():
    sessions = pd.bdate_range("2022-01-03", periods=300)
    return Bars(pd.DataFrame({"AAA": range(100, 400), "BBB": range(200, 500)}, sessions, dtype="f8"))


def test_the_weights_are_those_of_the_commit_that_is_named(clone, bars):
    folder, first, second = clone
    parameters = {"universe": list(bars.symbols)}
    with Checkouts(folder, code_hash=OWN) as checkouts:
        asked = {
            sha: checkouts.rule(SPEC, git_sha=sha, code_hash="f" * 64, parameters=parameters)
            for sha in (first, second)
        }
        assert asked[first].universe == bars.symbols
        assert asked[first].warmup == load(SPEC).warmup
        whole, half = (asked[sha].weights(bars).frame for sha in (first, second))
    own = varied(load(SPEC), parameters).weights(bars).frame
    assert own.notna().any().any()
    pd.testing.assert_frame_equal(whole, own, check_exact=True, check_freq=False)
    pd.testing.assert_frame_equal(half, own * 0.5, check_exact=True, check_freq=False)
    listed = subprocess.run(
        ["git", "worktree", "list"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert len(listed.stdout.splitlines()) == 1, "the checkouts are removed"


def test_code_that_is_running_is_asked_here(clone):
    with Checkouts(clone[0], code_hash=OWN) as checkouts:
        assert checkouts.rule(SPEC, git_sha="f" * 40, code_hash=OWN) == load(SPEC)


def test_a_commit_that_is_not_there_is_an_error(clone):
    with (
        Checkouts(clone[0], code_hash=OWN) as checkouts,
        pytest.raises(ProofError, match=r"The commit f{40} cannot be checked out.*whole history"),
    ):
        checkouts.rule(SPEC, git_sha="f" * 40, code_hash="f" * 64)


def test_a_rule_that_fails_there_is_an_error(clone):
    with (
        Checkouts(clone[0], code_hash=OWN) as checkouts,
        pytest.raises(ProofError, match=r"strategies\.nowhere:STRATEGY failed at .*SpecError"),
    ):
        checkouts.rule("strategies.nowhere:STRATEGY", git_sha=clone[1], code_hash="f" * 64)


def test_a_parameter_that_the_rule_does_not_have_is_refused():
    with pytest.raises(ProofError, match="BuyAndHold has no parameter lookback"):
        varied(load(SPEC), {"lookback": 3})
