"""A YAML file with the line of each key, in which no key may stand twice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from framework.errors import SpecError

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """What a YAML file says, and on which line it says it.

    Parameters
    ----------
    path : Path
        The file.
    content : dict
        The mapping that it holds.
    lines : dict
        Line number of each key, by its path within the mapping.
    """

    path: Path
    content: dict[str, Any]
    lines: dict[Where, int]

    def place(self, where: Where) -> str:
        """The file, the line and the key, for a message; a missing key has no line of its own."""
        line = f", line {self.lines[where]}" if where in self.lines else ""
        key = f", key {'.'.join(map(str, where))}" if where else ""
        return f"{self.path.parent.name}/{self.path.name}{line}{key}"


def read(path: Path) -> Document:
    """Read the mapping in a YAML file.

    Raises
    ------
    SpecError
        It is not YAML, not a mapping, or has a key twice.
    """
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise SpecError(
                f"{path.parent.name}/{path.name} holds no keys.",
                "A job is a YAML mapping, one key a line.",
                "Copy a neighbour in papermill_jobs/ and edit it.",
            )
        lines: dict[Where, int] = {}
        _collect_lines(node, (), lines, path)
        return Document(path, loader.construct_document(node), lines)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(
            f"{path.parent.name}/{path.name} is not YAML: {' '.join(str(error).split())}",
            "A job is a YAML mapping, one key a line.",
            "Mend that line; a text with a colon or a star needs quotes.",
        ) from error


def _collect_lines(node: yaml.Node, where: Where, lines: dict[Where, int], path: Path) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        here = (*where, key.value)
        line = key.start_mark.line + 1
        if here in lines:
            raise SpecError(
                f"{path.parent.name}/{path.name} has the key {'.'.join(map(str, here))} twice, on lines "
                f"{lines[here]} and {line}.",
                "Of two values only the last would count, silently.",
                "Delete one of the two lines.",
            )
        lines[here] = line
        _collect_lines(value, here, lines, path)
