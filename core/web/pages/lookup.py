"""Candidates for pickers: by text, narrowed by the link's `where` over the draft.

The picker script asks; `form_fields` writes the addresses. A new record by its title
alone is made here too, where the link allows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Ref
from core.fieldtypes import BadValue
from core.services import Candidates, Found
from core.services.resolve import title_field
from core.web.auth import login_required_page
from core.web.pages.screen import Screen, known_screen, open_screen, screen_of
from core.web.wording import say

_MOST = 12


@login_required_page
def look_up(module: str, name: str) -> ResponseReturnValue:
    """Records of an entity whose words match `q`."""
    return offered_items(open_screen(module, name))


def offered_items(
    screen: Screen, entity: str | None = None, wanted: Candidates | None = None
) -> ResponseReturnValue:
    """What matches the typed text, among the records of an entity."""
    with screen.reading() as reader:
        found = reader.lookup(entity or screen.id, _text(), _MOST, wanted)
        return jsonify(items=_items(found))


@login_required_page
def look_up_field(module: str, name: str, field: str) -> ResponseReturnValue:
    """What a link of an entity may lead to, given the values of the draft."""
    owner = _owner(module, name)
    link = owner.entity.fields.get(field)
    if link is None or link.kind not in ("link", "links", "reference"):
        abort(404)
    found: list[dict[str, Any]] = []
    with owner.reading() as reader:
        for target in link.targets:
            if not reader.access.can(target, "read"):
                continue
            mark = f"{target}:" if link.kind == "reference" else ""
            label = owner.labels.entity(target) if mark else ""
            hits = reader.lookup(target, _text(), _MOST, _candidates(owner, link))
            found += _items(hits, mark, label)
    return jsonify(items=found)


def _candidates(owner: Screen, link: CompiledField) -> Candidates | None:
    if link.where is None:
        return None
    values = draft_values(owner.entity, request.args)
    return Candidates(owner.id, link.name, values)


def _owner(module: str, name: str) -> Screen:
    id_ = f"{module}.{name}"
    if not known_screen(id_):
        abort(404)
    owner = screen_of(id_)
    if not any(owner.can(verb) for verb in ("read", "create", "update")):
        abort(403)
    return owner


def _text() -> str:
    return request.args.get("q", "").strip()[:100]


def _items(
    found: tuple[Found, ...], mark: str = "", kind: str = ""
) -> list[dict[str, Any]]:
    """Hits for the picker; `kind` says of which entity where there are several."""
    items = []
    for one in found:
        second = " · ".join(part for part in (kind, one.subtitle or "") if part)
        items.append({"id": f"{mark}{one.id}", "title": one.title, "subtitle": second})
    return items


def draft_values(entity: CompiledEntity, given: Mapping[str, str]) -> dict[str, Any]:
    """The values of a draft that a picker sent along, as far as they can be taken."""
    values: dict[str, Any] = {}
    for name, field in entity.fields.items():
        text = given.get(name)
        if text is None or field.kind in ("lines", "links", "group"):
            continue
        entity_id, _, id_ = text.partition(":")
        try:
            if field.kind == "reference" and entity_id in field.targets:
                values[name] = Ref(entity_id, int(id_))
            else:
                values[name] = field.type.coerce(text or None, field.definition)
        except (BadValue, ValueError):
            continue
    return values


@login_required_page
def create_named(module: str, name: str) -> ResponseReturnValue:
    """Make a record that has only a title, and hand back its id."""
    screen = open_screen(module, name, "create")
    field = title_field(screen.entity)
    title = request.form.get("title", "").strip()
    if field is None or not title:
        text = say("A new one needs more than a name. Open its form instead.")
        return jsonify(detail=text), 422
    with screen.writing() as tx:
        made = tx.create(screen.id, {field: title})
        shown = tx.title(screen.id, made.id or 0) or title
    return jsonify(id=made.id, title=shown)
