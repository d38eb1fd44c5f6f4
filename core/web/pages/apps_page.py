"""The modules: what there is, and turning them on and off by a plan that is seen first.

Registered by `register`; for administrators. The same calls as those of the command
line, and the running application is swapped at the end.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.app import Application, DefinitionErrors, build_application
from core.migrations import Plan, PlanRefused, load_plan, make_plan, plan_path
from core.services.modules import (
    ModuleInfo,
    describe_modules,
    module_states,
    wanted_modules,
)
from core.services.standing import unfit_records
from core.web.auth import admin_required
from core.web.notices import notify
from core.web.setup import apply_with_data
from core.web.state import application, web
from core.web.wording import say

_STATES = MappingProxyType({"enable": "enabled", "disable": "disabled"})
RISKS = (("loses_data", "loses data", "bad"), ("slow", "slow", "warn"))


@admin_required
def show_apps() -> ResponseReturnValue:
    """All modules as cards; `state` and `category` narrow them."""
    found = _modules(application())
    category = request.args.get("category", "")
    state = request.args.get("state", "")
    shown = [
        info
        for info in found
        if (not category or info.category == category)
        and (not state or info.state == state)
    ]
    categories = sorted({info.category for info in found if info.category})
    return render_template(
        "pages/apps.html",
        modules=shown,
        titles={info.name: info.title for info in found},
        categories=[(c, sum(i.category == c for i in found)) for c in categories],
        states=[
            (key, label, sum(i.state == key for i in found))
            for key, label in (
                ("enabled", say("Enabled")),
                ("disabled", say("Disabled, data kept")),
                ("available", say("Available")),
            )
        ],
        category=category,
        state=state,
        total=len(found),
        settings=application().registry.settings,
    )


def _modules(app: Application) -> list[ModuleInfo]:
    states = module_states(app.database)
    return describe_modules(app.available, app.registry, states)


@admin_required
def show_plan(module: str, change: str) -> ResponseReturnValue:
    """What turning a module on or off would do to the tables."""
    app: Application = application()
    info = _named(app, module)
    if change not in _STATES:
        abort(404)
    try:
        after = _after(app, module, change)
    except DefinitionErrors as errors:
        return render_template(
            "pages/apps_plan.html", info=info, change=change, broken=errors.text()
        )
    plan = make_plan(after.compiled, app.database)
    plan.save(app.config.home)
    before, now = set(app.registry.modules), set(after.registry.modules)
    titles = {one.name: one.title for one in _modules(after)}
    return render_template(
        "pages/apps_plan.html",
        info=info,
        change=change,
        broken="",
        plan=plan,
        unfit=unfit_records(after.runtime),
        turned_on=[titles.get(n, n) for n in sorted(now - before)],
        turned_off=[titles.get(n, n) for n in sorted(before - now)],
        groups=_groups(plan),
        counts={risk: sum(s.risk == risk for s in plan.steps) for risk in _risks(plan)},
    )


def _after(app: Application, module: str, change: str) -> Application:
    """The application as it would be."""
    states = {module: _STATES[change]}
    wanted = wanted_modules(app.available, app.registry.modules, states)
    return build_application(app.config, database=app.database, enabled=wanted)


def _risks(plan: Plan) -> list[str]:
    return sorted({step.risk for step in plan.steps})


def _groups(plan: Plan) -> list[tuple[str, str, list[Any]]]:
    """The steps by risk, the worst first."""
    kinds = (*RISKS, ("safe", "safe", "ok"))
    return [
        (say(label), tone, steps)
        for risk, label, tone in kinds
        if (steps := [step for step in plan.steps if step.risk == risk])
    ]


@admin_required
def apply_change(module: str, change: str) -> ResponseReturnValue:
    """Apply the plan that was shown, unchanged, and take the modules over."""
    app: Application = application()
    info = _named(app, module)
    plan = _shown_plan(app, request.form.get("plan", ""))
    if change not in _STATES:
        abort(404)
    after = _after(app, module, change)
    try:
        apply_with_data(after, plan)
    except PlanRefused as refused:
        notify(say("Nothing was changed."), "bad", sub=" ".join(refused.reasons))
        return redirect(f"/apps/{module}/{change}")
    web().application = build_application(app.config, database=app.database)
    words = (
        "{what} is on." if change == "enable" else "{what} is off; its data is kept."
    )
    notify(say(words, what=info.title))
    return redirect("/apps")


def _shown_plan(app: Application, identity: str) -> Plan:
    """The plan that was shown; 404 for one that never was."""
    try:
        path = plan_path(app.config.home, identity)
        return load_plan(path)
    except (ValueError, OSError):
        abort(404)


def _named(app: Application, name: str) -> ModuleInfo:
    found = next((info for info in _modules(app) if info.name == name), None)
    if found is None:
        abort(404)
    return found
