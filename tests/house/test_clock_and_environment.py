"""Only host/clock.py reads the wall clock and only host/settings.py the environment.

Import contracts cannot see calls, so the source is read: names are resolved through each module's imports.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CLOCK = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.ctime",
    "time.asctime",
    "time.strftime",
    "time.clock_gettime",
    "pandas.Timestamp.now",
    "pandas.Timestamp.today",
    "pandas.Timestamp.utcnow",
    "pandas.Timestamp('now')",
    "pandas.Timestamp('today')",
    "pandas.to_datetime('now')",
    "pandas.to_datetime('today')",
    "numpy.datetime64('now')",
    "numpy.datetime64('today')",
}
ENVIRONMENT = {
    "os.environ",
    "os.environb",
    "os.getenv",
    "os.getenvb",
    "os.putenv",
    "os.unsetenv",
    "os.path.expandvars",
}
KEEPERS = {"framework/host/clock.py": CLOCK, "framework/host/settings.py": ENVIRONMENT}


def imported(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for: ``pd`` is pandas, ``now`` may be time.time."""
    meaning = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                meaning[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return meaning


def dotted(node: ast.AST, meaning: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, meaning)}.{node.attr}"
    return meaning.get(node.id, "") if isinstance(node, ast.Name) else ""


def uses(source: str) -> Iterator[tuple[int, str]]:
    """(line, what is used) for every use of clock or environment, however it was imported."""
    tree = ast.parse(source)
    meaning = imported(tree)
    for node in ast.walk(tree):
        found = dotted(node, meaning)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            found = f"{dotted(node.func, meaning)}({node.args[0].value!r})"
        if found in CLOCK | ENVIRONMENT:
            yield node.lineno, found


def test_nothing_else_reads_the_clock_or_the_environment(root: Path) -> None:
    modules = [
        path for package in ("framework", "strategies", "research") for path in (root / package).rglob("*.py")
    ]
    assert len(modules) > 20
    found = [
        f"{name}:{line}: {use}"
        for path in modules
        for line, use in uses(path.read_text())
        if use not in KEEPERS.get(name := path.relative_to(root).as_posix(), set())
    ]
    assert not found, "Take as_of or Settings as an argument:\n" + "\n".join(found)


def test_the_keepers_do_read_them(root: Path) -> None:
    for name, allowed in KEEPERS.items():
        assert {use for _, use in uses((root / name).read_text())} & allowed


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "from datetime import datetime as dt, UTC\ndt.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\ndate.today()",
        "import time\nstarted = time.time()",
        "from time import time as now\nnow()",
        "import pandas as pd\npd.Timestamp.now(tz='UTC')",
        "import pandas as pd\npd.Timestamp('today')",
        "import numpy as np\nnp.datetime64('now')",
        "import os\nos.environ['HOME']",
        "import os\nos.environ.get('HOME')",
        "from os import environ\nprint(environ)",
        "from os import getenv as read\nread('HOME')",
        "import time\nclock = time.time",
    ],
)
def test_a_use_is_seen_however_it_is_imported(source: str) -> None:
    assert list(uses(source))


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()",
        "from time import perf_counter\nperf_counter()",
        "from framework.host import clock\nclock.now()",
        "import pandas as pd\npd.Timestamp('2024-01-02')",
        "import os\nos.getpid()",
    ],
)
def test_durations_and_given_dates_are_free(source: str) -> None:
    assert not list(uses(source))
