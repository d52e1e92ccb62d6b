"""``openbook``: the group of all commands, and what becomes of an error."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import click

from framework.host import logs

INTERRUPTED: Final = 130  # as a shell says it
COMMANDS: Final = {
    "demo": ("framework.cli.demo:demo", "Everything once, from the sample to the site."),
    "doctor": ("framework.cli.doctor:doctor", "Check what openbook needs on this machine."),
    "lab": ("framework.cli.lab:lab", "Open JupyterLab, with kernel, database and sample ready."),
    "backtest": ("framework.cli.backtest:backtest", "Run a job's research notebook and record its result."),
    "run": ("framework.cli.run:run", "Run a job's night: settle, mark, decide, record."),
    "suspend": ("framework.cli.suspension:suspend", "Stop a strategy from deciding."),
    "resume": ("framework.cli.suspension:resume", "Let a suspended strategy decide again."),
    "key": ("framework.cli.key:key", "The key that signs checkpoints."),
    "checkpoint": ("framework.cli.checkpoint:checkpoint", "Sign the record as it is now."),
    "witness": ("framework.cli.witness:witness", "See that a log continues what was seen of it before."),
    "verify": ("framework.cli.verify:verify", "Hold the record, or a dump, to what was signed."),
    "verify-bundle": ("framework.cli.bundle:verify_bundle", "Check a saved page from one file."),
    "data": ("framework.cli.data:data", "Bars in the vault."),
    "site": ("framework.cli.site:site", "The pages: build them, serve them."),
    "recompute": ("framework.cli.recompute:recompute", "Compute every published number again."),
    "replay": ("framework.cli.replay:replay", "Decide one order again, and compare."),
    "selftest": ("framework.cli.selftest:selftest", "Reproduce published reference values."),
    "backup": ("framework.cli.backup:backup", "The whole record in one encrypted file."),
    "restore": ("framework.cli.backup:restore", "Bring a backup back into an empty database."),
    "dump": ("framework.cli.dump:dump", "The record as a file that anyone can verify."),
    "k8s": ("framework.cli.k8s:k8s", "Kubernetes manifests."),
}
"""Name of each command, where it is, and what it does. A command is imported when it is called."""


class Commands(click.Group):
    """The commands of `COMMANDS`, listed without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Those whose module is installed."""
        return [name for name, (home, _) in COMMANDS.items() if find_spec(home.partition(":")[0])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or None where there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        return _with_verbose(getattr(import_module(module), name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which was probably meant."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from framework.data.suggest import did_you_mean

            known = self.list_commands(ctx)
            raise click.UsageError(f"There is no command {args[0]!r}. {did_you_mean(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with what each does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: Any) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        from framework.host import provenance

        sha, dirty = provenance.commit()
        click.echo(f"openbook {version('openbook')} ({sha[:12]}{', modified' if dirty else ''})")
        ctx.exit()


def _verbose_option() -> click.Option:
    return click.Option(
        ["--verbose"],
        is_flag=True,
        expose_value=False,
        help="Tell what happens, and show the traceback of an error.",
    )


def _with_verbose(command: click.Command) -> click.Command:
    if not any("--verbose" in option.opts for option in command.params):
        command.params.append(_verbose_option())
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _with_verbose(below)
    return command


@click.group(
    cls=Commands,
    no_args_is_help=True,
    epilog="Example: openbook run dual_momentum --as-of 2022-12-28",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Version and commit.",
)
def openbook() -> None:
    """A notebook-first research and backtest workbench.

    Exit codes: 0 done (or already on record), 1 an unforeseen fault, 2 misuse of the command line, 3 a job, date or
    option that does not exist or parse, 4 data, 5 strategy, 6 simulation, 7 ledger, 8 job, 9 broker, 10 page,
    11 proof, 20 to 29 a record that does not verify, by what was done to it.
    """


_with_verbose(openbook)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line; its exit code, with the error, if any, told on stderr."""
    verbose = "--verbose" in arguments
    logs.configure(verbose=verbose)
    try:
        code = openbook.main(list(arguments), prog_name="openbook", standalone_mode=False)
    except click.ClickException as misuse:
        misuse.show()
        return misuse.exit_code
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place before the user
        from framework.cli.failure import tell

        return tell(error, verbose=verbose)
    return code if isinstance(code, int) else 0
