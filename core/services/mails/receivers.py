"""Who a mail goes to: addresses that expressions yield, or that somebody typed.

Used by all files of this package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.compiler import Receivers
from core.expressions import Env
from core.frozen import frozen
from core.registry import ADDRESS
from core.services.effects import ids_of
from core.services.timeline.about import wrong

if TYPE_CHECKING:
    from core.services.reader import Reader

#: Characters of an address (RFC 5321, 4.5.3.1).
LONGEST = 320
#: Addresses of one mail.
MOST = 100


@frozen
class Receiver:
    """An address, and the language of whom it belongs to, if that is known."""

    address: str
    language: str = ""


def receivers_from(reader: Reader, found: Receivers | None, env: Env) -> list[Receiver]:
    """The addresses that an expression yields, each once; what is none is left out."""
    if found is None:
        return []
    value = found.value.run(env)
    if found.entity:
        made = list(_of_records(reader, found, value))
    else:
        texts = value if isinstance(value, list | tuple) else [value]
        made = [Receiver(str(one).strip()) for one in texts if one is not None]
    kept = {one.address.casefold(): one for one in reversed(made) if is_good(one)}
    return list(reversed(kept.values()))[:MOST]


def is_good(one: Receiver) -> bool:
    """Whether this can be an address at all."""
    return len(one.address) <= LONGEST and bool(ADDRESS.fullmatch(one.address))


def typed_addresses(field: str, text: str) -> list[str]:
    """Addresses between commas or blanks; ValidationFailed for a bad one."""
    from email_validator import EmailNotValidError, validate_email

    found: dict[str, str] = {}
    for word in re.split(r"[,;\s]+", text.strip()):
        if not word:
            continue
        try:
            good = validate_email(word.strip("<>"), check_deliverability=False)
        except EmailNotValidError:
            message = f"'{word[:80]}' is not an e-mail address."
            raise wrong(field, "not_an_email", message) from None
        found[good.normalized.casefold()] = good.normalized
    if len(found) > MOST:
        message = f"A mail goes to at most {MOST} addresses."
        raise wrong(field, "too_long", message)
    return list(found.values())


def _of_records(reader: Reader, found: Receivers, value: Any) -> Iterator[Receiver]:
    ids = list(dict.fromkeys(ids_of(value)))
    paths = {(found.address,), *(((found.language,),) if found.language else ())}
    rows = reader.scene.loader.load(found.entity, ids, frozenset(paths))
    for id_ in ids:
        values = rows[id_].values if id_ in rows else {}
        address = values.get(found.address)
        if address:
            spoken = values.get(found.language) if found.language else None
            yield Receiver(str(address), str(spoken or ""))
