"""The command line: one group, each command in a file of its own, loaded when used.

`cli.py` and the installed script `intarsia` call `main`; errors become one sentence and
an exit code, never a stack trace.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import click

from core.cli.exits import EXITS, exit_code, sentence

#: Command -> (file, function, one line of help).
COMMANDS: MappingProxyType[str, tuple[str, str, str]] = MappingProxyType(
    {
        "init": ("init", "init", "Make the database ready and the first user."),
        "serve": ("serve", "serve", "Serve the web pages and the API."),
        "check": ("check", "check", "Check all definitions without touching data."),
        "test": ("simulate", "test", "Run the test documents of modules."),
        "plan": ("plan", "plan", "Show what the definitions would change in tables."),
        "apply": ("plan", "apply", "Apply a plan to the database."),
        "module": ("module", "module", "List, show, enable and disable modules."),
        "import": ("transfer", "import_", "Import records from a file."),
        "imports": ("imports", "imports", "List imports and undo them."),
        "export": ("transfer", "export", "Export records to a file."),
        "files": ("files", "files", "Check and clean uploaded files."),
        "privacy": ("privacy", "privacy", "Hand out or erase personal data."),
        "retention": ("privacy", "retention", "Run the retention rules."),
        "audit": ("audit", "audit", "Seal the audit, and find what was changed."),
        "worker": ("worker", "worker", "Deliver events and run jobs."),
        "jobs": ("jobs", "jobs", "See jobs and schedules, try failed ones again."),
        "flows": ("flows", "flows", "See flows, start, wake and cancel them."),
        "clocks": ("clocks", "clocks", "See clocks, and what is late."),
        "mail": ("mail", "mail", "See and write mails, and who gets none."),
        "mailbox": ("mailbox", "mailbox", "See mails that come in, ask their servers."),
        "endpoint": ("endpoint", "endpoint", "See endpoints and who called them."),
        "webhook": ("webhook", "webhook", "Keep webhooks and their deliveries."),
        "user": ("user", "user", "Create users, set passwords and roles."),
        "key": ("key", "key", "Make, list and revoke API keys."),
        "rights": ("rights", "rights", "List which role may do what."),
        "explain": ("rights", "explain", "Say why somebody may touch a record."),
        "decide": ("decide", "decide", "Say which row of a decision fits, and why."),
        "demo": ("demo", "demo", "Load or remove sample records."),
        "recompute": (
            "recompute",
            "recompute",
            "Compare stored formulas with what they say, and mend them.",
        ),
        "docs": ("docs", "docs", "Write the generated references."),
        "shell": ("shell", "shell", "Open Python with an open transaction."),
    }
)


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a first day at work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command; None for an unknown one."""
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        module = importlib.import_module(f"core.cli.{found[0]}")
        command: click.Command = getattr(module, found[1])
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for a mistyped one."""
        from core.diagnostics import did_you_mean

        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            hint = did_you_mean(name, list(COMMANDS))
            tail = f"; {hint}" if hint else ""
            ctx.fail(f"There is no command '{name}'{tail}.")
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, found[2]) for name, found in COMMANDS.items()])
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in EXITS.items()])


@click.group(cls=LazyGroup)
@click.version_option(package_name="intarsia", message="Intarsia %(version)s")
def group() -> None:
    """Intarsia: business applications from YAML."""
    # Called once the command was imported, before it runs.
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    # Imported modules stay for good: to search them for garbage is time lost.
    gc.disable()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given: Any = None if arguments is None else list(arguments)
    try:
        result = group.main(args=given, standalone_mode=False, prog_name="cli.py")
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        click.secho(sentence(error), err=True, fg="red")
        return code
