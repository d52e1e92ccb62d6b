"""A process in a checkout of another commit, which is asked what the rules of that commit want."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from framework.errors import ProofError

# Runs at another commit with nothing of this one on its path: it may use what every commit has. A line in, a line out.
_SCRIPT = """
import dataclasses, json, sys
import numpy as np, pandas as pd
from framework.data.bars import Bars
from framework.strategy.identity import identity
from framework.strategy.load import load

def tupled(value):
    return tuple(map(tupled, value)) if isinstance(value, list) else value

def answered(spec, parameters, source="", answer=""):
    rule = load(spec)
    given = {name: tupled(value) for name, value in parameters.items()}
    rule = dataclasses.replace(rule, **given) if given else rule
    if not source:
        found = identity(rule)
        return {"universe": list(rule.universe), "warmup": int(rule.warmup), "code_hash": found["code_hash"],
                "parameters": list(found["parameters"])}
    with np.load(source) as stored:
        sessions = pd.DatetimeIndex(stored["sessions"].view("datetime64[ns]"))
        tables = {name: pd.DataFrame(stored[name], sessions, stored["symbols"].tolist())
                  for name in stored.files if name not in ("sessions", "symbols")}
    weights = rule.weights(Bars(**tables))
    frame = weights.frame
    np.savez(answer, values=frame.to_numpy("f8"), sessions=frame.index.to_numpy("datetime64[ns]").view("i8"),
             symbols=np.array(list(frame.columns)), max_gross=np.array(weights.max_gross))
    return {}

said, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    try:
        reply = answered(**json.loads(line))
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), file=said, flush=True)
"""


class Oracle:
    """A process in a checkout that answers what its rules are and want."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout
        environment = {"PYTHONPATH": str(checkout), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", _SCRIPT],
            cwd=checkout,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to one request.

        Raises
        ------
        ProofError
            The rule failed there, or the process did.
        """
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        reply: dict[str, Any] = json.loads(line) if line else {"error": "its process ended"}
        if "error" in reply:
            raise ProofError(
                f"{request['spec']} failed at {self._checkout.name}: {reply['error']}",
                "A run is recomputed by the code of its own commit.",
                "Install the lock of that commit, and try again with its packages.",
            )
        return reply

    def close(self) -> None:
        """End the process, and wait for it."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        self._process.stdout.close()
