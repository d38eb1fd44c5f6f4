"""The expression language: text -> checked tree -> Python, SQL or JSON.

Values in Python: text str, integer int, decimal, percent, money and quantity Decimal,
boolean bool, date, aware datetime in UTC, time, duration timedelta, choice its key,
multichoice a tuple of keys, link the target's id, reference `Ref`, unknown None.
"""

from core.expressions.binding import Binding, TableBinding
from core.expressions.browser import BROWSER_FUNCTIONS, runs_in_browser
from core.expressions.catalogue import Catalogue, builtin_catalogue
from core.expressions.env import Env
from core.expressions.errors import CannotTranslate, EvaluationError
from core.expressions.explain import Decider, Explanation, deciding, explain
from core.expressions.folding import fold
from core.expressions.formulas import FormulaCircle, formula_order
from core.expressions.function import Bridge, Function, Param, takes
from core.expressions.measures import ROWS, measure_fault, measure_path, measure_sql
from core.expressions.parser import parse
from core.expressions.patterns import BadPattern, checked_pattern, matches
from core.expressions.postgresql_functions import (
    install_functions,
    postgresql_functions,
)
from core.expressions.record import NotLoaded, Record, Ref
from core.expressions.schema import (
    EntitySchema,
    Member,
    MemberKind,
    Schema,
    pseudo_members,
)
from core.expressions.scope import Scope
from core.expressions.slots import (
    CHECK,
    COMPUTED_FORMULA,
    CONSTRAINT,
    DECISION,
    DIMENSION,
    FILLED_TEXT,
    FILTER,
    GRANT,
    INVARIANT,
    LINK_WHERE,
    MAPPING,
    MEASURE,
    MESSAGE,
    NUMBERING,
    SCHEDULE,
    SLOTS,
    STORED_FORMULA,
    TITLE,
    USER_FILTER,
    VALUE,
    Slot,
)
from core.expressions.sql_search import (
    LEAST,
    contains_folded,
    narrowing,
    search_index,
    text_of_all,
)
from core.expressions.sql_sources import sql_order
from core.expressions.sqlite_functions import register_functions
from core.expressions.to_json import to_json
from core.expressions.to_python import to_python
from core.expressions.to_sql import to_sql, to_sql_condition
from core.expressions.tree import Typed, Uses
from core.expressions.typecheck import typecheck
from core.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    INTEGER,
    JSON,
    NULL,
    PERCENT,
    TEXT,
    TIME,
    Kind,
    Type,
    choice,
    decimal,
    link,
    list_of,
    money,
    percent,
    quantity,
    record,
    reference,
)

__all__ = [
    "BOOLEAN",
    "BROWSER_FUNCTIONS",
    "CHECK",
    "COMPUTED_FORMULA",
    "CONSTRAINT",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DECISION",
    "DIMENSION",
    "DURATION",
    "FILLED_TEXT",
    "FILTER",
    "GRANT",
    "INTEGER",
    "INVARIANT",
    "JSON",
    "LEAST",
    "LINK_WHERE",
    "MAPPING",
    "MEASURE",
    "MESSAGE",
    "NULL",
    "NUMBERING",
    "PERCENT",
    "ROWS",
    "SCHEDULE",
    "SLOTS",
    "STORED_FORMULA",
    "TEXT",
    "TIME",
    "TITLE",
    "USER_FILTER",
    "VALUE",
    "BadPattern",
    "Binding",
    "Bridge",
    "CannotTranslate",
    "Catalogue",
    "Decider",
    "EntitySchema",
    "Env",
    "EvaluationError",
    "Explanation",
    "FormulaCircle",
    "Function",
    "Kind",
    "Member",
    "MemberKind",
    "NotLoaded",
    "Param",
    "Record",
    "Ref",
    "Schema",
    "Scope",
    "Slot",
    "TableBinding",
    "Type",
    "Typed",
    "Uses",
    "builtin_catalogue",
    "checked_pattern",
    "choice",
    "contains_folded",
    "deciding",
    "decimal",
    "explain",
    "fold",
    "formula_order",
    "install_functions",
    "link",
    "list_of",
    "matches",
    "measure_fault",
    "measure_path",
    "measure_sql",
    "money",
    "narrowing",
    "parse",
    "percent",
    "postgresql_functions",
    "pseudo_members",
    "quantity",
    "record",
    "reference",
    "register_functions",
    "runs_in_browser",
    "search_index",
    "sql_order",
    "takes",
    "text_of_all",
    "to_json",
    "to_python",
    "to_sql",
    "to_sql_condition",
    "typecheck",
]
