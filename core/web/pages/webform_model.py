"""What a web form shows: inputs, consent, who may frame it; and the list of all.

Used by `webform_page` and registered by `register`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template

from core.compiler import CompiledField, CompiledWebform
from core.definitions import WebformDef
from core.services.request import Candidates
from core.web.auth import admin_required
from core.web.pages.inputs import Inputs
from core.web.pages.labels import Labels
from core.web.pages.screen import Screen
from core.web.state import application, web
from core.web.wording import language, say

#: Records that a link of a web form offers.
MOST_OFFERED = 200
_POLICY = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)


def policy_of(definition: WebformDef) -> str:
    """The policy of the page: no scripts at all, frames only where it is said."""
    return policy_of_page(" ".join(definition.embed))


def policy_of_page(sites: str = "") -> str:
    """The policy of a page for strangers; sites that may show it in a frame."""
    sites = sites or "'none'"
    return "; ".join((*_POLICY, f"frame-ancestors {sites}"))


def consent_text(form: CompiledWebform, labels: Labels) -> str:
    """What has to be agreed to, in the language of the page; empty for nothing."""
    if form.definition.consent is None:
        return ""
    return labels.at(f"webform {form.id}/consent", "text")


def offered(screen: Screen, shown: CompiledField) -> list[tuple[str, str]]:
    """What a link may lead to by its `where`, as choices: strangers cannot search."""
    wanted = Candidates(screen.id, shown.name)
    with application().reader(screen.actor) as reader:
        found = reader.lookup(shown.targets[0], "", MOST_OFFERED, wanted)
    choices = [(str(one.id), one.title) for one in found]
    return sorted(choices, key=lambda pair: pair[1].casefold())


def shown_fields(
    screen: Screen,
    form: CompiledWebform,
    given: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The inputs in their order, as they were filled in."""
    inputs, found = Inputs(screen), []
    for name in form.definition.fields:
        shown = screen.entity.fields[name]
        made = inputs.input_of(shown, None)
        if shown.kind == "link":
            made = {"kind": "select", "options": offered(screen, shown)}
        if name in given:
            texts = list(given[name])
            last = texts[-1] if texts else ""
            many = made["kind"] == "multiselect"
            checked = last == "1" if made["kind"] == "checkbox" else last
            made["value"] = texts if many else checked
        if made["kind"] == "select":
            options = [one for one in made["options"] if one[0] != ""]
            made["options"] = [("", say("Please choose")), *options]
        required = shown.definition.required is True
        found.append(
            {
                **made,
                "name": name,
                "label": screen.labels.field(shown),
                "hint": screen.labels.help(shown),
                "required": required,
                "error": errors.get(name, ""),
            }
        )
    return found


@admin_required
def list_webforms() -> str:
    """All web forms with their addresses, and how another site shows them."""
    labels = Labels(application().registry, language())
    root = web().settings.public_url
    rows = []
    for id_, one in application().registry.webforms.items():
        module, _, name = id_.partition(".")
        href = f"/forms/{module}/{name}"
        title = labels.at(f"webform {id_}")
        frame = f'<iframe src="{root}{href}?embed=1" title="{title}"'
        code = f'{frame} width="100%" height="900"></iframe>'
        rows.append(
            {
                "label": labels.at(f"webform {id_}"),
                "entity": labels.entity(one.entity),
                "href": href,
                "enabled": one.enabled,
                "login": one.login,
                "sites": ", ".join(one.embed),
                "code": code if one.embed else "",
            }
        )
    return render_template("pages/webforms.html", rows=rows)
