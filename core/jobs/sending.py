"""Sends one HTTP request to an address that somebody configured, and to no other place.

Called by webhooks. The name is resolved once and the connection goes to that very
address; private, local and reserved addresses are refused, redirects are not followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from core.frozen import frozen
from core.services.addresses import Network, NotReached, check_url, resolve

TIMEOUT = 10.0
_MOST_READ = 4096


@frozen
class Answer:
    """Status and the beginning of the body."""

    status: int
    text: str


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    allowed: Sequence[Network] = (),
    timeout: float = TIMEOUT,
) -> Answer:
    """Send a POST and return the answer; Refused or NotReached without one."""
    check_url(url)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(host, port, allowed)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    connection = _Pinned(host, port, address, secure, timeout)
    path = parts.path or "/"
    try:
        target = f"{path}?{parts.query}" if parts.query else path
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read(_MOST_READ).decode("utf-8", "replace")
        return Answer(answer.status, text)
    except (OSError, http.client.HTTPException) as error:
        reason = f"{type(error).__name__}: {error}"
        raise NotReached(f"No answer from '{host}': {reason}.") from error
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was resolved and checked before."""

    def __init__(
        self,
        host: str,
        port: int,
        address: str,
        secure: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = address
        self._secure = secure

    def connect(self) -> None:
        """Connect to the pinned address; the name only stands in TLS and `Host`."""
        plain: Any = socket.create_connection(
            (self._address, self.port), timeout=self.timeout
        )
        if self._secure is not None:
            plain = self._secure.wrap_socket(plain, server_hostname=self.host)
        self.sock = plain
