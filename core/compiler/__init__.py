"""The registry turned into tables, closures, rights and view models."""

from core.compiler.access import AccessCompiler, AccessMap, EntityAccess, RowRule
from core.compiler.across import CompiledAcross
from core.compiler.compiled import Compiled, compile_application
from core.compiler.duplicates import (
    DUPLICATES,
    Compared,
    CompiledDuplicates,
    CompiledMatch,
)
from core.compiler.effects import (
    ArchiveRecord,
    Choose,
    CompiledAction,
    CreateRecord,
    DeleteRecord,
    Effect,
    KeepComment,
    MapRecords,
    PlanActivity,
    Refuse,
    SetFields,
    UpdateRecords,
)
from core.compiler.entity import CompiledEntity
from core.compiler.folds import fold_of
from core.compiler.mappings import (
    TARGET,
    CompiledMapping,
    CompiledMappingLines,
    compile_mapping,
)
from core.compiler.mark import is_marked, keep_mark, mark_of
from core.compiler.naming import fold_name, table_name
from core.compiler.parts import (
    Association,
    CompiledBounds,
    CompiledDefault,
    CompiledDerive,
    CompiledField,
    CompiledFilter,
    CompiledFormula,
    CompiledInverse,
    CompiledLines,
    CompiledOwner,
    CompiledRule,
    CompiledUnique,
    Computed,
    Conditions,
    FilledText,
    Reads,
)
from core.compiler.spreads import CompiledSpread
from core.compiler.tables import DEEPEST, PSEUDO
from core.compiler.trails import Step
from core.compiler.upkeep import Trigger, Upkeep
from core.compiler.view_models import (
    Button,
    Column,
    FormView,
    Item,
    ListView,
    RowStyle,
    Section,
    Tab,
    ViewFilter,
)
from core.compiler.views import ViewCompiler

__all__ = [
    "DEEPEST",
    "DUPLICATES",
    "PSEUDO",
    "TARGET",
    "AccessCompiler",
    "AccessMap",
    "ArchiveRecord",
    "Association",
    "Button",
    "Choose",
    "Column",
    "Compared",
    "Compiled",
    "CompiledAcross",
    "CompiledAction",
    "CompiledBounds",
    "CompiledDefault",
    "CompiledDerive",
    "CompiledDuplicates",
    "CompiledEntity",
    "CompiledField",
    "CompiledFilter",
    "CompiledFormula",
    "CompiledInverse",
    "CompiledLines",
    "CompiledMapping",
    "CompiledMappingLines",
    "CompiledMatch",
    "CompiledOwner",
    "CompiledRule",
    "CompiledSpread",
    "CompiledUnique",
    "Computed",
    "Conditions",
    "CreateRecord",
    "DeleteRecord",
    "Effect",
    "EntityAccess",
    "FilledText",
    "FormView",
    "Item",
    "KeepComment",
    "ListView",
    "MapRecords",
    "PlanActivity",
    "Reads",
    "Refuse",
    "RowRule",
    "RowStyle",
    "Section",
    "SetFields",
    "Step",
    "Tab",
    "Trigger",
    "UpdateRecords",
    "Upkeep",
    "ViewCompiler",
    "ViewFilter",
    "compile_application",
    "compile_mapping",
    "fold_name",
    "fold_of",
    "is_marked",
    "keep_mark",
    "mark_of",
    "table_name",
]
