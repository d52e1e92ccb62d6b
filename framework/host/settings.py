"""The environment: its variables and the working directory. Nothing else reads them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from framework.errors import SpecError

VARIABLES = (
    "OPENBOOK_HOME",
    "OPENBOOK_DATABASE_URL",
    "OPENBOOK_ADMIN_DATABASE_URL",
    "OPENBOOK_RUN_ID",
    "OPENBOOK_IMAGE_TAG",
    "OPENBOOK_GIT_SHA",
    "OPENBOOK_RECORD",
    "OPENBOOK_KEYS",
)


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Parameters
    ----------
    root : Path
        The project: the nearest folder at or above the working directory that has ``papermill_jobs/``, else the
        working directory.
    home : Path
        Where the embedded database and caches live: OPENBOOK_HOME, else ``.openbook`` in `root`.
    database_url : str, optional
        OPENBOOK_DATABASE_URL; None means the embedded server.
    admin_database_url : str, optional
        OPENBOOK_ADMIN_DATABASE_URL, which only migrations use.
    run_id : str, optional
        OPENBOOK_RUN_ID: the run that this process is part of.
    image_tag : str, optional
        OPENBOOK_IMAGE_TAG: the container image, where there is one.
    git_sha : str, optional
        OPENBOOK_GIT_SHA: the commit, where there is no git to ask.
    recording : bool
        False if OPENBOOK_RECORD is 0: tests and benchmarks count no trial.
    keys_folder : Path, optional
        OPENBOOK_KEYS: where the keys of venues lie, a folder each; None means ``keys`` in `home`.
    """

    root: Path
    home: Path
    database_url: str | None = None
    admin_database_url: str | None = None
    run_id: str | None = None
    image_tag: str | None = None
    git_sha: str | None = None
    recording: bool = True
    keys_folder: Path | None = None

    @property
    def keys(self) -> Path:
        """Where the keys of venues lie, a folder each."""
        return self.keys_folder or self.home / "keys"

    def variables(self) -> dict[str, str]:
        """The environment in which another process reads these same settings."""
        values = (
            str(self.home),
            self.database_url,
            self.admin_database_url,
            self.run_id,
            self.image_tag,
            self.git_sha,
            "1" if self.recording else "0",
            None if self.keys_folder is None else str(self.keys_folder),
        )
        return {name: value or "" for name, value in zip(VARIABLES, values, strict=True)}


def read(environment: Mapping[str, str] | None = None, *, directory: Path | None = None) -> Settings:
    """What the environment says now.

    Parameters
    ----------
    environment : mapping, optional
        Variables to read instead of the process's own.
    directory : Path, optional
        Working directory to start from instead of the process's own.

    Raises
    ------
    SpecError
        A variable misspelt, or one with a value that it cannot have.
    """
    variables = os.environ if environment is None else environment
    _refuse_misspelt(variables)
    root = _root(Path.cwd() if directory is None else directory)
    keys = variables.get("OPENBOOK_KEYS")
    return Settings(
        root=root,
        home=(root / (variables.get("OPENBOOK_HOME") or ".openbook")).expanduser().resolve(),
        database_url=variables.get("OPENBOOK_DATABASE_URL") or None,
        admin_database_url=variables.get("OPENBOOK_ADMIN_DATABASE_URL") or None,
        run_id=variables.get("OPENBOOK_RUN_ID") or None,
        image_tag=variables.get("OPENBOOK_IMAGE_TAG") or None,
        git_sha=variables.get("OPENBOOK_GIT_SHA") or None,
        recording=_switch("OPENBOOK_RECORD", variables.get("OPENBOOK_RECORD") or "1"),
        keys_folder=(root / keys).expanduser().resolve() if keys else None,
    )


def recording() -> bool:
    """Whether trials are counted now: `Settings.recording` alone, which is asked for at every backtest.

    Raises
    ------
    SpecError
        OPENBOOK_RECORD has a value that it cannot have.
    """
    return _switch("OPENBOOK_RECORD", os.environ.get("OPENBOOK_RECORD") or "1")


def _root(directory: Path) -> Path:
    start = directory.resolve()
    return next((at for at in (start, *start.parents) if (at / "papermill_jobs").is_dir()), start)


def _switch(name: str, value: str) -> bool:
    if value not in {"0", "1"}:
        raise SpecError(f"{name} is {value!r}.", "It is 0 or 1.", f"Set {name}=0, or unset it.")
    return value == "1"


def _refuse_misspelt(variables: Mapping[str, str]) -> None:
    # Only near misses: Kubernetes adds OPENBOOK_SERVICE_HOST and its like for a service of that name.
    for name in variables:
        if name.startswith("OPENBOOK") and name not in VARIABLES:
            near = get_close_matches(name, VARIABLES, n=1, cutoff=0.9)
            if near:
                raise SpecError(
                    f"The environment has {name}, which nothing reads.",
                    f"The variables are {', '.join(VARIABLES)}.",
                    f"Did you mean {near[0]}? Rename it, or unset it.",
                )
