"""The signed marks by which an answer finds its record: in an address, in a subject.

Outgoing mails get them from here, `threads` reads them. Who has no mail about a record
cannot make its mark, so nobody writes to a record whose number he guessed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.services.runtime import Runtime

_SIGNS = 16
_BEHIND = re.compile(r"([1-9][0-9]{0,18})\.([a-z2-7]{16})")
_TAG = re.compile(r"\[#([1-9][0-9]{0,18})\.([A-Za-z2-7]{16})\]")


def box_for(runtime: Runtime, entity: str) -> str | None:
    """The mailbox to which answers about records of an entity go; None without one."""
    for id_, box in runtime.compiled.registry.mailboxes.items():
        if box.entity == entity and box.enabled and runtime.mail_addresses.get(id_):
            return id_
    return None


def address_of(runtime: Runtime, box: str, entity: str, record: int) -> str:
    """The address of a mailbox with the mark of a record: `box+7.abc@host`."""
    local, _, host = runtime.mail_addresses[box].rpartition("@")
    return f"{local}+{record}.{_signature(runtime, entity, record)}@{host}"


def tag_of(runtime: Runtime, entity: str, record: int) -> str:
    """What the subject of a mail about a record ends with: `[#7.abc]`."""
    return f"[#{record}.{_signature(runtime, entity, record)}]"


def without_tags(subject: str) -> str:
    """A subject as people wrote it."""
    return " ".join(_TAG.sub("", subject).split())


def in_addresses(
    runtime: Runtime, box: str, entity: str, addresses: Iterable[str]
) -> int | None:
    """The record that an address of the mailbox names with a good signature."""
    own, _, host = runtime.mail_addresses.get(box, "").lower().rpartition("@")
    for address in addresses:
        local, _, there = address.lower().rpartition("@")
        name, _, behind = local.partition("+")
        if own and (name, there) == (own, host):
            found = _checked(runtime, entity, _BEHIND.fullmatch(behind))
            if found is not None:
                return found
    return None


def in_subject(runtime: Runtime, entity: str, subject: str) -> int | None:
    """The record that the tag of a subject names with a good signature."""
    for hit in _TAG.finditer(subject):
        found = _checked(runtime, entity, hit)
        if found is not None:
            return found
    return None


def _checked(runtime: Runtime, entity: str, hit: re.Match[str] | None) -> int | None:
    if hit is None or not runtime.signing_key:
        return None
    record = int(hit[1])
    good = _signature(runtime, entity, record)
    return record if hmac.compare_digest(good, hit[2].lower()) else None


def _signature(runtime: Runtime, entity: str, record: int) -> str:
    """80 bits of HMAC-SHA256 (RFC 2104) in letters that no server changes."""
    told = f"mail about {entity} {record}".encode()
    made = hmac.new(runtime.signing_key.encode(), told, hashlib.sha256).digest()
    return base64.b32encode(made).decode().lower()[:_SIGNS]
