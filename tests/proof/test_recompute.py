"""A published site, recomputed whole; and whatever is done to site, record or code, which is named."""

import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from framework.host import provenance
from framework.ledger.blocks import compress, hash_of, pack, unpack
from framework.ledger.cluster import SUPERUSER
from framework.ledger.connect import open_ledger
from framework.ledger.history import TIMES
from framework.ledger.place import programs
from framework.page.render import build
from framework.proof.checkouts import Checkouts
from framework.proof.recompute import recompute
from framework.proof.selftest import all_references

REPOSITORY = Path(__file__).parents[2]
JOB = "dual_momentum"
PAGE = f"strategies/{JOB}/index.html"
DATABASE = "recomputed"


@pytest.fixture(scope="module")
def project(tmp_path_factory, server):
    """A project of one job, whose research and last two nights were recorded and published by the demo."""
    root = tmp_path_factory.mktemp("project")
    for name in (f"papermill_jobs/{JOB}.yaml", "papermill_jobs/daily.ipynb", f"notebooks/{JOB}.ipynb"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(REPOSITORY / name, root / name)
    ours = shutil.ignore_patterns("content", "data", "public", "resources")
    shutil.copytree(REPOSITORY / "site", root / "site", ignore=ours)
    with superuser(server, "postgres") as connection:
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE openbook")
    done = openbook(root, server, "demo", "--nights", "2")
    assert done.returncode == 0, done.stderr
    return root


@contextmanager
def superuser(server, database):
    with psycopg.connect(
        host=str(server.place.sockets), user=SUPERUSER, dbname=database, autocommit=True
    ) as connection:
        yield connection


def openbook(root, server, *arguments, database=DATABASE):
    return subprocess.run(
        [str(Path(sys.executable).parent / "openbook"), *arguments],
        cwd=root,
        env={**os.environ, "OPENBOOK_DATABASE_URL": server.url(database), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def references():
    """What the page of references shows, computed once."""
    found = all_references()
    return lambda: found


@pytest.fixture
def recomputed(project, server, references):
    """The report on a site of the project, by default the published one."""

    def run(site=None, *, checked_out=None):
        url, code_hash = server.url(DATABASE), provenance.read().code_hash
        with (
            open_ledger(url=url, admin_url=None, home=project) as ledger,
            Checkouts(project, code_hash=checked_out or code_hash) as checkouts,
        ):
            published = site or project / "site/public"
            return recompute(ledger, checkouts, root=project, published=published, references=references)

    return run


@pytest.fixture
def copied(project, tmp_path):
    """A copy of the site, as a function that edits the strategy's page in it."""
    out = shutil.copytree(project / "site/public", tmp_path / "public")

    def edit(pattern, put):
        text = (out / PAGE).read_text("utf-8")
        changed, times = re.subn(pattern, put, text, count=1)
        assert (times, changed != text) == (1, True)
        (out / PAGE).write_text(changed, "utf-8")
        return out

    return edit


@contextmanager
def altered(server, table, columns, change):
    """A superuser's other values in every row of a table, for as long as it takes."""
    names, marks = ", ".join(columns), ", ".join(f"{column} = %s" for column in columns)
    put = f"UPDATE {table} SET {marks} WHERE stream = %s AND sequence = %s"  # noqa: S608 - our words
    with superuser(server, DATABASE) as connection:
        for (name,) in connection.execute("SELECT evtname FROM pg_event_trigger").fetchall():
            connection.execute(f"ALTER EVENT TRIGGER {name} DISABLE")
        connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL")
        rows = connection.execute(f"SELECT stream, sequence, {names} FROM {table}").fetchall()  # noqa: S608
        try:
            for stream, sequence, *values in rows:
                connection.execute(put, [*change(*values), stream, sequence])
            yield
        finally:
            for stream, sequence, *values in rows:
                connection.execute(put, [*values, stream, sequence])


def test_a_stranger_recomputes_the_site_with_one_command(project, server):
    done = openbook(project, server, "recompute")
    assert (done.returncode, done.stderr) == (0, "")
    numbers, drawings = map(
        int, re.search(r"([\d,]+) numbers and (\d+) drawings compared, 0 differ", done.stdout).groups()
    )
    assert numbers > 300
    assert drawings > 3


def test_a_number_that_was_edited_is_named_as_published_and_as_recomputed(copied, recomputed):
    out = copied(
        r'<data value="[^"]*"( data-metric="sharpe_ratio"[^>]*)>[^<]*<', r'<data value="9.9"\1>9.90<'
    )
    report = recomputed(out)
    (one,) = report.differences
    assert (one.page, one.published) == (PAGE, "9.90 (9.9)")
    assert one.what.startswith(f"sharpe_ratio of {JOB} (simulated, ")
    assert re.fullmatch(r"0\.\d\d \(0\.\d{10,}\)", one.recomputed)
    assert not report.proven


@pytest.mark.parametrize(
    ("pattern", "put", "named"),
    [
        (r'(<path class="line simulated"[^>]* d="M)0 ', r"\g<1>1 ", "drawing "),
        (r'(data-metric="verdict"[^>]*>)Rejected<', r"\1Promoted<", "verdict of "),
        (r"nobody traded them", "they were traded", "the words"),
        (r"</h1>", '</h1><data value="0.5">50%</data>', " of  (, )"),
    ],
)
def test_drawings_verdicts_words_and_numbers_without_a_provenance_are_named(
    copied, recomputed, pattern, put, named
):
    (one,) = recomputed(copied(pattern, put)).differences
    assert named in one.what
    assert one.published != one.recomputed


def test_a_page_too_many_and_one_too_few_are_named(copied, recomputed, project):
    out = copied("</h1>", "</h1> ")
    shutil.copytree(out / f"strategies/{JOB}", out / "strategies/another")
    shutil.rmtree(out / f"strategies/{JOB}/nightly")
    told = {one.page: one.recomputed for one in recomputed(out).differences if one.what == "the page"}
    assert told[f"strategies/{JOB}/nightly/index.html"] == "follows from the record"
    assert told["strategies/another/index.html"] == "does not follow from the record"


def raised(content, _, fields, bars):
    """A block in which every price is one per cent higher, hashed anew."""
    names = tuple(json.loads(fields))
    found = unpack(zlib.decompress(content), bars, times=TIMES, numbers=names)
    other = pack({name: found[name] for name in TIMES}, {name: found[name] * 1.01 for name in names})
    return compress(other), hash_of(other), fields, bars


def test_bars_altered_under_a_published_result_are_named(recomputed, server):
    with altered(server, "bar_blocks", ("content", "content_hash", "fields", "bars"), raised):
        report = recomputed()
    assert any("the bars on record hash to" in fault for fault in report.faults)
    assert not report.proven
    assert recomputed().proven  # the record is as it was


def test_worth_altered_before_it_is_published_stops_the_build_and_is_named_by_whoever_recomputes(
    recomputed, project, server, references, tmp_path
):
    with altered(server, "portfolio_worth", ("worth_usd",), lambda worth: (worth + 1,)):
        refused = openbook(project, server, "site", "build")
        with open_ledger(url=server.url(DATABASE), admin_url=None, home=project) as ledger:
            out = build(
                ledger, site_dir=project / "site", out=tmp_path / "public", references=references()
            ).out
        report = recomputed(out)
    assert refused.returncode == 21
    assert f"portfolio_worth:{JOB}, row 1" in refused.stderr
    assert {one.page for one in report.differences} == {PAGE}
    assert any(one.what.startswith(f"final_worth of {JOB} (paper, ") for one in report.differences)


def test_a_rule_of_other_code_than_the_run_had_is_not_believed(recomputed):
    report = recomputed(checked_out="0" * 64)
    assert {(part.strategy, part.series) for part in report.unproven} == {(JOB, "simulated"), (JOB, "paper")}
    assert all(part.numbers > 0 for part in report.unproven)
    assert not report.proven


def test_the_command_ends_with_code_11_and_shows_what_differs(copied, project, server):
    out = copied(r"(data-metric=\"verdict\"[^>]*>)Rejected<", r"\1Promoted<")
    done = openbook(project, server, "recompute", "--site", str(out))
    assert done.returncode == 11
    assert "Promoted" in done.stdout
    assert done.stderr.startswith(
        "ProofError: 1 differences, 0 faults, 0 numbers that could not be recomputed."
    )


@pytest.fixture(scope="module")
def dump(project, server, tmp_path_factory):
    """The record as a file, for somebody without the database."""
    path = tmp_path_factory.mktemp("dump") / "record.jsonl.gz"
    assert openbook(project, server, "dump", str(path)).returncode == 0
    return path


@pytest.mark.parametrize("kind", ["openbook dump", "pg_dump"])
def test_a_stranger_without_the_database_recomputes_from_the_dump(project, server, dump, tmp_path, kind):
    if kind == "pg_dump":
        dump = tmp_path / "record.dump"
        address = ["--host", str(server.place.sockets), "--username", SUPERUSER, DATABASE]
        command = [str(programs(None) / "pg_dump"), "--format=custom", f"--file={dump}", *address]
        subprocess.run(command, check=True, capture_output=True)
    done = openbook(project, server, "recompute", "--dump", str(dump), database="nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"[3-9]\d\d numbers and \d+ drawings compared, 0 differ", done.stdout)


def test_a_dump_that_is_no_dump_and_a_commit_that_is_not_here_are_refused(project, server, tmp_path):
    (tmp_path / "record.sql").write_text("SELECT 1;\n")
    done = openbook(project, server, "recompute", "--dump", str(tmp_path / "record.sql"))
    assert done.returncode == 20
    assert "has no row of the record" in done.stderr
    done = openbook(project, server, "recompute", "--sha", "0123456789abcdef")
    assert done.returncode == 3
    assert "and not at 0123456789abcdef" in done.stderr
