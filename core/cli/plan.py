"""`plan` and `apply`: what the definitions change in the tables, and doing it."""

from __future__ import annotations

import click

from core.cli.exits import DONE, REFUSED
from core.cli.setup import apply_with_data
from core.cli.surroundings import application, json_option, print_json
from core.migrations import load_plan, make_plan, plan_path
from core.services.standing import unfit_records


def unfit_text(unfit: list[str]) -> str:
    """Which stored records do not fit the definitions; "" for none."""
    if not unfit:
        return ""
    told = "\n".join(f"  - {text}" for text in unfit)
    return f"\nThese records do not fit; saving them will be refused:\n{told}"


@click.command()
@json_option
def plan(as_json: bool) -> int:
    """Show what the definitions would change in the tables; nothing is changed.

    The plan is kept in the home folder; `apply` takes its id. Stored records that do
    not fit the definitions are named.
    """
    app = application()
    made = make_plan(app.compiled, app.database)
    if not made.is_empty:
        made.save(app.config.home)
    unfit = unfit_records(app.runtime)
    if as_json:
        print_json({**made.document(), "unfit": unfit})
    else:
        click.echo(made.text())
        click.echo(unfit_text(unfit), nl=bool(unfit))
        if not made.is_empty and not made.blocked:
            click.echo(f"\nApply it with: cli.py apply {made.id}")
    return REFUSED if made.blocked else DONE


@click.command()
@click.argument("id", required=False)
@json_option
def apply(id: str | None, as_json: bool) -> int:
    """Apply the plan with this ID, or what `plan` would show now.

    On SQLite a copy of the database is kept first; on PostgreSQL it is one transaction.
    """
    app = application()
    if id is None:
        chosen = make_plan(app.compiled, app.database)
    else:
        path = plan_path(app.config.home, id)
        if not path.exists():
            raise click.ClickException(f"There is no plan '{id}'. Run cli.py plan.")
        chosen = load_plan(path)
    done, report, values = apply_with_data(app, chosen)
    if as_json:
        print_json(
            {
                "plan": chosen.document(),
                "backup": done.backup,
                "created": report.created,
                "updated": report.updated,
                "recomputed": values.mended,
                "problems": [problem.message for problem in values.problems],
            }
        )
        return DONE
    click.echo(chosen.text())
    if done.backup:
        click.echo(f"The database as it was is kept in {done.backup}.")
    for problem in values.problems:
        click.echo(problem.message)
    rows = sum(report.created.values()), sum(report.updated.values())
    click.echo(f"Applied. Shipped rows: {rows[0]} created, {rows[1]} updated.")
    return DONE
