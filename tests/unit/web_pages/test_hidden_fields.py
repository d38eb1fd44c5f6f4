"""Fields that only some rows show: drafts and forms neither tell nor clear them."""

import html
import re
from pathlib import Path

import pytest

from core.services import Query
from core.testing.contract_records import inputs_of
from core.testing.installation import Installation, install

ROOT = Path(__file__).parents[3]
FILES = {
    "module.yml": """
module: vault
title: Vault
version: 1.0.0
depends: {base: ">=0.1"}
""",
    "entities/box.yml": """
entity: vault.box
fields:
  name:   {type: text, required: true, search: true}
  open:   {type: boolean}
  code:   {type: text}
  armed:  {type: boolean, three_state: true}
  blind:  {type: text}
  coins:  {type: lines, of: vault.coin}
filters:
  closed: {label: Closed, where: not open, roles: keeper}
rules:
  named: {check: name != 'X', roles: keeper, message: No X.}
""",
    "entities/coin.yml": """
entity: vault.coin
part_of: {box: vault.box}
title: mark
fields:
  mark:  {type: text, required: true}
  worth: {type: integer}
""",
    "permissions.yml": """
permissions: vault
roles:
  keeper: {label: Keeper}
  head:   {label: Head, includes: keeper}
grants:
  keeper:
    vault.box:
      can: [read, create, update]
      fields:
        code:  {read: open}
        armed: {read: open}
        blind: {read: false, write: true}
    vault.coin:
      fields: {worth: {read: mark == 'gold'}}
""",
    "menu.yml": """
menu: vault
label: Vault
items:
  boxes: {label: Boxes, entity: vault.box, roles: keeper}
  ajar:  {label: Ajar, entity: vault.box, filter: open, count: true}
""",
}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("vault")
    for name, text in FILES.items():
        path = home / "modules" / "vault" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    folders = (home / "modules", ROOT / "modules")
    made = install(folders, "vault", f"sqlite:///{home / 'a.db'}", home)
    yield made
    made.close()


@pytest.fixture
def box(vault: Installation) -> int:
    coins = [{"mark": "gold", "worth": 7}, {"mark": "tin", "worth": 9}]
    values = {"name": "One", "code": "123", "armed": True, "blind": "b", "coins": coins}
    with vault.application.transaction(vault.actor()) as tx:
        return tx.create("vault.box", {**values, "open": False}).id


def stored(vault: Installation, id_: int):
    with vault.application.reader(vault.actor()) as reader:
        return reader.get("vault.box", id_)


def test_a_draft_does_not_tell_what_the_row_hides(vault, box):
    with vault.application.reader(vault.actor("vault.keeper")) as reader:
        state = reader.evaluate("vault.box", {}, box)
    assert not {"code", "armed", "blind"} & state.values.keys()
    assert state.hidden >= {"code", "armed", "blind"}
    worths = {row["mark"]: row.get("worth") for row in state.values["coins"]}
    assert worths == {"gold": 7, "tin": None}


def test_a_form_saved_as_it_was_opened_changes_nothing(vault, box):
    before = stored(vault, box)
    page = vault.ask("GET", f"/vault/box/{box}/edit", "vault.keeper")
    sent = inputs_of(page.text)
    assert "123" not in page.text
    assert sent["code"] == [""]
    answer = vault.ask("POST", f"/vault/box/{box}/edit", "vault.keeper", data=sent)
    assert answer.status_code == 302, answer.text
    after = stored(vault, box)
    assert after.values == before.values
    kept = [(row["mark"], row["worth"]) for row in after.relations["coins"]]
    assert sorted(kept) == [("gold", 7), ("tin", 9)]


def test_what_is_typed_over_a_hidden_value_is_saved(vault, box):
    sent = inputs_of(vault.ask("GET", f"/vault/box/{box}/edit", "vault.keeper").text)
    sent["blind"] = ["new"]
    vault.ask("POST", f"/vault/box/{box}/edit", "vault.keeper", data=sent)
    after = stored(vault, box)
    assert (after["blind"], after["code"]) == ("new", "123")


def test_lines_that_nothing_computes_stay_in_the_form(vault, box):
    page = vault.ask("GET", f"/vault/box/{box}/edit").text
    assert "gold" in page
    assert "tin" in page


def test_short_names_and_included_roles_open_filters_rules_and_menus(vault, box):
    for role in ("vault.keeper", "vault.head"):
        listed = vault.ask("GET", "/api/v1/vault/box?filter=@closed", role)
        assert listed.status_code == 200, listed.text
        assert 'href="/vault/box"' in vault.ask("GET", "/", role).text
        assert "Closed" in vault.ask("GET", "/vault/box", role).text
        refused = vault.ask("POST", "/api/v1/vault/box", role, body={"name": "X"})
        assert refused.status_code == 422


def test_a_menu_counts_the_rows_that_it_opens(vault):
    with vault.application.transaction(vault.actor()) as tx:
        known = tx.search("vault.box", Query(filter="open", limit=1000)).items
        tx.delete_many("vault.box", [one.id for one in known])
    page = vault.ask("GET", "/", "vault.keeper").text
    assert "Ajar" in page
    assert 'class="cnt"' not in page, "nothing is no number"
    with vault.application.transaction(vault.actor()) as tx:
        tx.create_many("vault.box", [{"name": f"B{n}", "open": True} for n in range(3)])
    page = vault.ask("GET", "/", "vault.keeper").text
    assert '<span class="lbl">Ajar</span><span class="cnt">3</span>' in page
    assert page.count('class="cnt"') == 1
    href = html.unescape(re.search(r'href="([^"]+where=[^"]+)"', page)[1])
    assert "1 to 3 of 3" in vault.ask("GET", href, "vault.keeper").text
    found = vault.ask("GET", "/search?q=aja", "vault.keeper")
    assert "?</span>" not in found.text
