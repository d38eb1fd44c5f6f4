"""Signatures of messages between programs, the same in both directions.

Made for webhooks, checked for endpoints.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

#: Seconds that a message may be on its way.
PATIENCE = 300


def signature(secret: str, moment: int, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) of `<seconds>.<body>` in hexadecimal digits."""
    text = f"{moment}.".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def fault_of(
    secret: str, given: str, sent: str, body: bytes, now: datetime
) -> str | None:
    """Why a signature does not count; None for a good one.

    given: `v1=<digits>`; sent: seconds since 1970.
    """
    if not sent.isascii() or not sent.isdigit() or len(sent) > 12:
        return "The time of the message is missing."
    good = f"v1={signature(secret, int(sent), body)}"
    if not hmac.compare_digest(good.encode(), given.encode("utf-8", "replace")):
        return "The signature is wrong."
    if abs(now.timestamp() - int(sent)) > PATIENCE:
        return f"The message is older than {PATIENCE} seconds."
    return None
