"""A small project of its own: invented bars in the vault, a rule that trades every day, the production notebook."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sessions import close_of, sessions_between
from framework.host.settings import Settings
from framework.job import spec
from framework.job.attempt import new_run
from framework.job.nightly import Night
from framework.ledger.ledger import Ledger

REPOSITORY = Path(__file__).parents[2]

RULE = '''
"""A rule for tests: leans on whichever symbol rose most yesterday, borrows a little, goes short a little."""

from dataclasses import dataclass

from framework.strategy.weights import TargetWeights


@dataclass(frozen=True)
class Restless:
    universe: tuple[str, ...] = ("AAA", "BBB", "CCC")
    warmup: int = 2

    def weights(self, bars):
        rank = (bars.close / bars.close.shift(1)).rank(axis=1, method="first")
        wanted = rank.replace({1.0: -0.2, 2.0: 0.3, 3.0: 0.85})
        return TargetWeights(wanted.where(rank.notna().all(axis=1), float("nan")), max_gross=1.4)


STRATEGY = Restless()
'''

JOB = """\
strategy: restless:STRATEGY
research: notebooks/restless.ipynb
data: invented
calendar: XNYS
benchmark: {source: invented, symbol: AAA}
schedule: "30 22 * * 1-5"
mode: paper
capital: 100000.0
whole_shares: false
costs: {commission_bps: 1.0, half_spread_bps: 5.0, borrow_rate_per_year: 0.02, cash_rate_per_year: 0.03}
"""


def invented_bars(*, opens: bool = True, last: str = "2022-12-30") -> Bars:
    """Three symbols of a random walk; the same each time."""
    sessions = sessions_between("XNYS", "2022-11-01", "2022-12-30")
    chance = np.random.default_rng(7)
    steps = 1.0 + 0.03 * chance.standard_normal((len(sessions), 3))
    close = pd.DataFrame(100.0 * steps.cumprod(axis=0), index=sessions, columns=["AAA", "BBB", "CCC"])
    gaps = 1.0 + 0.005 * chance.standard_normal(close.shape)
    bars = Bars(close=close, open=close.shift(1).fillna(100.0) * gaps if opens else None, source="invented")
    return bars.until(last)


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own, on a database of its own."""

    settings: Settings
    ledger: Ledger

    @property
    def root(self) -> Path:
        return self.settings.root

    def edit(self, old: str, new: str) -> None:
        path = self.root / "papermill_jobs" / "restless.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def at(self, session: str) -> datetime:
        return close_of("XNYS", session)

    def night(self, session: str) -> Night:
        """The night of a session, its attempt started, its cells not yet run."""
        job = spec.load("restless", self.root)
        row = new_run(
            "restless",
            session=pd.Timestamp(session),
            mode="paper",
            as_of=self.at(session),
            parameters={},
            current=self.settings,
        )
        self.ledger.start_attempt(row)
        return Night(job, self.at(session), row.run_id, self.ledger)

    def live_through(self, session: str) -> Night:
        """The night of a session, all its cells run."""
        night = self.night(session)
        for step in (night.load_bars, night.check, night.settle, night.mark, night.decide, night.record):
            step()
        return night


@pytest.fixture
def project(tmp_path, ledger, database_url, monkeypatch):
    root = tmp_path / "project"
    (root / "papermill_jobs").mkdir(parents=True)
    shutil.copy(REPOSITORY / "papermill_jobs" / "daily.ipynb", root / "papermill_jobs")
    (root / "papermill_jobs" / "restless.yaml").write_text(JOB)
    (root / "restless.py").write_text(RULE)
    monkeypatch.syspath_prepend(root)
    ledger.vault.append_bars(invented_bars(), calendar="XNYS")
    settings = Settings(root=root, home=tmp_path / "home", database_url=database_url)
    return Project(settings, ledger)


@pytest.fixture
def invented():
    """What makes the invented bars."""
    return invented_bars
