"""`GET .../<id>/explain`: why somebody may do what to a record and its fields.

For administrators.
"""

from __future__ import annotations

from flask import Response, request

from core.registry.rights import VERBS
from core.services import BadQuery, NotAllowed
from core.web.api.calls import open_call
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of
from core.web.api.rendering import moment_text
from core.web.explaining import explained, explained_fields, explained_owners

_LARGEST = 2**63 - 1


def explain(module: str, name: str, id: int) -> Response:
    """Each verb with the answer and its reasons; `user` and `verb` narrow it."""
    call = open_call(module, name, "read")
    check_names(request.args, ("user", "verb"))
    actor = call.caller.actor
    if not actor.is_admin:
        raise NotAllowed(
            "Only administrators may ask why. Ask one of them.",
            entity=call.id,
            verb="explain",
        )
    verb = request.args.get("verb", "")
    known = (*VERBS, *call.entity.actions)
    if verb and verb not in known:
        raise BadQuery(f"There is no verb '{verb}' here.", parameter="verb")
    with call.reading() as reader:
        reader.get(call.id, id, ("id",))
    user = number_of(request.args, "user", 1, _LARGEST, actor.user_id or 0)
    answers = explained(call.id, id, user, verb)
    fields = [] if verb else explained_fields(call.id, id, user)
    owners = [] if verb else explained_owners(call.id, id)
    for one in owners:
        one["at"] = moment_text(one["at"])
    return answer({"items": answers, "fields": fields, "given": owners})
