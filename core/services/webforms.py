"""Takes in what a web form sent: one record, its files, and what is done with it.

Called by the page of the form. A stranger has no rights: the form's definition says
what he may fill, and the platform writes it in his name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from core.compiler import CompiledWebform, compile_webform
from core.expressions import Record
from core.frozen import frozen
from core.services.assigning import assign
from core.services.effects import Stage, plain
from core.services.errors import Problem, ValidationFailed
from core.services.idempotency import KeptAnswer, claim, keep
from core.services.reactions import run_by_itself
from core.services.runtime import Runtime
from core.services.timeline.attachments import attach

if TYPE_CHECKING:
    from core.services.transactions import Transaction

KIND = "webform"
#: Characters of a value that an address brings.
_LONGEST_HIDDEN = 255


@frozen(kw_only=True)
class Sent:
    """What came: `values` of fields, `hidden` of the address, the text agreed to.

    `once` is a text that only this showing of the form has; the same one makes one
    record.
    """

    values: Mapping[str, Any]
    hidden: Mapping[str, str]
    once: str
    agreed: str | None = None
    files: Sequence[tuple[IO[bytes], str]] = ()


def webform_of(runtime: Runtime, id: str) -> CompiledWebform:
    """A web form, compiled at its first use; KeyError if there is none."""
    compiled = runtime.compiled
    made: CompiledWebform = runtime.plans.get(
        (KIND, id), lambda: compile_webform(compiled.registry, compiled.catalog, id)
    )
    return made


def submit(tx: Transaction, form: CompiledWebform, sent: Sent) -> str:
    """Make the record; returns what is said afterwards.

    ValidationFailed names what is wrong with the values, TransitionRefused comes from
    the effects.
    """
    definition = form.definition
    tx.scene.begin_writing()
    connection = tx.scene.connection
    before = claim(connection, 0, sent.once, form.id[:64])
    if before is not None:
        return before.body
    if definition.consent is not None and sent.agreed is None:
        raise ValidationFailed(
            [Problem(definition.consent.field, "required", "Please agree to this.")]
        )
    values = {
        name: sent.values[name] for name in definition.fields if name in sent.values
    }
    values |= _hidden(definition.hidden, sent.hidden)
    values |= _agreed(tx, form, sent)
    env = tx.scene.env(form.set_reads)
    values |= plain({name: value.run(env) for name, value in form.set})
    # A warning is for who works here; a stranger cannot judge it.
    with tx.with_full_rights():
        # What the form sets may be closed to people, as the words agreed to are.
        made = tx.create(form.entity, values, accept_warnings=True)
    for stream, name in sent.files:
        attach(tx, form.entity, made.id or 0, stream, name)
    said = _then(tx, form, made.id or 0)
    answer = KeptAnswer(201, said, {})
    keep(connection, 0, sent.once, form.id[:64], answer)
    return said


def _then(tx: Transaction, form: CompiledWebform, id_: int) -> str:
    """Run the effects, and say what is to be said of the record as it is then."""
    entity = tx.runtime.compiled.entity(form.entity)
    paths = form.action.reads.this
    record = tx.scene.loader.load(form.entity, [id_], paths)[id_]
    if form.definition.assignment is not None:
        assign(tx, form.definition.assignment, id_)
        record = tx.scene.loader.load(form.entity, [id_], paths)[id_]
    if form.action.effects:
        with tx.scene.atomic():
            stage = Stage(entity, record, {}, form.action)
            run_by_itself(tx, f"{KIND} {form.id}", stage)
    said = form.done.get(tx.actor.language) or form.done.get("")
    if said is None:
        return ""
    read = said.reads.this
    found: Record | None = tx.scene.loader.load(form.entity, [id_], read).get(id_)
    if found is None:
        return ""
    return said.run(tx.scene.env(said.reads, this=found))


def _hidden(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The values of hidden fields; `utm` takes all that begin with it."""
    found: dict[str, str] = {}
    for name in names:
        text = given.get(name, "")
        if name == "utm" and not text:
            parts = sorted(key for key in given if key.startswith("utm_"))
            text = "; ".join(f"{key[4:]}={given[key]}" for key in parts)
        text = " ".join(text.replace("\x00", "").split())[:_LONGEST_HIDDEN]
        if text:
            found[name] = text
    return found


def _agreed(tx: Transaction, form: CompiledWebform, sent: Sent) -> dict[str, Any]:
    """What tells that somebody agreed, when, and to which words."""
    consent = form.definition.consent
    if consent is None:
        return {}
    field = tx.runtime.compiled.registry.entities[form.entity].fields[consent.field]
    moment = tx.scene.moment
    values: dict[str, Any] = {"date": moment.today, "datetime": moment.now}
    return {
        consent.field: values.get(field.type, True),
        consent.source: sent.agreed,
    }
