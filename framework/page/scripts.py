"""The scripts of a site: its own, inside the pages that use them, each named by its hash."""

import base64
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from framework.page.publish import MANIFEST

DATA: Final = "application/json"
"""The type of an element that holds data, which no browser runs."""
FOLDER: Final = Path("assets", "js")
HASH: Final = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")


def own_scripts(site_dir: Path) -> list[str]:
    """Hashes of the scripts that come with the templates in `site_dir`, as a content security policy names them."""
    return [hash_of(file.read_text("utf-8")) for file in sorted((site_dir / FOLDER).glob("*.js"))]


def scripts_of(out: Path) -> list[str]:
    """Hashes of the scripts that the site in `out` has by its manifest; none if there is no manifest."""
    try:
        told = json.loads((out / MANIFEST).read_text("utf-8"))["scripts"]
        return [one for one in told if HASH.fullmatch(one)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def hash_of(text: str) -> str:
    """A script's hash, as a content security policy names it."""
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"
