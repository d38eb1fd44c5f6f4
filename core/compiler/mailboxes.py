"""Compiled mailboxes: which mails make a record, its values, and what is done then.

Built at first use by `compile_mailbox`; used by core.services.mailboxes.
"""

from __future__ import annotations

from core.compiler.actions import ActionBuilder
from core.compiler.computing import Computing, all_reads
from core.compiler.effect_builder import EffectBuilder
from core.compiler.effects import CompiledAction
from core.compiler.parts import Computed, Reads
from core.definitions.mailbox import MailboxDef, ThreadDef
from core.fieldtypes import FieldTypeCatalog
from core.fieldtypes.files import read_size
from core.frozen import frozen
from core.registry import Registry

_USUAL_SIZE = 10_000_000


@frozen(kw_only=True)
class CompiledMailbox:
    """`create` are values of a new record; `most` are bytes of one mail."""

    id: str
    definition: MailboxDef
    entity: str
    when: Computed | None
    create: tuple[tuple[str, Computed], ...]
    reads: Reads
    ways: tuple[str, ...]
    reopen: str | None
    auto_replies: bool
    most: int
    action: CompiledAction


def compile_mailbox(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledMailbox:
    """One mailbox; KeyError if there is none of this id."""
    definition, at = registry.mailboxes[id], f"mailbox {id}"
    computing = Computing(registry)
    entity = definition.entity
    effects = EffectBuilder(registry, catalog, computing, entity)
    create = effects.values(entity, definition.create, f"{at}/create")
    when = computing.at(f"{at}/when")
    thread, reject = definition.thread, definition.reject
    size = None if reject is None else read_size(reject.larger_than)
    builder = ActionBuilder(registry, catalog, computing, entity)
    return CompiledMailbox(
        id=id,
        definition=definition,
        entity=entity,
        when=when,
        create=create,
        reads=all_reads(iter([when, *(value for _, value in create)])),
        ways=tuple((thread or ThreadDef()).match),
        reopen=None if thread is None else thread.reopen,
        auto_replies=reject is None or reject.auto_replies,
        most=size or _USUAL_SIZE,
        action=builder.doing(at, definition, definition.do),
    )
