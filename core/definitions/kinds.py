"""The kinds of documents: which dataclass reads each, and where its files lie.

Asked by core.registry when it reads a module, and by the generated reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.definitions.assignment import AssignmentDef
from core.definitions.automation import AutomationDef
from core.definitions.choices import ChoicesDef
from core.definitions.clock import ClockDef
from core.definitions.dashboard import DashboardDef
from core.definitions.data import DataDef, DemoDef, TranslationsDef
from core.definitions.decision import DecisionDef
from core.definitions.endpoint import EndpointDef
from core.definitions.entity import EntityDef, TraitDef
from core.definitions.flow import FlowDef
from core.definitions.mail import MailDef
from core.definitions.mailbox import MailboxDef
from core.definitions.mapping import MappingDef
from core.definitions.menu import MenuDef
from core.definitions.module import ModuleDef
from core.definitions.numbering import NumberingDef
from core.definitions.permissions import PermissionsDef
from core.definitions.scenario import ScenarioDef
from core.definitions.schedule import ScheduleDef
from core.definitions.settings import SettingsDef
from core.definitions.view import ViewDef
from core.definitions.webform import WebformDef
from core.definitions.workflow import WorkflowDef
from core.frozen import frozen
from core.source import Described


@frozen
class Kind:
    """One kind: `place` is a folder (ending in `/`) or a file of the module.

    `by_module`: the id is the module's name, not `module.name`. `one_per_file`: the
    file is named after the entity (E206 otherwise). `extensible`: may be a target of
    `extend`.
    """

    name: str
    body: type[Described]
    place: str
    by_module: bool = False
    one_per_file: bool = False
    extensible: bool = False


def _kinds() -> Mapping[str, Kind]:
    kinds = (
        Kind("module", ModuleDef, "module.yml", by_module=True),
        Kind("entity", EntityDef, "entities/", one_per_file=True, extensible=True),
        Kind("trait", TraitDef, "traits/", extensible=True),
        Kind("choices", ChoicesDef, "choices/", extensible=True),
        Kind("workflow", WorkflowDef, "workflows/", one_per_file=True, extensible=True),
        Kind("automation", AutomationDef, "automations/", extensible=True),
        Kind("schedule", ScheduleDef, "schedules.yml", extensible=True),
        Kind("assignment", AssignmentDef, "assignments.yml", extensible=True),
        Kind("clock", ClockDef, "clocks.yml", extensible=True),
        Kind("flow", FlowDef, "flows/", extensible=True),
        Kind("permissions", PermissionsDef, "permissions.yml", by_module=True),
        Kind("menu", MenuDef, "menu.yml", by_module=True, extensible=True),
        Kind("settings", SettingsDef, "settings.yml", by_module=True, extensible=True),
        Kind("decision", DecisionDef, "decisions/", extensible=True),
        Kind("numbering", NumberingDef, "numbering.yml", extensible=True),
        Kind("view", ViewDef, "views/", extensible=True),
        Kind("dashboard", DashboardDef, "dashboards/", extensible=True),
        Kind("mapping", MappingDef, "mappings/", extensible=True),
        Kind("webform", WebformDef, "webforms/", extensible=True),
        Kind("mail", MailDef, "mails/", extensible=True),
        Kind("mailbox", MailboxDef, "exchange/", extensible=True),
        Kind("endpoint", EndpointDef, "exchange/", extensible=True),
        Kind("data", DataDef, "data/"),
        Kind("demo", DemoDef, "demo/"),
        Kind("translations", TranslationsDef, "translations/"),
        Kind("test", ScenarioDef, "tests/"),
    )
    return MappingProxyType({kind.name: kind for kind in kinds})


KINDS: Mapping[str, Kind] = _kinds()
