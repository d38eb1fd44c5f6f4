"""How many requests one caller may send: counted per user, per key and per address.

Installed by `register`. Counts are those of one worker process: with several of them a
caller reaches at most the limit times their number. Nothing is counted without a limit
in the configuration.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, request

from core.config import RateLimit
from core.frozen import frozen
from core.web.api.refusals import Refusal
from core.web.auth import current_principal
from core.web.csrf import credential_text
from core.web.tokens import KEY_MARK

#: So many callers are remembered; the one that was silent longest is forgotten first.
MOST_CALLERS = 20_000


@frozen
class Standing:
    """Where a caller stands: how many requests are left, and seconds until all are."""

    limit: int
    left: int
    reset: int
    refused: bool


class Counter:
    """Counts the requests of callers within windows of some seconds."""

    def __init__(
        self,
        limit: RateLimit,
        most: int = MOST_CALLERS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._most = most
        self._now = now
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, caller: str) -> Standing:
        """Count one request and say where its caller stands."""
        now = self._now()
        with self._lock:
            began, number = self._seen.pop(caller, (now, 0))
            if now - began >= self._limit.seconds:
                began, number = now, 0
            # A refused request is not counted: waiting always helps.
            refused = number >= self._limit.requests
            number += not refused
            self._seen[caller] = (began, number)
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)
        reset = max(1, math.ceil(began + self._limit.seconds - now))
        return Standing(
            self._limit.requests, self._limit.requests - number, reset, refused
        )


def require_rate(standing: Standing) -> None:
    """Refuse with 429 who sent too many; every answer says how many are left."""
    g.api_standing = standing
    if standing.refused:
        raise Refusal(
            429,
            "too_many_requests",
            f"There were more than {standing.limit} requests. Send the next one in "
            f"{standing.reset} seconds.",
            headers={"Retry-After": str(standing.reset)},
        )


def install_limits(blueprint: Blueprint, config: Any) -> None:
    """Refuse with 429 what goes beyond the limits that the configuration names."""
    known: RateLimit | None = getattr(config, "rate_limit", None)
    stranger: RateLimit | None = getattr(config, "rate_limit_strangers", None)
    blueprint.after_request(_told)
    if known is None and stranger is None:
        return
    callers = None if known is None else Counter(known)
    strangers = None if stranger is None else Counter(stranger)

    def before() -> None:
        name = counted_as()
        counter = callers if name else strangers
        if counter is None:
            return
        require_rate(counter.count(name or f"address {request.remote_addr}"))

    blueprint.before_request(before)


def counted_as() -> str:
    """Who is counted: a key by itself, a user over all sessions; empty for nobody.

    A token or key that nobody has counts for nobody: else each new one began anew.
    """
    principal = current_principal()
    if principal is None:
        return ""
    text = credential_text()
    if text is not None and text.startswith(KEY_MARK):
        return f"key {hashlib.sha256(text.encode()).hexdigest()}"
    return f"user {principal.id}"


def _told(response: Response) -> Response:
    standing: Standing | None = g.get("api_standing")
    if standing is not None:
        response.headers["RateLimit-Limit"] = str(standing.limit)
        response.headers["RateLimit-Remaining"] = str(standing.left)
        response.headers["RateLimit-Reset"] = str(standing.reset)
    return response
