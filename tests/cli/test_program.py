"""Help teaches, is quick, and a slip of the finger is answered with what was meant."""

import subprocess
import sys
from importlib.util import find_spec

import click
import pytest

from framework.cli.program import COMMANDS, Commands, run
from framework.cli.program import openbook as group
from framework.host import provenance

INSTALLED = [name for name, (home, _) in COMMANDS.items() if find_spec(home.partition(":")[0])]


def every_command(command: click.Command, path: tuple[str, ...] = ()):
    """The command and all below it, with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from every_command(below, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(every_command(group)), ids=lambda value: str(value)[:40])
def test_the_help_of_every_command_ends_with_an_example(path, command):
    text = command.get_help(click.Context(command, info_name=" ".join(("openbook", *path))))
    last = [line for line in text.splitlines() if line.strip()][-3:]
    example = " ".join(line.strip() for line in last)
    assert f"Example: openbook {' '.join(path)}".strip() in example
    assert "--verbose" in text


def test_the_table_of_commands_says_what_each_command_says_of_itself():
    for name in INSTALLED:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        assert command.name == name


def test_help_lists_every_command(openbook):
    said = openbook("--help")
    assert said.code == 0
    assert all(name in said.out for name in INSTALLED)


def test_help_is_quick_and_imports_no_heavy_library():
    """0.1 s on a quiet machine; measured in processor time, which a busy one does not stretch as much."""
    code = (
        "import sys\nfrom framework.cli.program import run\nrun(['--help'])\n"
        "heavy = {'pandas', 'numpy', 'sqlalchemy', 'papermill', 'rich'} & set(sys.modules)\nassert not heavy, heavy\n"
        "import time\nassert time.process_time() < 1.0, time.process_time()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_version_names_the_commit(openbook):
    sha, _ = provenance.commit()
    said = openbook("--version")
    assert said.code == 0
    assert said.out.startswith(f"openbook 0.1.0 ({sha[:12]}")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("rum", "dual_momentum"), "Did you mean 'run'?"),
        (("data", "snyc"), "sync"),
        (("run", "dual_momentum", "--as_of", "2022-12-28"), "--as-of"),
        (("--verson",), "--version"),
    ],
)
def test_a_misspelt_command_or_option_is_answered_with_the_nearest(openbook, words, meant):
    said = openbook(*words)
    assert said.code == 2
    assert meant in said.err
    assert "Traceback" not in said.err


def test_without_arguments_it_shows_the_help(openbook):
    said = openbook()
    assert "Commands:" in said.out + said.err


def test_a_command_whose_module_is_missing_is_neither_listed_nor_found(monkeypatch):
    monkeypatch.setitem(COMMANDS, "ghost", ("framework.cli.ghost:ghost", "Not there."))
    context = click.Context(group)
    assert isinstance(group, Commands)
    assert "ghost" not in group.list_commands(context)
    assert group.get_command(context, "ghost") is None


def test_an_interrupt_has_the_shells_own_code(monkeypatch, capsys):
    def interrupted(*_arguments, **_options):
        raise click.Abort

    monkeypatch.setattr(group, "main", interrupted)
    assert run(["doctor"]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"
