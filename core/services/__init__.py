"""Everything that reads or writes business data, with rights, rules, audit, events."""

from core.services.access import Access, FieldRights
from core.services.actions import OfferedAction
from core.services.context import Actor, Clock
from core.services.counts import counts_of
from core.services.errors import (
    AppError,
    BadQuery,
    NotAllowed,
    NotFound,
    Problem,
    RuleBroken,
    StaleRecord,
    TooSlow,
    TransitionRefused,
    Unavailable,
    ValidationFailed,
)
from core.services.reader import AuditEntry, Reader, reading
from core.services.request import Candidates, FormState, Found, Outcome, Page, Query
from core.services.runtime import Runtime
from core.services.titles import title_of
from core.services.totals import Amount, Figure, Group, Totals, TotalsFound, totals_of
from core.services.transaction import Transaction, transaction
from core.services.write import STEPS

__all__ = [
    "STEPS",
    "Access",
    "Actor",
    "Amount",
    "AppError",
    "AuditEntry",
    "BadQuery",
    "Candidates",
    "Clock",
    "FieldRights",
    "Figure",
    "FormState",
    "Found",
    "Group",
    "NotAllowed",
    "NotFound",
    "OfferedAction",
    "Outcome",
    "Page",
    "Problem",
    "Query",
    "Reader",
    "RuleBroken",
    "Runtime",
    "StaleRecord",
    "TooSlow",
    "Totals",
    "TotalsFound",
    "Transaction",
    "TransitionRefused",
    "Unavailable",
    "ValidationFailed",
    "counts_of",
    "reading",
    "title_of",
    "totals_of",
    "transaction",
]
