"""The shapes of the bodies that are the same for every entity, as schemas.

The views call `loaded`; it hands on plain values or refuses with every mistake named.
Bodies of records are not here: their fields are checked by the one write path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from core.diagnostics import suggestion
from core.services import Problem, ValidationFailed

MOST_ROWS = 10_000
MOST_SOURCES = 1_000
MOST_CHOSEN = 1_000
_MOST_ID = 2**63 - 1
_MOST_VERSION = 2**31 - 1


class _Envelope(ma.Schema):
    class Meta:
        register = False
        unknown = ma.RAISE


def _strict_integer(most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(1, most), **options)


class Credentials(_Envelope):
    """What a program signs in with."""

    username = fields.String(required=True, validate=validate.Length(1, 320))
    password = fields.String(required=True, validate=validate.Length(1, 1024))
    code = fields.String(load_default="", validate=validate.Length(0, 64))


class Versioned(_Envelope):
    """The body of archive and restore."""

    version = _strict_integer(_MOST_VERSION, allow_none=True, load_default=None)


class Pressed(Versioned):
    """The body of an action: the answers to its form, and how much it takes.

    take: mapping -> its lines -> source row -> how much of what is open.
    """

    ask = fields.Dict(keys=fields.String(), load_default=dict)
    take = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(
            keys=fields.String(), values=fields.Dict(keys=fields.Integer())
        ),
        load_default=dict,
    )


class FlowStart(_Envelope):
    """The body that starts a flow: about which record, of which key, with what."""

    flow = fields.String(required=True, validate=validate.Length(1, 81))
    record = _strict_integer(_MOST_ID, required=True)
    key = fields.String(
        allow_none=True, load_default=None, validate=validate.Length(1, 200)
    )
    input = fields.Dict(keys=fields.String(), load_default=dict)


class FlowCancel(_Envelope):
    """The body that cancels an instance of a flow."""

    reason = fields.String(load_default="", validate=validate.Length(0, 500))


class MappingRun(_Envelope):
    """The body of a mapping: sources, answers, how much of which row is taken."""

    records = fields.List(
        _strict_integer(_MOST_ID),
        required=True,
        validate=validate.Length(1, MOST_SOURCES),
    )
    ask = fields.Dict(keys=fields.String(), load_default=dict)
    take = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.Integer()),
        allow_none=True,
        load_default=None,
    )
    preview = fields.Boolean(load_default=False)


class Draft(_Envelope):
    """A record that is being filled in."""

    values = fields.Dict(keys=fields.String(), required=True)
    id = _strict_integer(_MOST_ID, allow_none=True, load_default=None)


class PairOfIds(_Envelope):
    """Two records."""

    ids = fields.List(
        _strict_integer(_MOST_ID), required=True, validate=validate.Length(2, 2)
    )


class NewView(_Envelope):
    """A view to keep: its name, its state, who else sees it, whether lists begin so."""

    name = fields.String(required=True, validate=validate.Length(1, 80))
    state = fields.Dict(keys=fields.String(), load_default=dict)
    roles = fields.List(fields.String(), allow_none=True, load_default=None)
    usual = fields.Boolean(load_default=False)


class NewWebhook(_Envelope):
    """A webhook to keep."""

    entity = fields.String(required=True, validate=validate.Length(1, 81))
    url = fields.String(required=True, validate=validate.Length(1, 2000))
    events = fields.List(fields.String(), load_default=None, allow_none=True)
    filter = fields.String(load_default=None, allow_none=True)
    secret = fields.String(load_default=None, allow_none=True)


class ChangedWebhook(_Envelope):
    """What changes of a webhook."""

    active = fields.Boolean(required=True)


class NewMail(_Envelope):
    """A mail to write at a record."""

    to = fields.String(load_default=None, allow_none=True)
    cc = fields.String(load_default="")
    subject = fields.String(load_default="")
    body = fields.String(load_default="")
    template = fields.String(load_default="")
    attachments = fields.List(_strict_integer(_MOST_ID), load_default=list)


class KeptBack(_Envelope):
    """An address that is to get no mails."""

    address = fields.String(required=True, validate=validate.Length(1, 320))
    marketing = fields.Boolean(load_default=False)


class ChangedView(Versioned):
    """What changes of a saved view."""

    name = fields.String(validate=validate.Length(1, 80))
    state = fields.Dict(keys=fields.String())
    roles = fields.List(fields.String(), allow_none=True)
    usual = fields.Boolean()


class _Seen(_Envelope):
    id = _strict_integer(_MOST_ID, required=True)
    version = _strict_integer(_MOST_VERSION, allow_none=True, load_default=None)


class Merging(Versioned):
    """The body of a merge: the other records, and whose values are taken over."""

    records = fields.List(
        fields.Nested(_Seen), required=True, validate=validate.Length(1, MOST_ROWS)
    )
    take = fields.Dict(
        keys=fields.String(), values=_strict_integer(_MOST_ID), load_default=dict
    )


def _rows() -> fields.List[dict[str, Any]]:
    row = fields.Dict(keys=fields.String())
    return fields.List(row, load_default=list, validate=validate.Length(max=MOST_ROWS))


def _ids() -> fields.List[int]:
    row = _strict_integer(_MOST_ID)
    return fields.List(row, load_default=list, validate=validate.Length(max=MOST_ROWS))


class Bulk(_Envelope):
    """Many writes to one entity in one transaction."""

    create = _rows()
    update = _rows()
    archive = _ids()
    restore = _ids()
    delete = _ids()
    partly = fields.Boolean(load_default=False, data_key="partial")


class ListPressed(_Envelope):
    """The body of a button of the list: the answers, and the records if it has any."""

    ask = fields.Dict(keys=fields.String(), load_default=dict)
    ids = fields.List(
        _strict_integer(_MOST_ID),
        load_default=list,
        validate=validate.Length(max=MOST_CHOSEN),
    )


class Target(_Envelope):
    """What a row of `update` must have beside its values."""

    id = _strict_integer(_MOST_ID, required=True)
    version = _strict_integer(_MOST_VERSION, allow_none=True, load_default=None)


def loaded(schema: ma.Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked values of a body; ValidationFailed names each mistake."""
    try:
        found: dict[str, Any] = schema.load(body)
    except ma.ValidationError as error:
        problems = list(_problems(schema, error.messages_dict, ()))
        raise ValidationFailed(problems) from None
    return found


def _problems(schema: ma.Schema, messages: Any, path: tuple[str | int, ...]) -> Any:
    known = [field.data_key or name for name, field in schema.fields.items()]
    for name, found in messages.items():
        if isinstance(found, dict):
            yield from _problems(schema, found, (*path, name))
            continue
        if not path and name not in known:
            tail = suggestion(str(name), known)
            message = f"The body has no key '{name}' here.{tail}"
            yield Problem(str(name), "unknown_field", message)
            continue
        shown = " ".join(str(part) for part in found)
        yield Problem(str(name), "wrong_value", f"'{name}': {shown}", path)
