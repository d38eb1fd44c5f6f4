"""`module`: which modules there are, what turning one on would do, and doing it."""

from __future__ import annotations

from typing import Any

import click

from core.app import Application, build_application
from core.cli.exits import DONE, REFUSED
from core.cli.plan import unfit_text
from core.cli.setup import apply_with_data
from core.cli.surroundings import application, config, json_option, print_json
from core.diagnostics import did_you_mean
from core.migrations import make_plan
from core.services.modules import (
    ModuleInfo,
    describe_modules,
    module_states,
    wanted_modules,
)
from core.services.standing import unfit_records


@click.group()
def module() -> None:
    """List, show, enable and disable modules."""


@module.command("list")
@json_option
def list_(as_json: bool) -> int:
    """List all modules and their state."""
    found = _all(application())
    if as_json:
        print_json([info.document() for info in found])
        return DONE
    width = max((len(info.name) for info in found), default=4)
    for info in found:
        click.echo(
            f"{info.name:<{width}}  {info.state:<9}  {info.version:<8}  {info.title}"
        )
    return DONE


@module.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> int:
    """Show what a module contains and what it needs."""
    info = _named(application(), name)
    if as_json:
        print_json(info.document())
        return DONE
    for key, value in info.document().items():
        shown = ", ".join(value) if isinstance(value, list | tuple) else value
        click.echo(f"{key:<12} {shown}")
    return DONE


@module.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show the plan, change nothing.")
@json_option
def enable(names: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    """Turn modules on, with what they depend on."""
    return _change(names, "enabled", dry_run, as_json)


@module.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show the plan, change nothing.")
@json_option
def disable(names: tuple[str, ...], dry_run: bool, as_json: bool) -> int:
    """Turn modules off; their data is kept and comes back with them."""
    return _change(names, "disabled", dry_run, as_json)


def _change(names: tuple[str, ...], state: str, dry_run: bool, as_json: bool) -> int:
    app = application()
    for name in names:
        _named(app, name)
    states: dict[str, str] = dict.fromkeys(names, state)
    wanted = wanted_modules(app.available, app.registry.modules, states)
    after = build_application(config(), enabled=wanted)
    plan = make_plan(after.compiled, after.database)
    document: dict[str, Any] = {
        "on_before": sorted(app.registry.modules),
        "on_after": sorted(after.registry.modules),
        "plan": plan.document(),
        "unfit": unfit_records(after.runtime),
        "applied": False,
    }
    if not as_json:
        _tell(document)
        click.echo(plan.text())
        click.echo(unfit_text(document["unfit"]), nl=bool(document["unfit"]))
    if plan.blocked:
        return REFUSED
    if not dry_run:
        apply_with_data(after, plan)
        document["applied"] = True
    if as_json:
        print_json(document)
    elif not dry_run:
        click.echo("Done. A running server takes it over within seconds.")
    return DONE


def _tell(document: dict[str, Any]) -> None:
    before, after = set(document["on_before"]), set(document["on_after"])
    for name in sorted(after - before):
        click.echo(f"+ {name} is turned on")
    for name in sorted(before - after):
        click.echo(f"- {name} is turned off; its data is kept")


def _named(app: Application, name: str) -> ModuleInfo:
    found = {info.name: info for info in _all(app)}
    if name not in found:
        hint = did_you_mean(name, list(found))
        tail = f" {hint}." if hint else ""
        raise click.ClickException(f"There is no module '{name}'.{tail}")
    return found[name]


def _all(app: Application) -> list[ModuleInfo]:
    states = module_states(app.database)
    return describe_modules(app.available, app.registry, states)
