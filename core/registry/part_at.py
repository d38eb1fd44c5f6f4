"""From an address to the part it names.

Used for labels, translations and explanations: `entity base.party/fields/name` leads to
the field's definition in the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Kind -> the attribute of a registry that holds its definitions.
HOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "entity": "entities",
        "trait": "traits",
        "choices": "choices",
        "menu": "menus",
        "settings": "settings",
        "numbering": "numberings",
        "decision": "decisions",
        "workflow": "workflows",
        "automation": "automations",
        "schedule": "schedules",
        "flow": "flows",
        "assignment": "assignments",
        "clock": "clocks",
        "view": "views",
        "dashboard": "dashboards",
        "mapping": "mappings",
        "mail": "mails",
        "mailbox": "mailboxes",
        "endpoint": "endpoints",
        "webform": "webforms",
        "module": "modules",
        "test": "scenarios",
    }
)


def part_at(holder: object, address: str) -> object:
    """Return the definition, part or value at an address; None where nothing is.

    `holder` has the attributes of `HOLDERS` and `rights`; it is the registry.
    """
    head, *steps = address.split("/")
    kind, _, id_ = head.partition(" ")
    found = _definition(holder, kind, id_)
    for step in steps:
        if found is None:
            return None
        found = _step(found, step)
    return found


def _definition(holder: object, kind: str, id_: str) -> object:
    if kind == "permissions":
        # Their only texts are those of the roles.
        roles = getattr(holder, "rights").roles  # noqa: B009 - any holder
        own = [role for role in roles.values() if role.module == id_]
        return {"roles": {role.definition.id: role.definition for role in own}}
    found = getattr(holder, HOLDERS.get(kind, ""), {}).get(id_)
    return getattr(found, "definition", found)


def _step(found: object, step: str) -> object:
    if isinstance(found, Mapping):
        return found.get(step)
    if isinstance(found, tuple):
        return found[int(step)] if step.isdigit() and int(step) < len(found) else None
    return getattr(found, step, None)
