"""The site, from the record to a folder of files that any server can serve."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from framework.errors import PageError
from framework.ledger.bundling import Made
from framework.ledger.checkpoint import LOG, publish
from framework.ledger.ledger import Ledger
from framework.ledger.tiles import Folder
from framework.page import hugo
from framework.page.bundles import Bundle, bundles
from framework.page.check import check
from framework.page.data import SiteData, read_pages
from framework.page.evidence import collect
from framework.page.publish import MANIFEST, replacing
from framework.page.references import References
from framework.page.scripts import own_scripts

_PARTS = ("hugo.toml", "layouts", "assets", "static")


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What was built: pages, numbers that carry their origin, strategies by name, and the folder."""

    pages: int
    numbers: int
    strategies: tuple[str, ...]
    out: Path


def build(
    ledger: Ledger,
    *,
    site_dir: Path,
    out: Path | None = None,
    references: References | None = None,
    log_home: Path | None = None,
) -> BuildReport:
    """Build, check and publish the site. The same record gives the same files, byte for byte.

    Parameters
    ----------
    ledger : Ledger
        The record; nothing else is read.
    site_dir, out
        As `build_from`.
    references : References, optional
        Published figures that this code was held to, for a page of their own.
    log_home : Path, optional
        Where checkpoints are signed; the log there is published with the pages, as ``log``.

    Raises
    ------
    PageError
        As `build_from`.
    """
    site = read_pages(ledger, references=references)
    if log_home is None:
        return build_from(site, site_dir=site_dir, out=out)
    with tempfile.TemporaryDirectory(prefix="openbook-log-") as folder:
        log = Path(folder) / LOG
        publish(log_home, log)
        evidence = collect(ledger, Folder(log), site.strategies)
        return build_from(site, site_dir=site_dir, out=out, evidence=evidence, log=log)


def build_from(
    site: SiteData,
    *,
    site_dir: Path,
    out: Path | None = None,
    evidence: Mapping[str, Made] | None = None,
    log: Path | None = None,
) -> BuildReport:
    """Build, check and publish the pages of `site`.

    Parameters
    ----------
    site : SiteData
        What the pages show.
    site_dir : Path
        The folder with Hugo's configuration, layouts, assets and static files. Nothing is written to it.
    out : Path, optional
        Replaced in one step once the new site has passed its check; ``public`` in `site_dir` if not given.
    evidence : mapping of str to Made, optional
        The bundle that each page carries, by the page's address.
    log : Path, optional
        A folder that is published as ``log``.

    Raises
    ------
    PageError
        No Hugo, a template that does not build, a site that may not be published, or an `out` that is not ours.
    """
    pages = bundles(site, evidence or {})
    names = tuple(record.name for record in site.strategies)
    target = site_dir / "public" if out is None else out
    with replacing(target) as fresh:
        with tempfile.TemporaryDirectory(prefix="openbook-site-") as folder:
            work = Path(folder)
            _copy_parts(site_dir, work)
            _write_content(pages, work / "content")
            hugo.run(work, fresh)
        manifest = {"pages": [page.path for page in pages], "scripts": own_scripts(site_dir)}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        if log is not None:
            shutil.copytree(log, fresh / LOG)
        checked = check(fresh, expected=[f"strategies/{name}/" for name in names])
    return BuildReport(pages=checked.pages, numbers=checked.numbers, strategies=names, out=target)


def _copy_parts(site_dir: Path, work: Path) -> None:
    for name in _PARTS:
        part = site_dir / name
        if part.is_dir():
            shutil.copytree(part, work / name)
        elif part.is_file():
            shutil.copyfile(part, work / name)
        else:
            raise PageError(
                f"There is no {name} in {site_dir}.",
                f"The templates are a folder with {', '.join(_PARTS)}.",
                "Run it in the repository, or name its site folder.",
            )


def _write_content(pages: list[Bundle], content: Path) -> None:
    for page in pages:
        page.write(content)
    between = Bundle(
        "strategies/", "_index.md", {"title": "Strategies", "build": {"render": "never", "list": "never"}}
    )
    between.write(content)
