"""All definitions: discovered, ordered, read, composed, checked, frozen.

Used by the compiler, the services and the pages through `Registry`; made by
`build_registry`.
"""

from core.registry.approvals import ANY
from core.registry.build import build_registry
from core.registry.check_decisions import ways_of
from core.registry.check_mails import ADDRESS, mail_field
from core.registry.check_roles import full_role, full_roles
from core.registry.check_schedules import LAST, WEEKDAYS, clock_time
from core.registry.discover import discover
from core.registry.events import subject_of
from core.registry.filled_text import TypedGap, TypedText, filler
from core.registry.hearing import Ear
from core.registry.inverses import Inverse
from core.registry.module_source import ModuleSource
from core.registry.normalise import Choice, choices_of, grant_of, item_of, words
from core.registry.order import order
from core.registry.registry import Registry
from core.registry.rights import Grant, Limit, Rights, Role
from core.registry.schema import EntityMembers, RegistrySchema

__all__ = [
    "ADDRESS",
    "ANY",
    "LAST",
    "WEEKDAYS",
    "Choice",
    "Ear",
    "EntityMembers",
    "Grant",
    "Inverse",
    "Limit",
    "ModuleSource",
    "Registry",
    "RegistrySchema",
    "Rights",
    "Role",
    "TypedGap",
    "TypedText",
    "build_registry",
    "choices_of",
    "clock_time",
    "discover",
    "filler",
    "full_role",
    "full_roles",
    "grant_of",
    "item_of",
    "mail_field",
    "order",
    "subject_of",
    "ways_of",
    "words",
]
