"""Engines, transactions, the platform's own tables and what databases refuse."""

from core.storage.among import among
from core.storage.assignment_tables import assign_turn, assigned
from core.storage.clock_tables import clock, clock_note
from core.storage.endpoint_tables import endpoint_call
from core.storage.engine import PATIENCE, Database, DatabaseKind, create_database
from core.storage.errors import Reason, StorageError
from core.storage.file_tables import file, file_use
from core.storage.filling import insert_rows
from core.storage.flow_tables import flow, flow_heard, flow_step
from core.storage.job_tables import job, schedule, timer, waiting_job, webhook
from core.storage.mail_tables import mail, suppressed
from core.storage.mailbox_tables import arrival, mailbox
from core.storage.seal_tables import audit_seal
from core.storage.tables import create_system_tables
from core.storage.timeline_tables import ABOUT
from core.storage.view_tables import saved_view, usual_view
from core.storage.violations import Violation, violation_of

__all__ = [
    "ABOUT",
    "PATIENCE",
    "Database",
    "DatabaseKind",
    "Reason",
    "StorageError",
    "Violation",
    "among",
    "arrival",
    "assign_turn",
    "assigned",
    "audit_seal",
    "clock",
    "clock_note",
    "create_database",
    "create_system_tables",
    "endpoint_call",
    "file",
    "file_use",
    "flow",
    "flow_heard",
    "flow_step",
    "insert_rows",
    "job",
    "mail",
    "mailbox",
    "saved_view",
    "schedule",
    "suppressed",
    "timer",
    "usual_view",
    "violation_of",
    "waiting_job",
    "webhook",
]
