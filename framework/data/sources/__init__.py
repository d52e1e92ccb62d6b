"""Where prices come from: a module a source, found by its name."""

from importlib import import_module
from pkgutil import iter_modules

from framework.access import Access
from framework.data.sources.base import Placed, Remote, Source
from framework.data.suggest import did_you_mean
from framework.errors import SpecError


def names() -> tuple[str, ...]:
    """The sources there are. A module whose name begins with an underscore is not one."""
    modules = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name for name in modules if name != "base" and not name.startswith("_")))


def find(name: str, access: Access | None = None) -> Source:
    """Give the source called `name`: `SOURCE` of the module of that name in this folder.

    Parameters
    ----------
    name : str
        ``sample``, or with the place of one that can be at several: ``parquet:prices/minutes``.
    access : Access, optional
        How a source across a network is reached; the others need none.

    Raises
    ------
    SpecError
        There is no such source, or it has no places.
    """
    kind, _, place = name.partition(":")
    if kind not in names():
        raise SpecError(
            f"There is no source {kind!r}.",
            "A source is a module in framework/data/sources.",
            did_you_mean(kind, names()),
        )
    source: Source = import_module(f"{__name__}.{kind}").SOURCE
    if place:
        source = _at(source, kind, place)
    return source.reached(access) if access is not None and isinstance(source, Remote) else source


def _at(source: Source, kind: str, place: str) -> Source:
    if not isinstance(source, Placed):
        raise SpecError(
            f"The source {kind!r} is not at {place!r}.",
            "It has no places to choose from.",
            f"Write {kind!r}.",
        )
    return source.at(place)
