"""Keys: secrets in files of their own, which nothing prints, logs or pickles.

A folder per venue, a file per field, as Kubernetes mounts a secret::

    keys/alpaca/key_id       one line each, mode 0600, 0400 or 0440
    keys/alpaca/secret_key
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Never

from framework.errors import SpecError

FORBIDDEN_MODE = 0o037  # others: nothing; the group, which a mounted volume may need: to read
LONGEST = 8192  # characters
HIDDEN = "(hidden)"


class Secret:
    """A text that shows itself to nobody but who calls `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the client of the venue and nobody else."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret{HIDDEN}"

    def __reduce__(self) -> Never:
        raise SpecError(
            "A key cannot be pickled.",
            "It would travel to wherever the bytes go.",
            "Hand over the name of its folder, and read it there.",
        )


@dataclass(frozen=True)
class Keys:
    """What lies in the folder of one venue.

    Parameters
    ----------
    name : str
        The folder's name, such as "alpaca".
    folder : Path
        The folder itself, which need not exist.
    values : mapping of str to Secret
        One for each file in it.
    """

    name: str
    folder: Path
    values: Mapping[str, Secret] = field(default_factory=dict, repr=False)

    def reveal(self, part: str) -> str:
        """The text of the file called `part`.

        Raises
        ------
        SpecError
            There is no such file.
        """
        if part not in self.values:
            raise SpecError(
                f"No {part} is known for {self.name}: {self.folder / part} is not there.",
                "Keys are files of their own, one line each, readable by their owner alone; never arguments.",
                f"Write it with an editor, then: chmod 600 {self.folder / part}",
            )
        return self.values[part].reveal()

    def option(self, part: str, default: str) -> str:
        """The text of the file called `part`, or `default` where there is none."""
        return self.values[part].reveal() if part in self.values else default

    def hide(self, text: str) -> str:
        """`text` without any secret that it repeats, for a message that quotes a venue."""
        for secret in sorted(self.values.values(), key=lambda secret: -len(secret.reveal())):
            text = text.replace(secret.reveal(), HIDDEN)
        return text


def read(keys: Path, name: str) -> Keys:
    """Read the keys of the venue called `name` from its folder in `keys`.

    Raises
    ------
    SpecError
        A file that others may read, that is empty, too long or not one line of text.
    """
    folder = keys / name
    there = folder.parent == keys and folder.is_dir()  # a name with a slash leads elsewhere
    files = sorted(path for path in folder.glob("[!.]*") if path.is_file()) if there else []
    return Keys(name, folder, {path.name: Secret(_line(path)) for path in files})


def _line(path: Path) -> str:
    _check_mode(path)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"The key file {path} cannot be read: {type(error).__name__}.",
            "A key is one line of text that this user may read.",
            "Look at its owner and its content.",
        ) from None
    if not text or len(text) > LONGEST or len(text.splitlines()) > 1:
        raise SpecError(
            f"The key file {path} holds {len(text.splitlines())} lines, {len(text)} characters.",
            f"A key is one line of at most {LONGEST} characters.",
            "Write the key into it, and nothing else.",
        )
    return text


def _check_mode(path: Path) -> None:
    status = path.stat()  # of what a link points to: a mounted secret is one
    if status.st_mode & FORBIDDEN_MODE or status.st_uid not in {0, os.geteuid()}:
        raise SpecError(
            f"The key file {path} has mode {status.st_mode & 0o777:04o} and owner {status.st_uid}.",
            f"Only its owner, root or user {os.geteuid()}, may read it (or its group: 0600, 0400, 0440).",
            f"chmod 600 {path}; if others could read it on a shared machine, have the venue replace the key.",
        )
