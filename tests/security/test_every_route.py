"""Every address of the site, asked for what belongs to somebody of another company.

The addresses come from the app itself. A new one is walked with the others; one with a
placeholder that is not filled here fails, so that nobody forgets to say what it names.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.services import Actor
from core.testing.installation import PASSWORD, Installation, install
from core.web.account_tables import kept_sessions, passkeys
from core.web.tokens import create_api_key, list_api_keys

ROOT = Path(__file__).parents[2]
SECRET = "Do not tell anybody"
PAPER = """
entity: vault.paper
title: name
company: required
archive: true
timeline: true
duplicates: {match: [{exact: name}]}
retention:
  {where: archived, from: archived_at, after: 30 days, do: erase, fields: [name]}
fields:
  name:   {type: text, required: true, search: true}
  scan:   {type: file}
  day:    {type: date}
  state:  {type: choice, choices: {open: Open, shut: Shut}, default: open}
  parent: {type: link, to: vault.paper, inverse: parts}
actions:
  close:
    label: Close
    ask: {by: {type: link, to: vault.paper}}
    do: [set: {state: shut}]
"""
FILES = {
    "module.yml": "module: vault\ntitle: Vault\nversion: 1.0.0\n"
    'depends: {base: ">=0.1"}\n',
    "entities/paper.yml": PAPER,
    "mappings/again.yml": "mapping: vault.again\nfrom: vault.paper\nto: vault.paper\n"
    "fields: {name: src.name}\n",
    "views/tree.yml": "view: vault.tree\nentity: vault.paper\ntype: tree\n"
    "parent: parent\ncolumns: [name]\n",
    "views/board.yml": "view: vault.board\nentity: vault.paper\ntype: kanban\n"
    "column_by: state\ncard: {lines: [name]}\n",
    "views/days.yml": "view: vault.days\nentity: vault.paper\ntype: calendar\n"
    "start: day\nend: day\ntitle: name\n",
    "dashboards/all.yml": "dashboard: vault.all\nlabel: All\ntiles:\n"
    "  some: {label: Some, list: vault.paper, columns: [name]}\n",
    "dashboards/one.yml": "dashboard: vault.one\nlabel: One\nentity: vault.paper\n"
    "tiles:\n  parts: {label: Parts, list: vault.paper, where: parent == this, "
    "columns: [name]}\n",
    "permissions.yml": "permissions: vault\nroles:\n  clerk: {label: Clerk}\n"
    "  nobody: {label: Nobody}\ngrants:\n  clerk:\n    vault.paper: all\n",
}
#: In the addresses of these, `id` is not the record's.
OTHER_IDS = {
    "pages.show_import": "run",
    "pages.undo_one": "run",
    "api.import_run": "run",
    "api.import_undo": "run",
    "pages.show_webhook": "webhook",
    "pages.act_on_webhook": "webhook",
    "entrance.end_session": "session",
    "entrance.go_to_provider": "link",
    "entrance.come_back": "link",
    "pages.show_dashboard": "board",
    "pages.show_record_dashboard": "record_board",
    "api.mapping": "mapping",
}
#: What names something of the owner's, and nothing that others have as well.
FOREIGN = frozenset(
    {"id", "record", "view", "attachment", "activity", "webhook", "sha256", "user_id"}
)
#: They answer as they do for what is not there, and change nothing.
SILENT = frozenset(
    {"profile.revoke_key", "entrance.remove_passkey", "pages.show_dashboard"}
)
#: These send the browser away, and the record plays no part in it.
STRANGERS = ("sign_in.", "assets.", "health.", "entrance.go", "entrance.come")


#: What addresses name that everybody has.
SHARED = {
    "module": "vault",
    "name": "paper",
    "entity": "vault.paper",
    "field": "scan",
    "version": "1",
    "action": "close",
    "relation": "parts",
    "change": "disable",
    "link": "x",
    "board": "vault.all",
    "record_board": "vault.one",
    "mapping": "vault.again",
    "schedule": "vault.nightly",
    "mailbox": "vault.desk",
    "token": "nobody",
    # None is under way here.
    "flow": "1",
    "address": "nobody@b.example",
}
FOR_ADMINISTRATORS = frozenset(
    {
        "administration.edit_user",
        "api.deliveries",
        "api.explain",
        "api.webhook",
        "pages.explain_record",
        "pages.show_webhook",
    }
)
#: They want a parameter, a provider or a file that this walk does not give.
ASKED_FOR_MORE = frozenset(
    {
        "assets.serve",
        "entrance.come_back",
        "entrance.go_to_provider",
        "pages.edit_cell",
        "pages.look_up_answer",
        "pages.look_up_field",
        "pages.look_up_for_list",
        "pages.more_cards",
        "pages.rejected_rows",
        "pages.show_action",
        "pages.show_branch",
        "pages.show_webform",
    }
)


@dataclass
class Case:
    """The site, what belongs to its owner, and how it stood before the walks."""

    at: Installation
    facts: dict[str, str]
    before: dict[str, set[tuple[Any, ...]]]

    def addresses(self) -> Iterator[tuple[str, str, str, set[str]]]:
        """(endpoint, method, address, placeholders) of every route."""
        for rule in self.at.site.url_map.iter_rules():
            path = rule.rule
            for name in rule.arguments:
                key = OTHER_IDS.get(rule.endpoint, name) if name == "id" else name
                if rule.rule.startswith("/import/") and name == "name":
                    key = "draft"
                if rule.rule.startswith("/apps/") and name == "module":
                    key = "module"
                assert key in self.facts, f"say what <{name}> of {rule.rule} names"
                path = re.sub(rf"<[^<>]*\b{name}>", self.facts[key], path)
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, path, set(rule.arguments)

    def ask(self, method: str, path: str, *roles: str) -> Any:
        """Ask with a body that names the record, for whatever looks for ids."""
        id_ = int(self.facts["id"])
        if method == "GET":
            tail = "" if path.startswith("/api/") else f"?ids={id_}&peek={id_}&q=tell"
            return self.at.ask(method, path + tail, *roles)
        if path.startswith("/api/"):
            return self.at.ask(method, path, *roles, body=_body(path, id_))
        form = {
            "name": "Changed",
            "ids": str(id_),
            "action": "archive",
            "act": "delete",
            "value": "Changed",
            "to": "shut",
            "day": "2026-01-01",
            "body": "Changed",
            "summary": "Changed",
            "file": (io.BytesIO(b"changed"), "changed.txt"),
        }
        return self.at.ask(method, path, *roles, data=form)


def _body(path: str, id_: int) -> dict[str, Any]:
    if path.endswith("/bulk"):
        changed = {"id": id_, "name": "Changed"}
        return {"update": [changed], "archive": [id_], "delete": [id_], "partial": True}
    if path.endswith("/merge"):
        return {"records": [{"id": id_}]}
    if "/mappings/" in path:
        return {"records": [id_]}
    if path.endswith("/evaluate"):
        return {"values": {"name": "Changed"}, "id": id_}
    if path.endswith("/comments"):
        return {"body": "Changed"}
    if path.endswith("/activities"):
        return {"summary": "Changed"}
    if "/activities/" in path:
        return {"done": True}
    if re.search(r"/(actions|transitions)/", path):
        return {"ask": {}}
    if re.search(r"/(archive|restore|erase|undo|replay|follow)$", path):
        return {}
    return {"active": False} if "/webhooks/" in path else {"name": "Changed"}


def rows_of(at: Installation) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every table, so that no table is forgotten."""
    engine = at.application.database.engine
    found = {}
    with engine.connect() as connection:
        for name in sa.inspect(engine).get_table_names():
            if name.startswith("fx_"):
                # The inner tables of a full-text index change with any record.
                continue
            rows = connection.execute(sa.text(f'select * from "{name}"'))
            found[name] = {tuple(row) for row in rows}
    return found


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    home = tmp_path_factory.mktemp("vault")
    for name, text in FILES.items():
        path = home / "modules" / "vault" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folders = (home / "modules", ROOT / "modules")
    at = install(folders, "vault", f"sqlite:///{home / 'vault.db'}", home)
    _people(at)
    facts = _possessions(at)
    yield Case(at, facts, rows_of(at))
    at.close()


OWNER = ("vault.clerk", "base.user")
CLERK = ("vault.clerk",)
NOBODY = ("vault.nobody",)


def _people(at: Installation) -> None:
    with at.application.transaction(Actor.system()) as tx:
        euro = tx.resolve("base.currency", "EUR")
        one, two = (
            tx.create("base.company", {"name": n, "code": n, "currency": euro}).id
            for n in ("ONE", "TWO")
        )
    for roles, company in ((OWNER, two), (CLERK, one), (NOBODY, one)):
        values = {"companies": [company], "current_company": company}
        account = at.account(*roles)
        with at.application.transaction(Actor.system()) as tx:
            tx.update("base.user", account.id, values)


def _possessions(at: Installation) -> dict[str, str]:
    """Make one of everything that somebody can have; how addresses name it."""

    def send(path: str, **more: Any) -> Any:
        answer = at.ask("POST", f"/api/v1/{path}", *OWNER, **more)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json

    def paper() -> io.BytesIO:
        return io.BytesIO(SECRET.encode())

    file = send("files", data={"file": (paper(), f"{SECRET}.txt")})
    record = send("vault/paper", body={"name": SECRET, "scan": file["id"]})
    one = f"vault/paper/{record['id']}"
    table = io.BytesIO(f"name\n{SECRET} too\n".encode())
    run = send("vault/paper/import?format=csv", data=table, content_type="text/csv")
    hook = at.ask(
        "POST",
        "/api/v1/webhooks",
        body={"entity": "vault.paper", "url": f"https://{'x' * 9}.example/in"},
    )
    made = {
        "id": record["id"],
        "view": send("vault/paper/views", body={"name": SECRET})["id"],
        "attachment": send(
            f"{one}/attachments", data={"file": (paper(), f"{SECRET}.txt")}
        )["id"],
        "activity": send(f"{one}/activities", body={"summary": SECRET})["id"],
        "run": run["import"],
        "webhook": hook.json["id"],
        "sha256": file["sha256"],
        "record": record["id"],
        **_ways_in(at),
    }
    send(f"{one}/comments", body={"body": SECRET})
    at.ask("PATCH", f"/api/v1/{one}", *OWNER, body={"day": "2026-05-05"})
    return {name: str(value) for name, value in made.items()} | SHARED


def _ways_in(at: Installation) -> dict[str, Any]:
    """A session, a passkey, a key and a file that waits to be imported."""
    owner, database = at.account(*OWNER), at.application.database
    create_api_key(database, owner.id, SECRET, ["read"])
    draft = _uploaded(at.site.test_client(), owner.username)
    values = {"user": owner.id, "name": SECRET, "credential": "c", "public_key": "p"}
    with database.writing() as connection:
        connection.execute(sa.insert(passkeys).values(**values, uses=0, made_at=0))
        return {
            "session": connection.scalar(sa.select(kept_sessions.c.id)),
            "passkey_id": connection.scalar(sa.select(passkeys.c.id)),
            "key_id": list_api_keys(database, owner.id)[0].id,
            "user_id": owner.id,
            "draft": draft,
        }


def _uploaded(client: Any, username: str) -> str:
    """Sign in and begin an import in the browser; the name of what waits."""

    def token(path: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
        assert found is not None, path
        return found[1]

    form = {"username": username, "password": PASSWORD, "csrf_token": token("/login/")}
    assert client.post("/login/", data=form).status_code == 302
    asked = "/import?entity=vault.paper"
    file = (io.BytesIO(f"name\n{SECRET} waits\n".encode()), "papers.csv")
    sent = {"csrf_token": token(asked), "entity": "vault.paper", "file": file}
    taken = client.post("/import", data=sent)
    assert taken.status_code in (302, 303), taken.text
    return str(taken.location.rpartition("/")[2])


@pytest.mark.parametrize("roles", [CLERK, NOBODY], ids=["clerk", "nobody"])
def test_nothing_of_another_company_is_shown_or_changed(
    case: Case, roles: tuple[str, ...]
) -> None:
    me = case.at.account(*roles).id
    walked = 0
    for endpoint, method, path, names in case.addresses():
        if endpoint in ("sign_in.leave", "profile.change_password"):
            continue
        answer = case.ask(method, path, *roles)
        about = (method, path, answer.status_code)
        assert answer.status_code < 500, (*about, answer.text[:300])
        assert SECRET.encode() not in answer.data, about
        walked += 1
        silent = endpoint in SILENT or endpoint.startswith(STRANGERS)
        if names & FOREIGN and not silent:
            assert 400 <= answer.status_code < 500, about
    assert walked > 150
    after = rows_of(case.at)
    for table, rows in case.before.items():
        lost = {row for row in rows - after[table] if me not in row[:1]}
        assert not lost or table in ("platform_sign_in_failure",), (table, lost)


def test_strangers_are_shown_and_change_nothing(case: Case) -> None:
    before = rows_of(case.at)
    for _, method, path, _names in case.addresses():
        answer = case.at.site.test_client().open(path, method=method)
        assert answer.status_code < 500, (method, path)
        assert SECRET.encode() not in answer.data, (method, path)
    after = rows_of(case.at)
    for table, rows in before.items():
        if table != "platform_sign_in_failure":
            assert rows <= after[table], table


def test_the_owner_is_shown_all_of_it(case: Case) -> None:
    """Else the walks above would ask for what is not there."""
    shut, told = [], 0
    for endpoint, method, path, names in case.addresses():
        if method != "GET" or not names & (FOREIGN | {"name"}):
            continue
        answer = case.ask(method, path, *OWNER)
        told += SECRET.encode() in answer.data
        if answer.status_code >= 400:
            shut.append(endpoint)
    assert told > 25, told
    assert set(shut) == FOR_ADMINISTRATORS | ASKED_FOR_MORE
