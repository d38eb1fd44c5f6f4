"""Bounds of what goes in and out: rates of requests, networks that webhooks may reach.

Read from the environment by `load_config`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from core.config.errors import ConfigError
from core.frozen import frozen


@frozen
class RateLimit:
    """So many requests in so many seconds."""

    requests: int
    seconds: int


def bounds(env: Mapping[str, str]) -> dict[str, Any]:
    """The settings of this file as AppConfig takes them."""
    return {
        "webhook_networks": networks(env),
        "rate_limit": rate(env, "INTARSIA_RATE_LIMIT"),
        "rate_limit_strangers": rate(env, "INTARSIA_RATE_LIMIT_STRANGERS"),
    }


def networks(env: Mapping[str, str]) -> tuple[str, ...]:
    """Networks such as `10.1.0.0/16`, with commas between."""
    parts = env.get("INTARSIA_WEBHOOK_NETWORKS", "").split(",")
    found = tuple(part.strip() for part in parts if part.strip())
    for text in found:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            raise ConfigError(
                f"INTARSIA_WEBHOOK_NETWORKS names '{text[:60]}'; write networks like "
                "10.1.0.0/16 with commas between."
            ) from None
    return found


def rate(env: Mapping[str, str], name: str) -> RateLimit | None:
    """A limit such as `600/60`: requests and seconds; None where there is none."""
    text = env.get(name, "").strip()
    if not text:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,4})", text)
    if found is None:
        raise ConfigError(
            f"{name} is '{text[:20]}'; write requests and seconds like 600/60."
        )
    return RateLimit(int(found[1]), int(found[2]))
