"""Everything that reads or writes business data, with rights, rules, audit, events.

A name of the package is loaded when it is first asked for: a worker that only starts
needs few of them, and they are a tenth of its start.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from core.services.request import (
        Candidates,
        FormState,
        Found,
        Outcome,
        Page,
        Query,
        Suspect,
    )
    from core.services.runtime import Runtime
    from core.services.titles import title_of
    from core.services.totals import (
        Amount,
        Figure,
        Group,
        Totals,
        TotalsFound,
        totals_of,
    )
    from core.services.transactions import Transaction, transaction
    from core.services.write import STEPS
else:
    #: In which file of the package each name stands.
    _HOMES = MappingProxyType(
        {
            "Access": "access",
            "Actor": "context",
            "Amount": "totals",
            "AppError": "errors",
            "AuditEntry": "reader",
            "BadQuery": "errors",
            "Candidates": "request",
            "Clock": "context",
            "FieldRights": "access",
            "Figure": "totals",
            "FormState": "request",
            "Found": "request",
            "Group": "totals",
            "NotAllowed": "errors",
            "NotFound": "errors",
            "OfferedAction": "actions",
            "Outcome": "request",
            "Page": "request",
            "Problem": "errors",
            "Query": "request",
            "Reader": "reader",
            "RuleBroken": "errors",
            "Runtime": "runtime",
            "STEPS": "write",
            "StaleRecord": "errors",
            "Suspect": "request",
            "TooSlow": "errors",
            "Totals": "totals",
            "TotalsFound": "totals",
            "Transaction": "transactions",
            "TransitionRefused": "errors",
            "Unavailable": "errors",
            "ValidationFailed": "errors",
            "counts_of": "counts",
            "reading": "reader",
            "title_of": "titles",
            "totals_of": "totals",
            "transaction": "transactions",
        }
    )

    def __getattr__(name):
        """Load a name of the package; AttributeError for any other."""
        if name not in _HOMES:
            raise AttributeError(f"core.services has no name {name!r}")
        value = getattr(import_module(f"core.services.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


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
    "Suspect",
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
