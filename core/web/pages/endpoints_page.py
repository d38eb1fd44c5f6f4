"""Endpoints for administrators: their addresses, who may call, and what came in.

Registered by `register`.
"""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from core.fieldtypes import Locale
from core.services import Reader
from core.services.endpoints import Called, list_calls
from core.services.scene import USER
from core.web.auth import admin_required
from core.web.pages.labels import Labels
from core.web.pages.screen import acting, address_of, known_screen
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import language, say

BASE = "/endpoints"


@admin_required
def show_endpoints() -> str:
    """All endpoints, and the calls that came in last."""
    refused = request.args.get("state") == "refused"
    app, actor = application(), acting()
    labels = Labels(app.registry, language())
    texts = Texts(labels, Locale(language(), actor.zone))
    with app.reader(actor) as reader:
        found = list_calls(reader, refused=refused)
        ids = sorted({one.actor for one in found if one.actor})
        names = reader.titles(USER, ids) if ids else {}
        calls = [_call(reader, texts, names, one) for one in found]
    endpoints = [
        {
            "label": labels.at(f"endpoint {id_}"),
            "address": f"{one.method} /api/v1{one.path}",
            "ways": ", ".join(way_word(way) for way in one.auth),
            "enabled": one.enabled,
        }
        for id_, one in app.registry.endpoints.items()
    ]
    states = [
        {"label": say("All"), "href": BASE, "current": not refused},
        {"label": say("Refused"), "href": f"{BASE}?state=refused", "current": refused},
    ]
    return render_template(
        "pages/endpoints.html", endpoints=endpoints, calls=calls, states=states
    )


def way_word(way: str) -> str:
    """How a caller shows who he is, in words."""
    told = {
        "bearer": say("access token"),
        "key": say("API key"),
        "signature": say("signature"),
        "none": say("everybody"),
    }
    return told[way]


def _call(
    reader: Reader, texts: Texts, names: dict[int, str], one: Called
) -> dict[str, Any]:
    href = ""
    if one.entity and one.record and known_screen(one.entity):
        href = f"{address_of(one.entity)}/{one.record}"
    return {
        "at": texts.since(one.at, reader.scene.moment.now),
        "label": texts.labels.at(f"endpoint {one.endpoint}"),
        "who": names.get(one.actor or 0) or one.address or "",
        "way": way_word(one.way),
        "key": one.key or "",
        "status": one.status,
        "good": one.status < 400,
        "repeated": one.repeated,
        "said": one.said or "",
        "href": href,
        "about": texts.labels.entity(one.entity) if one.entity else "",
    }
