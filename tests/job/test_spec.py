"""A job's YAML is strict, and its errors name the file, the line, the key and what was meant."""

import pytest

from framework.errors import SpecError
from framework.job import spec

GOOD = """\
strategy: strategies.dual_momentum:STRATEGY
research: notebooks/dual_momentum.ipynb
data: sample
calendar: XNYS
benchmark: {source: sample, symbol: SP500}
schedule: "30 22 * * 1-5"
mode: paper
capital: 100000
costs:
  commission_bps: 1
  half_spread_bps: 2.5
"""


@pytest.fixture
def written(tmp_path):
    (tmp_path / "papermill_jobs").mkdir()

    def write(text: str, name: str = "mine") -> spec.JobSpec:
        (tmp_path / "papermill_jobs" / f"{name}.yaml").write_text(text)
        return spec.load(name, tmp_path)

    return write


def test_a_good_file_becomes_a_spec_with_the_name_of_the_file(written):
    job = written(GOOD)
    assert (job.name, job.mode, job.capital, job.whole_shares) == ("mine", "paper", 100_000.0, False)
    assert job.benchmark.symbol == "SP500"
    assert job.costs.model().half_spread_bps == 2.5
    assert job.costs.model().borrow_rate_per_year == 0.0


def test_a_benchmark_may_be_another_strategy(written):
    job = written(
        GOOD.replace("{source: sample, symbol: SP500}", "{strategy: 'strategies.buy_and_hold:STRATEGY'}")
    )
    assert job.benchmark.strategy == "strategies.buy_and_hold:STRATEGY"
    assert job.benchmark.symbol is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("capital:", "capitl:", r"mine\.yaml, key capital: missing.*\(1 more in this file"),
        ("  commission_bps", "  comission_bps", r"costs\.commission_bps: missing"),
        (
            "mode: paper\n",
            "mode: paper\nwhole_share: true\n",
            r"line 8, key whole_share: no such key.*whole_shares'\?",
        ),
        ("mode: paper\n", "", r"key mode: missing.*Add a line 'mode:"),
        ("100000", '"100000"', r"line 8, key capital: '100000' \(str\).*without quotes"),
        ("100000", "-1", r"line 8, key capital: -1 \(int\).*greater than 0"),
        ("100000", ".nan", r"key capital: nan \(float\)"),
        ("mode: paper", "mode: papper", r"line 7, key mode: 'papper'.*Did you mean 'paper'"),
        ("mode: paper", "mode: paper\nwhole_shares: 1", r"whole_shares: 1 \(int\)"),
        (
            "{source: sample, symbol: SP500}",
            "{source: sample}",
            r"line 5, key benchmark:.*either source and symbol, or",
        ),
        (
            "symbol: SP500}",
            "symbol: SP500, strategy: 'a:B'}",
            r"line 5, key benchmark:.*either source and symbol, or",
        ),
        ("data: sample", "data: no", r"data: False \(bool\).*quotes"),
        ("half_spread_bps: 2.5", "half_spread_bps: -2.5", r"line 11, key costs\.half_spread_bps: -2\.5"),
        ('"30 22 * * 1-5"', '"30 25 * * 1-5"', r"line 6, key schedule:.*hour '25' is not within 0\.\.23"),
        ('"30 22 * * 1-5"', '"30 22 * *"', "five fields"),
        ("strategies.dual_momentum:STRATEGY", "strategies.dual_momentum", "line 1, key strategy"),
        ("capital: 100000", "capital: 100000\nname: other", "A job has the name of its file"),
        ("capital: 100000", "capital: 100000\ncapital: 1", "key capital twice, on lines 8 and 9"),
        (
            "half_spread_bps: 2.5",
            "half_spread_bps: 2.5\n  commission_bps: 3",
            r"key costs\.commission_bps twice",
        ),
        ("mode: paper", "mode: [paper", "is not YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_its_remedy(written, old, new, said):
    assert old in GOOD
    with pytest.raises(SpecError, match=said) as caught:
        written(GOOD.replace(old, new))
    assert all((caught.value.what, caught.value.limit, caught.value.remedy))


def test_a_file_without_keys_is_refused(written):
    with pytest.raises(SpecError, match="holds no keys"):
        written("- a\n- b\n")
    with pytest.raises(SpecError, match="holds no keys"):
        written("")


def test_an_unknown_job_is_answered_with_the_nearest_name(written, tmp_path):
    written(GOOD, "dual_momentum")
    with pytest.raises(SpecError, match="Did you mean 'dual_momentum'"):
        spec.load("dual_momentun", tmp_path)


def test_a_name_cannot_leave_the_folder(written, tmp_path):
    written(GOOD)
    with pytest.raises(SpecError, match="There is no job"):
        spec.load("../papermill_jobs/mine", tmp_path)


def test_names_are_those_of_the_files(written, tmp_path):
    assert spec.names(tmp_path) == ()
    written(GOOD, "b")
    written(GOOD, "a")
    (tmp_path / "papermill_jobs" / "daily.ipynb").write_text("{}")
    assert spec.names(tmp_path) == ("a", "b")
