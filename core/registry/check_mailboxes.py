"""Checks mailboxes: entity, sender, values of new records, threads, effects.

Called by core.registry.build; the checked expressions stand under `mailbox <id>/...`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from core.definitions import EntityDef, MailboxDef, TransitionDef
from core.diagnostics import Span, did_you_mean
from core.expressions import types
from core.expressions.slots import CHECK, VALUE
from core.expressions.types import Type
from core.fieldtypes.files import read_size
from core.registry.check_effects import EffectChecker
from core.registry.check_mails import ADDRESS
from core.registry.check_values import check_assignments, writable_field
from core.registry.checker import Checker
from core.registry.missing_fields import check_filled

#: What is known of a mail.
MAIL_NAMES: Mapping[str, Type] = MappingProxyType(
    {
        "src.subject": types.TEXT,
        "src.text": types.TEXT,
        "src.html": types.TEXT,
        "src.sender": types.TEXT,
        "src.sender_name": types.TEXT,
        "src.to": types.TEXT,
        "src.message_id": types.TEXT,
        "src.received": types.DATETIME,
        "src.answer": types.BOOLEAN,
    }
)
_SHORTEST = timedelta(seconds=10)


def check_mailboxes(checker: Checker) -> None:
    """Check all mailboxes; those of no entity are taken out."""
    boxes = checker.documents.of("mailbox", MailboxDef)
    entities = checker.documents.entities
    for id_, box in list(boxes.items()):
        module = id_.partition(".")[0]
        if not checker.dependencies.check(
            module, "entity", box.entity, entities, box.at("entity")
        ):
            del boxes[id_]
            continue
        entity, at = entities[box.entity], f"mailbox {id_}"
        checker.condition(box.when, f"{at}/when", None, CHECK, MAIL_NAMES)
        check_assignments(
            checker, box.create, entity.id, f"{at}/create", None, MAIL_NAMES, VALUE
        )
        effects = EffectChecker(checker, module, entity.id)
        effects.check(box.do, f"{at}/do", MAIL_NAMES)
        _check_sender(checker, box, entity)
        _check_rest(checker, box, entity)
        if box.create:
            known = {*box.create, *((box.sender,) if box.sender else ())}
            check_filled(checker, entity, known, box.at("create"), "create")


def _check_sender(checker: Checker, box: MailboxDef, entity: EntityDef) -> None:
    if box.sender is None:
        return
    span = box.at("sender")
    field = writable_field(checker, entity, box.sender, span)
    if field is not None and field.type != "email":
        text = f"'{box.sender}' is no field of the type 'email'"
        checker.diagnostics.error("E419", text, span)


def _check_rest(checker: Checker, box: MailboxDef, entity: EntityDef) -> None:
    wrong: list[tuple[str, str, Span, str | None]] = []
    help_: str | None
    if not entity.timeline:
        text = f"mails stand in the timeline, and {entity.id} has none"
        help_ = "say 'timeline: true' at the entity"
        wrong.append(("E205", text, box.at("entity"), help_))
    if box.address_ is not None and not ADDRESS.fullmatch(box.address_):
        text = f"'{box.address_}' is no address of a mail"
        wrong.append(("E205", text, box.at("address"), "like office@example.com"))
    if box.every < _SHORTEST:
        text = "a server is asked every 10 seconds at most"
        wrong.append(("E205", text, box.at("every"), None))
    if box.when is not None and not box.create:
        text = "'when' decides which mails make a record, and 'create' says none"
        wrong.append(("E204", text, box.at("when"), "add 'create'"))
    reject, thread = box.reject, box.thread
    if reject is not None and read_size(reject.larger_than) is None:
        text = f"'{reject.larger_than}' is no size; write it like 10 MB"
        wrong.append(("E205", text, reject.at("larger_than"), None))
    if thread is not None and thread.reopen is not None:
        ways = [i for i, a in entity.actions.items() if isinstance(a, TransitionDef)]
        if thread.reopen not in ways:
            text = f"{entity.id} has no transition '{thread.reopen}'"
            help_ = did_you_mean(thread.reopen, ways)
            wrong.append(("E402", text, thread.at("reopen"), help_))
    for code, text, span, help_ in wrong:
        checker.diagnostics.error(code, text, span, help=help_)
