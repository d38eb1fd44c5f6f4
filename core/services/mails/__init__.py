"""Mails about records: filled from templates or written, queued, sent, kept back."""

from core.services.mails.bounces import take_bounce
from core.services.mails.listing import STATES, MailEntry, list_mails
from core.services.mails.suppression import (
    Suppressed,
    list_suppressed,
    release,
    suppress_by_hand,
)
from core.services.mails.writing import Draft, draft, may_write, templates, write_mail

__all__ = [
    "STATES",
    "Draft",
    "MailEntry",
    "Suppressed",
    "draft",
    "list_mails",
    "list_suppressed",
    "may_write",
    "release",
    "suppress_by_hand",
    "take_bounce",
    "templates",
    "write_mail",
]
