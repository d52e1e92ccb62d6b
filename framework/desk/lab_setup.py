"""How JupyterLab is set up: folders of its own under OPENBOOK_HOME, loopback, and nothing asked of the network."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

QUICKSTART: Final = "notebooks/quickstart.ipynb"
FOLDERS: Final[Mapping[str, str]] = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}
FIRST_SETTINGS: Final[Mapping[str, Mapping[str, object]]] = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def set_up(folder: Path, *, root: Path, port: int, token: str, open_browser: bool) -> list[str]:
    """Make the folders, write the configuration, and return the words that run a command in that environment."""
    variables = {name: folder / part for name, part in FOLDERS.items()}
    for path in variables.values():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = _configuration(root, port=port, token=token, open_browser=open_browser)
    _write(folder / "config" / "jupyter_server_config.json", configuration)
    for name, values in FIRST_SETTINGS.items():
        path = folder / "settings" / f"{name}.jupyterlab-settings"
        if not path.exists():  # what the reader has since changed in JupyterLab stays
            _write(path, values)
    variables |= {"OPENBOOK_HOME": folder.parent, "PYTHONPATH": root}
    # `env` adds to what is inherited, which only framework.host.settings may read.
    return ["/usr/bin/env", "-u", "JUPYTER_PATH", *(f"{name}={value}" for name, value in variables.items())]


def _configuration(root: Path, *, port: int, token: str, open_browser: bool) -> dict[str, dict[str, object]]:
    return {
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "root_dir": str(root),
            "open_browser": open_browser,
            "allow_root": os.geteuid() == 0,
        },
        "IdentityProvider": {"token": token},  # in a private file, since command lines are public
        "LabApp": {
            "default_url": f"/lab/tree/{QUICKSTART}",
            "news_url": None,
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "extension_manager": "readonly",
        },
    }


def _write(path: Path, values: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
