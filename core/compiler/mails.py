"""Compiled mails: their texts by language, and who they go to.

Built at first use by `compile_mail`; filled by core.services.mails.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.compiler.computing import Computing, all_reads
from core.compiler.effects import Receivers, SendMail
from core.compiler.parts import Computed, FilledText, Reads
from core.definitions import MailDef, MailEffect
from core.expressions.types import RELATIONAL, Kind
from core.frozen import frozen
from core.registry import Registry, mail_field
from core.source import Scalar, ValueSlot


@frozen(kw_only=True)
class CompiledMail:
    """Texts by language; those under an empty language are the written ones."""

    id: str
    definition: MailDef
    entity: str
    subjects: Mapping[str, FilledText]
    bodies: Mapping[str, FilledText]
    language: Computed | None
    reply_to: Receivers | None
    reads: Reads


def compile_mail(registry: Registry, id: str) -> CompiledMail:
    """One mail; KeyError if there is none of this id."""
    definition, at = registry.mails[id], f"mail {id}"
    computing = Computing(registry)
    subjects = texts_of(registry, computing, f"{at}/subject")
    bodies = texts_of(registry, computing, f"{at}/body")
    language = _plain_value(computing, definition.language, f"{at}/language")
    reply_to = receivers_of(registry, computing, definition.reply_to, f"{at}/reply_to")
    parts = [*subjects.values(), *bodies.values(), language]
    parts.append(None if reply_to is None else reply_to.value)
    return CompiledMail(
        id=id,
        definition=definition,
        entity=definition.entity,
        subjects=subjects,
        bodies=bodies,
        language=language,
        reply_to=reply_to,
        reads=all_reads(iter(parts)),
    )


def receivers_of(
    registry: Registry, computing: Computing, value: ValueSlot | None, at: str
) -> Receivers | None:
    """What yields the addresses written at an address; None where nothing is."""
    found = _plain_value(computing, value, at)
    if found is None:
        return None
    if found.typed is None:
        return Receivers(value=found)
    kind = found.typed.type
    if kind.kind is Kind.LIST and kind.item is not None:
        kind = kind.item
    leads = kind.kind in RELATIONAL
    entity = registry.entities.get(kind.entity) if leads else None
    address = mail_field(entity)
    if entity is None or address is None:
        return Receivers(value=found)
    known = entity.fields.get("language")
    language = "language" if known is not None and known.type in _WORDS else None
    return Receivers(value=found, entity=entity.id, address=address, language=language)


def mail_effect(
    registry: Registry,
    computing: Computing,
    body: MailEffect,
    at: str,
    about: tuple[Computed | None, str],
    common: tuple[Computed | None, str | None],
) -> SendMail | None:
    """The effect `mail` about a target and its entity; None if nobody gets it.

    common: its condition and the name of its result.
    """
    to = receivers_of(registry, computing, body.to, f"{at}/to")
    if to is None:
        return None
    return SendMail(
        when=common[0],
        name=common[1],
        entity=about[1],
        target=about[0],
        template=body.template,
        to=to,
        cc=receivers_of(registry, computing, body.cc, f"{at}/cc"),
        attach=body.attach,
    )


#: Types of a field `language` whose value is a text.
_WORDS = ("text", "choice")


def texts_of(
    registry: Registry, computing: Computing, at: str
) -> Mapping[str, FilledText]:
    """What is written at an address by language; an empty one is the author's."""
    found = {}
    for address in registry.texts:
        place, _, language = address.partition("@")
        if place == at:
            text = computing.text(address)
            if text is not None:
                found[language] = text
    return MappingProxyType(found)


def _plain_value(
    computing: Computing, value: ValueSlot | None, at: str
) -> Computed | None:
    if value is None:
        return None
    if value.expr is not None:
        return computing.at(at)
    literal = value.literal
    text = literal.text if isinstance(literal, Scalar) else None
    return Computed(lambda env: text)
