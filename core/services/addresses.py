"""Which addresses of other machines may be asked: public ones, and those allowed.

Asked when a webhook is kept and when it is delivered. A name is looked up each time:
what it led to yesterday says nothing of today.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Ways to write an IPv4 address as an IPv6 one (NAT64, 6to4, Teredo).
_WRAPPED = ("64:ff9b::/96", "2002::/16", "2001::/32")


class Refused(Exception):
    """The address may not be asked; trying again does not help."""


class NotReached(Exception):
    """There was no answer; trying again may help."""


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


def check_target(url: str, allowed: Sequence[str] = ()) -> None:
    """Refuse an address that leads to no place that may be asked, as far as one knows.

    A name that nobody knows now is taken: it may be known when it is needed.
    """
    check_url(url)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    networks = [ipaddress.ip_network(text) for text in allowed]
    try:
        resolve(parts.hostname or "", port, networks)
    except NotReached:
        return
