"""Sends one HTTP request to an address that somebody configured, and to no other place.

Called by webhooks. The name is resolved once and the connection goes to that very
address; private, local and reserved addresses are refused, redirects are not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from core.frozen import frozen

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
TIMEOUT = 10.0
_MOST_READ = 4096
#: Ways to write an IPv4 address as an IPv6 one (NAT64, 6to4, Teredo).
_WRAPPED = ("64:ff9b::/96", "2002::/16", "2001::/32")


class Refused(Exception):
    """The address may not be asked; trying again does not help."""


class NotReached(Exception):
    """There was no answer; trying again may help."""


@frozen
class Answer:
    """Status and the beginning of the body."""

    status: int
    text: str


def check_url(url: str) -> None:
    """Refuse what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("The address cannot be read.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("The address begins with https:// or http:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise Refused("The address holds no user name or password.")
    if port == 0 or not url.isascii() or any(sign <= " " for sign in url):
        raise Refused("The address has a sign that no address has.")


def is_open(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is public, or allowed by the configuration."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_open(mapped, allowed)
    if any(address.version == net.version and address in net for net in allowed):
        return True
    if address.version == 6 and any(
        address in ipaddress.IPv6Network(text) for text in _WRAPPED
    ):
        return False
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int, allowed: Sequence[Network] = ()) -> str:
    """The address to connect to; Refused if one of the host's addresses is private."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached(f"The host '{host}' is not known: {error}.") from error
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    for text in addresses:
        if not is_open(ipaddress.ip_address(text), allowed):
            raise Refused(f"'{host}' leads to {text}, a private or reserved address.")
    if not addresses:
        raise NotReached(f"The host '{host}' has no address.")
    return addresses[0]


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
