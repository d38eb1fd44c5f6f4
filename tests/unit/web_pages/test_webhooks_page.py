"""The pages of webhooks: made, shown once with the secret, paused, deleted."""

from __future__ import annotations

import re


def test_an_administrator_keeps_webhooks_by_pages(library):
    admin = library.person("admin")
    admin.get("/webhooks")
    wrong = admin.post("/webhooks", entity="library.book", url="nonsense")
    assert wrong.status_code == 422
    assert "nonsense" in wrong.text
    url = "https://example.com/in"
    made = admin.post("/webhooks", entity="library.book", url=url, events="created")
    secret = re.search(r'<code class="i-code">([^<]{32,})</code>', made.text)
    assert secret is not None
    listed = admin.get("/webhooks")
    there = re.search(r'href="(/webhooks/\d+)"', listed)[1]
    page = admin.get(there)
    assert url in page
    assert secret[1] not in page
    assert admin.post(there, act="pause").status_code == 302
    assert "paused" in admin.get(there)
    assert admin.post(there, act="replay").status_code == 302
    assert admin.post(there, act="delete").location == "/webhooks"
    admin.get(there, 404)


def test_others_do_not_see_them(library, boss):
    boss.get("/webhooks", 403)
