"""Browsers of test installations that are signed in."""

from __future__ import annotations

import re
from typing import Any

from core.testing.installation import PASSWORD, Installation


def signed_in(installation: Installation, *roles: str) -> Any:
    """A client in which somebody with these roles has signed in."""
    client = installation.site.test_client()
    form = {"username": installation.account(*roles).username, "password": PASSWORD}
    form["csrf_token"] = token_of(client.get("/login/").text)
    assert client.post("/login/", data=form).status_code == 302
    return client


def token_of(page: str) -> str:
    """What forms of this browser carry."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found[1]
