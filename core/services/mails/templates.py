"""Fills a mail for a record, in the language of whom it goes to.

Called by the effect `mail` and by who writes a mail with a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from core.compiler import CompiledMail, compile_mail
from core.compiler.parts import FilledText
from core.expressions import Env, Record
from core.expressions.schema import Schema
from core.fieldtypes.files import StoredFile
from core.frozen import frozen
from core.services.files.fields import files_in
from core.services.mails.receivers import receivers_from
from core.services.readable import ReadableSchema
from core.services.runtime import Runtime
from core.services.wording import to_text

if TYPE_CHECKING:
    from core.services.reader import Reader

LONGEST_SUBJECT = 255
LONGEST_BODY = 200_000


@frozen(kw_only=True)
class Letter:
    """What a mail says, before it is known who gets it."""

    subject: str
    body: str
    kind: str = "transactional"
    template: str | None = None
    reply_to: str | None = None
    answers: str | None = None
    files: tuple[StoredFile, ...] = ()


def mail_of(runtime: Runtime, id: str) -> CompiledMail:
    """A mail, compiled at its first use; KeyError if there is none."""
    registry = runtime.compiled.registry
    made: CompiledMail = runtime.plans.get(
        ("mail", id), lambda: compile_mail(registry, id)
    )
    return made


def language_of(reader: Reader, mail: CompiledMail, env: Env, of_receiver: str) -> str:
    """The language of a mail: what the template says, the receiver's, the actor's."""
    literal = mail.definition.language
    if mail.language is not None and literal is not None:
        return str(mail.language.run(env) or "") or reader.actor.language
    return of_receiver or reader.actor.language


def loaded(reader: Reader, mail: CompiledMail, id: int) -> Record | None:
    """The record with all that the mail reads; None if it is gone."""
    paths = mail.reads.this
    return reader.scene.loader.load(mail.entity, [id], paths).get(id)


def fill(
    reader: Reader,
    mail: CompiledMail,
    record: Record,
    of_receiver: str = "",
    attach: Iterable[str] = (),
) -> Letter:
    """The mail about a record, in the language of a receiver."""
    env = reader.scene.env(mail.reads, this=record)
    language = language_of(reader, mail, env, of_receiver)
    actor = replace(reader.actor, language=language)
    spoken = replace(env, to_text=partial(to_text, actor))
    reply = receivers_from(reader, mail.reply_to, env)
    return Letter(
        subject=one_line(_in(mail.subjects, language, spoken)),
        body=_in(mail.bodies, language, spoken).replace("\x00", "")[:LONGEST_BODY],
        kind=mail.definition.kind,
        template=mail.id,
        reply_to=reply[0].address if reply else None,
        files=_files(reader, record, (*mail.definition.attach, *attach)),
    )


def is_readable(reader: Reader, mail: CompiledMail) -> bool:
    """Whether the actor may read all that a mail is filled with."""
    if reader.actor.is_admin:
        return True
    whole = reader.runtime.compiled.registry.schema
    schema = ReadableSchema(whole, reader.access)
    for root, paths in mail.reads.of.items():
        entity = root.removeprefix("rows:")
        if entity != root and schema.entity(entity) is None:
            return False
        if entity == root:
            continue
        if not all(_is_open(whole, schema, entity, path) for path in paths):
            return False
    return all(_is_open(whole, schema, mail.entity, path) for path in mail.reads.this)


def _is_open(
    whole: Schema, schema: ReadableSchema, entity: str, path: tuple[str, ...]
) -> bool:
    at: str | None = entity
    for name in path:
        known, seen = whole.entity(at or ""), schema.entity(at or "")
        member = None if known is None else known.member(name)
        if member is None:
            # A column that belongs to a field which stands in the path as well.
            return True
        if seen is None or seen.member(name) is None:
            return False
        at = member.target
    return True


def one_line(text: str) -> str:
    """A text that can stand in a header."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST_SUBJECT]


def _in(texts: Mapping[str, FilledText], language: str, env: Env) -> str:
    found = texts.get(language) or texts.get(language.partition("-")[0])
    found = found or texts.get("")
    return "" if found is None else found.run(env)


def _files(
    reader: Reader, record: Record, names: Iterable[str]
) -> tuple[StoredFile, ...]:
    found: dict[str, StoredFile] = {}
    wanted = list(dict.fromkeys(names))
    if wanted:
        paths = frozenset((name,) for name in wanted)
        id_ = record.id or 0
        rows = reader.scene.loader.load(record.entity, [id_], paths)
        values = rows[id_].values if id_ in rows else {}
        for name in wanted:
            for one in files_in(values.get(name)):
                found.setdefault(one.sha256, one)
    return tuple(found.values())
