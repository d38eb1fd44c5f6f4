"""What YAML may contain: one frozen dataclass per kind and part, no I/O."""

from core.definitions.assignment import (
    AssignmentDef,
    AssignRuleDef,
    CapacityDef,
    ReassignDef,
)
from core.definitions.automation import AutomationDef
from core.definitions.choices import ChoicesDef
from core.definitions.clock import BreachDef, ClockDef, WarnDef
from core.definitions.dashboard import DashboardDef, GroupingDef, TileDef
from core.definitions.data import DataDef, DemoDef, PluralText, TranslationsDef
from core.definitions.decision import (
    BandDef,
    BandsDef,
    DecisionColumnDef,
    DecisionDef,
    DecisionRowDef,
)
from core.definitions.effect import (
    EFFECT_NAMES,
    ActivityEffect,
    ChooseDef,
    CopyEffect,
    CreateEffect,
    EffectDef,
    EmitEffect,
    EscalateEffect,
    ForEachEffect,
    MailEffect,
    MapEffect,
    NotifyEffect,
    NumberEffect,
    StartEffect,
    StopEffect,
    TransitionEffect,
    UpdateEffect,
)
from core.definitions.endpoint import EndpointDef
from core.definitions.entity import (
    ActionDef,
    ConstraintDef,
    EntityDef,
    FilterDef,
    RuleDef,
    TraitDef,
)
from core.definitions.extend import ExtendDef
from core.definitions.flow import (
    BranchDef,
    FlowDef,
    FlowStepDef,
    GotoDef,
    HoldDef,
    RetryDef,
    WaitDef,
)
from core.definitions.kinds import KINDS, Kind
from core.definitions.mail import MailDef
from core.definitions.mailbox import MailboxDef
from core.definitions.mapping import MappingDef, MappingLinesDef
from core.definitions.menu import MenuDef, MenuItemDef
from core.definitions.module import AsksDef, ModuleDef
from core.definitions.numbering import NumberingDef
from core.definitions.permissions import (
    FieldRightDef,
    GrantDef,
    LimitDef,
    PermissionsDef,
    RoleDef,
)
from core.definitions.scenario import ScenarioDef, StepDef
from core.definitions.schedule import ScheduleDef
from core.definitions.schema import schemas
from core.definitions.settings import SettingsDef
from core.definitions.view import (
    ButtonDef,
    CardDef,
    ItemDef,
    RowStyleDef,
    SectionDef,
    TabDef,
    ViewDef,
)
from core.definitions.webform import WebformDef
from core.definitions.workflow import (
    ApprovalDef,
    EscalationDef,
    GuardDef,
    LevelDef,
    OfKindDef,
    RepeatDef,
    StateDef,
    TimerDef,
    TransitionDef,
    VerdictDef,
    WorkflowDef,
)

__all__ = [
    "EFFECT_NAMES",
    "KINDS",
    "ActionDef",
    "ActivityEffect",
    "ApprovalDef",
    "AsksDef",
    "AssignRuleDef",
    "AssignmentDef",
    "AutomationDef",
    "BandDef",
    "BandsDef",
    "BranchDef",
    "BreachDef",
    "ButtonDef",
    "CapacityDef",
    "CardDef",
    "ChoicesDef",
    "ChooseDef",
    "ClockDef",
    "ConstraintDef",
    "CopyEffect",
    "CreateEffect",
    "DashboardDef",
    "DataDef",
    "DecisionColumnDef",
    "DecisionDef",
    "DecisionRowDef",
    "DemoDef",
    "EffectDef",
    "EmitEffect",
    "EndpointDef",
    "EntityDef",
    "EscalateEffect",
    "EscalationDef",
    "ExtendDef",
    "FieldRightDef",
    "FilterDef",
    "FlowDef",
    "FlowStepDef",
    "ForEachEffect",
    "GotoDef",
    "GrantDef",
    "GroupingDef",
    "GuardDef",
    "HoldDef",
    "ItemDef",
    "Kind",
    "LevelDef",
    "LimitDef",
    "MailDef",
    "MailEffect",
    "MailboxDef",
    "MapEffect",
    "MappingDef",
    "MappingLinesDef",
    "MenuDef",
    "MenuItemDef",
    "ModuleDef",
    "NotifyEffect",
    "NumberEffect",
    "NumberingDef",
    "OfKindDef",
    "PermissionsDef",
    "PluralText",
    "ReassignDef",
    "RepeatDef",
    "RetryDef",
    "RoleDef",
    "RowStyleDef",
    "RuleDef",
    "ScenarioDef",
    "ScheduleDef",
    "SectionDef",
    "SettingsDef",
    "StartEffect",
    "StateDef",
    "StepDef",
    "StopEffect",
    "TabDef",
    "TileDef",
    "TimerDef",
    "TraitDef",
    "TransitionDef",
    "TransitionEffect",
    "TranslationsDef",
    "UpdateEffect",
    "VerdictDef",
    "ViewDef",
    "WaitDef",
    "WarnDef",
    "WebformDef",
    "WorkflowDef",
    "schemas",
]
