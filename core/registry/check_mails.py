"""Checks mails: their texts, whom they may go to, and the effect that sends one.

Called by core.registry.build and, for the effect, by core.registry.check_more_effects;
the checked expressions stand under `mail <id>/...`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.definitions import EntityDef, MailDef, MailEffect
from core.diagnostics import Span
from core.expressions.slots import VALUE, Slot
from core.expressions.types import RELATIONAL, Kind, Type
from core.registry.checker import NO_NAMES, Checker
from core.registry.mail_texts import check_texts
from core.registry.module_source import ModuleSource
from core.registry.paths import check_name
from core.source import Names, Scalar, ValueSlot

if TYPE_CHECKING:
    from core.registry.check_effects import EffectChecker

ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_FILES = ("file", "image")


def check_mails(checker: Checker, modules: Mapping[str, ModuleSource]) -> None:
    """Check all mails; those about no entity are taken out."""
    mails = checker.documents.of("mail", MailDef)
    entities = checker.documents.entities
    for id_, mail in list(mails.items()):
        module = id_.partition(".")[0]
        if not checker.dependencies.check(
            module, "entity", mail.entity, entities, mail.at("entity")
        ):
            del mails[id_]
            continue
        if not entities[mail.entity].timeline:
            text = f"a mail stands in the timeline, and {mail.entity} has none"
            help_ = "say 'timeline: true' at the entity"
            checker.diagnostics.error("E205", text, mail.at("entity"), help=help_)
        check_texts(checker, mail, modules.get(module))
        _check_language(checker, mail)
        reply = mail.reply_to
        check_receivers(checker, reply, f"mail {id_}/reply_to", mail.entity)
        _check_attached(checker, mail.entity, mail.attach, mail.at("attach"))


def mail_field(entity: EntityDef | None) -> str | None:
    """The field with the address of a record: the first one of the type `email`."""
    fields = {} if entity is None else entity.fields
    return next((name for name, one in fields.items() if one.type == "email"), None)


def check_receivers(
    checker: Checker,
    value: ValueSlot | None,
    address: str,
    root: str | None,
    slot: Slot = VALUE,
    names: Mapping[str, Type] = NO_NAMES,
) -> None:
    """Check what yields addresses: a text, texts, or records that have one."""
    if value is None:
        return
    if value.expr is None:
        literal = value.literal
        text = literal.text if isinstance(literal, Scalar) else ""
        if not ADDRESS.fullmatch(text):
            said = f"'{text}' is no address of a mail"
            help_ = "an expression begins with '=', like '=party.email'"
            checker.diagnostics.error("E419", said, value.span, help=help_)
        return
    typed = checker.rows(value.expr, address, root, slot, names)
    if typed is None:
        return
    found = typed.type
    if found.kind is Kind.LIST and found.item is not None:
        found = found.item
    if found.kind is Kind.TEXT:
        return
    if found.kind in RELATIONAL and len(found.entities) == 1:
        target = checker.documents.entities.get(found.entities[0])
        if mail_field(target) is not None:
            return
        said = f"{found.entities[0]} has no field of the type 'email'"
    else:
        said = f"an address or a record that has one is needed, this is {typed.type}"
    checker.diagnostics.error("E419", said, value.expr.span)


def check_mail_effect(
    effects: EffectChecker,
    body: MailEffect,
    address: str,
    names: Mapping[str, Type],
) -> None:
    """Check the effect `mail`."""
    checker = effects.checker
    about = effects.root
    if body.record is not None:
        about = effects.rows(body.record, f"{address}/record", names)
        if about is None:
            return
    elif about is None:
        text = "'mail' is about a record, and there is none here"
        checker.diagnostics.error("E205", text, body.span)
        return
    for key in ("to", "cc"):
        value, at = getattr(body, key), f"{address}/{key}"
        check_receivers(checker, value, at, effects.root, effects.value, names)
    mails = checker.documents.of("mail", MailDef)
    if not checker.dependencies.check(
        effects.module, "mail", body.template, mails, body.at("template")
    ):
        return
    entity = mails[body.template].entity
    if entity != about:
        text = f"the mail is about records of {entity}, not of {about}"
        checker.diagnostics.error("E419", text, body.at("template"))
    _check_attached(checker, about, body.attach, body.at("attach"))


def _check_language(checker: Checker, mail: MailDef) -> None:
    value = mail.language
    if value is None or value.expr is None:
        return
    typed = checker.expression(
        value.expr, f"mail {mail.id}/language", mail.entity, VALUE
    )
    if typed is not None and typed.type.kind is not Kind.TEXT:
        text = f"a language is a text like 'de', this is {typed.type}"
        checker.diagnostics.error("E419", text, value.expr.span)


def _check_attached(checker: Checker, entity: str, names: Names, span: Span) -> None:
    fields = checker.documents.entities[entity].fields
    for name in names:
        if check_name(checker, entity, name, span) is None:
            continue
        field = fields.get(name)
        if field is None or field.type not in _FILES:
            text = f"'{name}' holds no files"
            checker.diagnostics.error("E419", text, span)
