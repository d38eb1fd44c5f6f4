"""Compares the audit with its seals and names the entries that are not as they were.

Called by the command line. Who can write to the database could make all seals anew;
a digest kept elsewhere (`known`) shows that as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.sealing import (
    DIGEST_BYTES,
    ID_BYTES,
    chained,
    digest_of,
    entries_between,
)
from core.storage import Database, tables
from core.storage.seal_tables import AMENDED, ITSELF, audit_seal

#: So many faults are told one by one.
MOST = 100
#: Below every id, also below those that nobody draws.
_LEAST = -(2**62)


@frozen
class Fault:
    """Something that is not as it was; `entry`: its id, None for the chain itself."""

    entry: int | None
    text: str


@dataclass(slots=True)
class Verdict:
    """What a comparison found; `head` is the digest of the newest seal.

    open: entries that are not sealed yet. amended: how many were changed for a reason
    the audit itself keeps; `reasons` names them with who did it, when and by which way.
    """

    seals: int = 0
    entries: int = 0
    amended: int = 0
    open: int = 0
    head: str = ""
    faults: list[Fault] = field(default_factory=list)
    reasons: list[Fault] = field(default_factory=list)

    def add(self, entry: int | None, text: str) -> None:
        """Note a fault, as far as there is room."""
        if len(self.faults) < MOST:
            self.faults.append(Fault(entry, text))

    def amend(self, entry: int, text: str) -> None:
        """Count an entry that was changed for a reason; name it while there is room."""
        self.amended += 1
        if len(self.reasons) < MOST:
            self.reasons.append(Fault(entry, text))

    def document(self) -> dict[str, Any]:
        """As JSON."""
        faults = [{"entry": one.entry, "text": one.text} for one in self.faults]
        reasons = [{"entry": one.entry, "text": one.text} for one in self.reasons]
        return {
            "seals": self.seals,
            "entries": self.entries,
            "amended": self.amended,
            "open": self.open,
            "head": self.head,
            "faults": faults,
            "reasons": reasons,
        }


@frozen
class _Known:
    """Later digests of amended entries, and the names that entities had before."""

    digests: Mapping[int, bytes]
    reasons: Mapping[int, str]
    names: Mapping[str, Sequence[str]]


def check_seals(database: Database, known: str = "") -> Verdict:
    """Compare every sealed entry; `known`: a digest of a seal, kept elsewhere."""
    verdict, seen = Verdict(), not known
    with database.reading(snapshot=True) as connection:
        amendments = _amendments(connection)
        last = _LEAST
        for seal in _seals(connection):
            verdict.seals += 1
            if seal.digest != chained(verdict.head, seal.entries):
                verdict.add(
                    None, f"Seal {seal.id} was changed, or one before it is gone."
                )
            verdict.head = seal.digest
            seen = seen or seal.digest == known
            _compare(connection, seal, last, amendments, verdict)
            last = seal.last
        after = tables.audit.c.id > last
        count = sa.select(sa.func.count()).select_from(tables.audit).where(after)
        verdict.open = connection.scalar(count) or 0
    if not seen:
        text = f"No seal has the digest {known}: seals were cut off or made anew."
        verdict.add(None, text)
    return verdict


def _seals(connection: sa.Connection) -> Iterator[sa.Row[Any]]:
    """The seals in order, one at a time."""
    last = 0
    while True:
        query = sa.select(audit_seal).where(audit_seal.c.id > last)
        found = connection.execute(query.order_by(audit_seal.c.id).limit(1)).first()
        if found is None:
            return
        yield found
        last = found.id


def _compare(
    connection: sa.Connection,
    seal: sa.Row[Any],
    before: int,
    known: _Known,
    verdict: Verdict,
) -> None:
    size = ID_BYTES + DIGEST_BYTES
    sealed = {
        int.from_bytes(seal.entries[at : at + ID_BYTES], "big"): seal.entries[
            at + ID_BYTES : at + size
        ]
        for at in range(0, len(seal.entries), size)
    }
    found = {
        one["id"]: one for one in entries_between(connection, before + 1, seal.last)
    }
    verdict.entries += len(sealed)
    for id_ in sorted({*sealed, *found}):
        if id_ not in found:
            verdict.add(id_, f"Entry {id_} is gone.")
        elif id_ not in sealed:
            verdict.add(id_, f"Entry {id_} was put in afterwards.")
        elif _is_as(found[id_], sealed[id_], known):
            continue
        elif id_ in known.digests and _is_as(found[id_], known.digests[id_], known):
            verdict.amend(id_, f"Entry {id_} was amended {known.reasons[id_]}.")
        else:
            verdict.add(id_, f"Entry {id_} was changed: {_about(found[id_])}.")


def _is_as(entry: sa.RowMapping, digest: bytes, known: _Known) -> bool:
    names = (None, *known.names.get(entry["entity"], ()))
    return any(digest_of(entry, name) == digest for name in names)


def _about(entry: sa.RowMapping) -> str:
    return f"{entry['entity']} {entry['record']}, {entry['action']} at {entry['at']}"


def _amendments(connection: sa.Connection) -> _Known:
    """What the audit keeps of its own changes: erased values and renamed entities."""
    audit = tables.audit.c
    query = sa.select(tables.audit).where(
        audit.entity == ITSELF, audit.record == 0, audit.action == AMENDED
    )
    digests: dict[int, bytes] = {}
    names: dict[str, list[str]] = {}
    reasons: dict[int, str] = {}
    for row in connection.execute(query.order_by(audit.id)):
        changes = row.changes
        who = "the platform" if row.actor is None else f"user {row.actor}"
        for id_, digest in changes.get("entries", {}).items():
            digests[int(id_)] = bytes.fromhex(digest)
            reasons[int(id_)] = f"by {who}, {row.via}, {row.at:%Y-%m-%d %H:%M} UTC"
        if "renamed" in changes:
            old, new = changes["renamed"]
            names.setdefault(new, []).extend([old, *names.get(old, ())])
    return _Known(digests, reasons, names)
