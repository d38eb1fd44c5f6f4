"""`mail:` a template of mails about records of one entity.

Read by core.registry.check_mails; filled by core.services.mails.templates.
"""

from __future__ import annotations

from typing import Literal

from core.frozen import frozen
from core.source import Described, Filled, Id, Names, Text, Value


@frozen(kw_only=True)
class MailDef(Described):
    """Subject and body of mails about one record, which is `this`.

    The body is `body`, or the text file `body_file` beside the definition; in another
    language it is that of a translation, or the file `<name>.<language>.<ending>`.
    `language` says in which language it is written, by default that of the receiver.
    `attach` names fields of files. Mails of the kind `marketing` do not go to people
    who have unsubscribed.
    """

    entity: Id
    subject: Filled
    body: Filled | None = None
    body_file: Text | None = None
    language: Value | None = None
    attach: Names = ()
    reply_to: Value | None = None
    kind: Literal["transactional", "marketing"] = "transactional"
