"""Strangers: what a public role shows to the world, and all that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.config import RateLimit
from core.services.saved_views import save_view
from core.testing.installation import Installation, install
from core.web.api.limits import Counter
from core.web.api.strangers import USUAL_RATE

ROOT = Path(__file__).parents[2]
MANIFEST = """
module: shop
title: Shop
version: 1.0.0
depends: {base: ">=0.1"}
"""
ITEM = """
entity: shop.item
label: Item
title: name
timeline: true
fields:
  name: {type: text, search: true}
  shown: {type: boolean}
  cost: {type: integer}
  keeper: {type: link, to: base.user, inverse: kept_items}
  parent: {type: link, to: shop.item, inverse: parts}
"""
ROLES = """
permissions: shop
roles:
  world: {label: World, kind: public}
  clerk: {label: Clerk, includes: [base.user]}
grants:
  world:
    shop.item: {can: [read], where: shown, only: [name, parent, parts]}
  clerk:
    shop.item: all
"""
ITEMS = "/api/v1/shop/item"
SECRET = "Hidden thing"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Installation:
    home = tmp_path_factory.mktemp("shop")
    folder = home / "modules" / "shop"
    (folder / "entities").mkdir(parents=True)
    (folder / "module.yml").write_text(MANIFEST)
    (folder / "entities" / "item.yml").write_text(ITEM)
    (folder / "permissions.yml").write_text(ROLES)
    folders = (home / "modules", ROOT / "modules")
    made = install(folders, "shop", f"sqlite:///{home / 'a.db'}", home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def items(site) -> dict[str, int]:
    me = site.account("shop.clerk").id
    with site.application.transaction(site.actor("shop.clerk")) as tx:
        made = {
            "shown": tx.create(
                "shop.item", {"name": "Open", "shown": True, "cost": 7, "keeper": me}
            ).id
        }
        below = {"parent": made["shown"], "cost": 9}
        made["part"] = tx.create(
            "shop.item", {"name": "Part", "shown": True, **below}
        ).id
        made["hidden"] = tx.create("shop.item", {"name": SECRET, **below}).id
        save_view(tx, "shop.item", "For all", {"search": "x"}, roles=())
    return made


@pytest.fixture(autouse=True)
def patient(site):
    """What other tests asked is not counted here."""
    site.site.extensions["intarsia.strangers"] = Counter(USUAL_RATE)


def ask(site: Installation, path: str, method: str = "GET", **more: Any) -> Any:
    return site.site.test_client().open(path, method=method, **more)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return sorted(one["name"] for one in answer.json["items"])


def test_rows_and_fields_of_the_grant_are_shown(site, items):
    assert names(ask(site, ITEMS)) == ["Open", "Part"]
    one = ask(site, f"{ITEMS}/{items['shown']}").json
    assert one["name"] == "Open"
    assert not {"cost", "keeper", "shown"} & set(one)
    assert ask(site, f"{ITEMS}/count").json == {"count": 2}
    found = ask(site, f"{ITEMS}/lookup?q=open").json["items"]
    assert [one["title"] for one in found] == ["Open"]
    related = ask(site, f"{ITEMS}/{items['shown']}/related/parts")
    assert names(related) == ["Part"]


def test_nothing_else_is_shown(site, items):
    for tail in ("?fields=cost", "?filter=cost > 1", "?order=cost", "?filter=@x"):
        answer = ask(site, f"{ITEMS}{tail}")
        assert answer.status_code == 400, tail
    for path in (
        f"{ITEMS}/{items['hidden']}",
        f"{ITEMS}?saved=1",
    ):
        assert ask(site, path).status_code == 404, path
    assert ask(site, f"{ITEMS}/export").status_code == 403
    for tail in ("timeline", "history", "comments", "attachments", "versions/1"):
        answer = ask(site, f"{ITEMS}/{items['shown']}/{tail}")
        assert answer.status_code == 401, tail
    for path in (
        "/api/v1/base/country",
        "/api/v1/base/user",
        "/api/v1/shop/nothing",
        "/api/v1/openapi.json",
        "/api/v1/webhooks",
        "/api/v1/imports",
        f"{ITEMS}/views",
        f"{ITEMS}/duplicates",
    ):
        assert ask(site, path).status_code == 401, path
    every = ask(site, f"{ITEMS}?titles=1&fields=name,parent,created_by")
    assert SECRET not in every.text
    assert site.account("shop.clerk").username not in every.text


def test_a_stranger_changes_nothing(site, items):
    for method, path, body in (
        ("POST", ITEMS, {"name": "New"}),
        ("PATCH", f"{ITEMS}/{items['shown']}", {"name": "Changed"}),
        ("DELETE", f"{ITEMS}/{items['shown']}", None),
        ("POST", f"{ITEMS}/bulk", {"delete": [items["shown"]]}),
        ("POST", f"{ITEMS}/evaluate", {"values": {}}),
        ("POST", f"{ITEMS}/{items['shown']}/comments", {"body": "x"}),
        ("PUT", f"{ITEMS}/{items['shown']}/follow", None),
    ):
        answer = ask(site, path, method, json=body)
        assert answer.status_code == 401, (method, path)
    assert names(ask(site, ITEMS)) == ["Open", "Part"]


def test_a_wrong_credential_is_no_stranger(site, items):
    for headers in ({"Authorization": "Bearer x.y.z"}, {"X-API-Key": "int_1_2"}):
        assert ask(site, ITEMS, headers=headers).status_code == 401


def test_whoever_is_signed_in_has_the_rights_of_his_own_roles_only(site, items):
    assert site.ask("GET", ITEMS, "base.user").status_code == 403


def test_strangers_are_counted_by_their_address(site, items):
    site.site.extensions["intarsia.strangers"] = Counter(RateLimit(3, 60))
    answers = [ask(site, ITEMS) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["RateLimit-Limit"] == "3"
    assert int(answers[-1].headers["Retry-After"]) > 0
    # Others are not held up.
    assert site.ask("GET", ITEMS, "shop.clerk").status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.9"}
    assert ask(site, ITEMS, environ_overrides=other).status_code == 200
