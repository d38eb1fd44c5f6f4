"""The command line as an administrator uses it on the first days."""

import socket
import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.cli.main import COMMANDS
from core.cli.surroundings import application
from core.compiler import is_marked, mark_of
from core.web.accounts import find_account
from core.web.entrance.kept_sessions import Span, Visitor, begin, find
from core.web.sign_in import admit
from core.web.tokens import verify_api_key
from tests.unit.cli.conftest import Call, Start

MISTAKES = Path(__file__).parents[2] / "golden" / "mistakes"


def test_help_names_every_command_and_exit_code(call: Call) -> None:
    said = call("--help")
    assert said.code == 0
    assert all(f"  {name} " in said.out for name in COMMANDS)
    assert "Exit codes" in said.out


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(call: Call, name: str) -> None:
    said = call(name, "--help")
    assert said.code == 0
    assert said.out.startswith("Usage:")


def test_a_mistyped_command_is_answered_with_the_nearest(call: Call) -> None:
    said = call("chek")
    assert said.code == 2
    assert "did you mean 'check'" in said.err


def test_init_twice_changes_nothing(call: Call) -> None:
    first = call("init", "--json")
    assert (first.code, first.document["steps"] > 10) == (0, True)
    second = call("init", "--json")
    assert (second.code, second.document["steps"]) == (0, 0)
    assert second.document["admin_password"] is None


def test_a_made_password_is_printed_once(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTARSIA_ADMIN_PASSWORD")
    assert "with the password: " in call("init").out
    assert "with the password: " not in call("init").out


def test_check_reports_all_thirty_mistakes(call: Call) -> None:
    said = call("check", str(MISTAKES), "--json")
    assert said.code == 1
    errors = [one for one in said.document if one["severity"] == "error"]
    assert len(errors) == 30
    assert all(one["line"] > 0 and one["column"] > 0 for one in errors)


def test_check_of_the_shipped_modules_is_clean(call: Call) -> None:
    said = call("check")
    assert said.code == 0, said.out
    assert said.out.startswith("no problems")


def test_plan_then_apply_leaves_nothing_to_do(call: Call) -> None:
    planned = call("plan", "--json")
    assert planned.code == 0
    id_ = planned.document["id"]
    assert call("apply", id_).code == 0
    again = call("plan")
    assert "nothing to do" in again.out


def test_a_plan_that_is_not_there(call: Call) -> None:
    said = call("apply", "nothing")
    assert said.code == 1
    assert "There is no plan 'nothing'" in said.err


def test_disabling_a_module_keeps_its_data(
    call: Call, start: Start, home: Path
) -> None:
    start("--demo")
    kept = _leads(home)
    assert kept > 0
    off = call("module", "disable", "crm", "--json")
    assert off.code == 0
    assert "crm" not in off.document["on_after"]
    states = {
        one["name"]: one["state"] for one in call("module", "list", "--json").document
    }
    assert states["crm"] == "disabled"
    assert _leads(home) == kept
    assert call("module", "enable", "crm").code == 0
    assert _leads(home) == kept


def test_disabling_takes_along_what_depends_on_it(call: Call, start: Start) -> None:
    start()
    said = call("module", "disable", "contacts", "--dry-run")
    assert "- contacts is turned off" in said.out
    assert "- crm is turned off" in said.out
    states = {
        one["name"]: one["state"] for one in call("module", "list", "--json").document
    }
    assert states["crm"] == "enabled"


def test_an_unknown_module_is_suggested(call: Call, start: Start) -> None:
    start()
    said = call("module", "show", "contcts")
    assert said.code == 1
    assert "contacts" in said.err


def test_users_are_made_and_get_a_record(call: Call, start: Start, home: Path) -> None:
    start()
    made = call(
        "user", "add", "mara", "--name", "Mara Lindholt", "--role", "crm.user", "--json"
    )
    assert made.code == 0, made.err
    assert made.document["roles"] == ["crm.user"]
    assert len(made.document["password"]) >= 12
    with sqlite3.connect(home / "intarsia.db") as connection:
        row = connection.execute(
            "SELECT id, name FROM base_user WHERE login = 'mara'"
        ).fetchone()
    connection.close()
    assert row == (made.document["id"], "Mara Lindholt")
    again = call("user", "add", "mara")
    assert again.code == 1
    assert call("user", "password", "nobody").code == 1


def test_demo_comes_and_goes(call: Call, start: Start, home: Path) -> None:
    start()
    assert _leads(home) == 0
    assert call("demo", "load").code == 0
    assert _leads(home) > 0
    assert call("demo", "remove").code == 0
    assert _leads(home) == 0


def test_wrong_stored_values_are_found_and_mended(
    call: Call, start: Start, home: Path
) -> None:
    start("--demo")
    assert call("recompute", "--verify").code == 0
    connection = sqlite3.connect(home / "intarsia.db")
    with connection:
        connection.execute("UPDATE base_party SET open_deals = 77")
    connection.close()
    said = call("recompute", "--verify", "base.party", "--json")
    assert said.code == 1
    assert {one["field"] for one in said.document} == {"open_deals"}
    assert {one["stored"] for one in said.document} == {77}
    assert call("recompute", "base.party").code == 0
    assert call("recompute", "--verify").code == 0
    assert call("recompute", "base.nothing").code == 1


def test_serve_refuses_a_port_that_is_taken(call: Call, start: Start) -> None:
    start()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        said = call("serve", "--port", str(other.getsockname()[1]))
    assert said.code == 3
    assert "is taken by another program" in said.err


def test_serve_refuses_tables_that_are_not_ready(call: Call) -> None:
    said = call("serve", "--port", "28911")
    assert said.code == 4
    assert "Run: cli.py apply" in said.err


def test_a_file_that_is_no_database(call: Call, home: Path) -> None:
    home.mkdir(parents=True)
    (home / "intarsia.db").write_bytes(b"not a database at all" * 100)
    said = call("init")
    assert said.code == 3
    assert "Traceback" not in said.err


def test_a_database_that_is_gone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    said = call("init")
    assert said.code == 3
    assert said.err


def _leads(home: Path) -> int:
    connection = sqlite3.connect(home / "intarsia.db")
    try:
        return int(connection.execute("SELECT count(*) FROM crm_lead").fetchone()[0])
    finally:
        connection.close()


def _states(call: Call) -> dict[str, str]:
    listed = call("module", "list", "--json").document
    return {one["name"]: one["state"] for one in listed}


def test_a_start_notices_definitions_that_changed_since_they_were_applied(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "kennel"
    (folder / "entities").mkdir(parents=True)
    manifest = "module: kennel\ntitle: Kennel\nversion: 1.0.0\n"
    (folder / "module.yml").write_text(manifest, "utf-8")
    entity = folder / "entities" / "stay.yml"
    entity.write_text("entity: kennel.stay\nfields:\n  dog: {type: text}\n", "utf-8")
    monkeypatch.setenv("INTARSIA_MODULES_PATH", str(folder))
    call("init")
    app = application()
    assert is_marked(app.database, mark_of(app.registry, "sqlite"))
    with entity.open("a", encoding="utf-8") as file:
        file.write("  size: {type: integer}\n")
    said = call("serve", "--port", "28912")
    assert said.code == 4
    assert "Run: cli.py apply" in said.err


def test_a_start_notices_tables_that_an_earlier_version_did_not_have(
    call: Call,
    start: Start,
) -> None:
    start()
    app = application()
    with app.database.writing() as connection:
        connection.execute(sa.text("drop table platform_session"))
        connection.execute(sa.text("update platform_setting set value = '\"old\"'"))
    said = call("serve", "--port", "28912")
    assert said.code == 4
    assert "+ table platform_session" in said.err
    assert "Run: cli.py apply" in said.err
    assert call("apply").code == 0
    assert is_marked(app.database, mark_of(app.registry, "sqlite"))
    with app.database.reading() as connection:
        assert sa.inspect(connection).has_table("platform_session")


def test_sign_ins_are_listed_and_sessions_ended(call: Call, start: Start) -> None:
    start()
    call("user", "add", "mara", "--password", "seven green bottles")
    database = application().database
    mara = find_account(database, "mara")
    assert mara is not None
    visitor, now = Visitor("192.0.2.7", "curl/8"), int(time.time())
    admit(database, mara, "password", visitor)
    text = begin(database, mara, "password", visitor, Span(now, now + 60))
    assert "has no passkeys" in call("user", "passkeys-off", "mara").err
    assert call("user", "sign-out", "mara").out == "mara: 1 sessions ended.\n"
    assert find(database, text) is None
    call("user", "unlock", "mara")
    listed = call("user", "sign-ins", "mara", "--json").document
    assert [one["act"] for one in listed] == ["unlocked", "session_ended", "signed_in"]
    assert listed[2]["address"] == "192.0.2.7"
    assert listed[0]["way"] == "cli"
    shown = call("user", "sign-ins", "--act", "signed_in").out
    assert "mara  signed_in  password  192.0.2.7" in shown
    assert call("user", "sign-ins", "nobody").code == 1


def test_keys_are_made_bounded_listed_and_revoked(call: Call, start: Start) -> None:
    start()
    made = call(
        *("key", "add", "admin", "bridge", "--read", "--write", "--days", "7"),
        *("--only", "base.tag", "--only", "contacts.*", "--json"),
    ).document
    assert made["scopes"] == [
        "base.tag:read",
        "base.tag:write",
        "contacts.*:read",
        "contacts.*:write",
    ]
    database = application().database
    credential = verify_api_key(database, made["key"])
    assert credential is not None
    assert credential.account.username == "admin"
    plain = call("key", "add", "admin", "reader")
    assert plain.out.startswith("The key, shown only now: int_")
    listed = call("key", "list", "admin", "--json").document
    assert [one["name"] for one in listed] == ["reader", "bridge"]
    assert listed[0]["scopes"] == ["read"]
    assert call("key", "revoke", "admin", str(made["id"])).code == 0
    assert verify_api_key(database, made["key"]) is None
    assert "bridge" in call("key", "list", "admin").out
    assert "(revoked)" in call("key", "list", "admin").out
    assert call("key", "revoke", "admin", str(made["id"])).code == 1
    wrong = call("key", "add", "admin", "x", "--only", "base.tags")
    assert (wrong.code, "did you mean 'base.tag'" in wrong.err) == (1, True)
    acts = [one["act"] for one in call("user", "sign-ins", "--json").document]
    assert acts == ["key_revoked", "key_made", "key_made"]


def test_a_mail_in_a_file_is_taken_in(call: Call, start: Start, tmp_path: Path) -> None:
    start()
    file = tmp_path / "a.eml"
    file.write_text("From: Ada <ada@guest.example>\nSubject: Hello\n\nMay I?\n")
    taken = call("mailbox", "take", "crm.leads", str(file))
    assert (taken.code, f"{file}: created record 1" in taken.out) == (0, True)
    assert "known" in call("mailbox", "take", "crm.leads", str(file)).out
    file.write_text("nothing")
    assert call("mailbox", "take", "crm.leads", str(file)).code == 1
    states = [one["state"] for one in call("mailbox", "arrivals", "--json").document]
    assert states == ["refused", "created"]
    (box,) = call("mailbox", "list", "--json").document
    assert (box["id"], box["served"]) == ("crm.leads", False)
    refused = call("mailbox", "pull", "crm.leads")
    assert "names no server" in refused.err
    assert "no mailbox 'crm.none'" in call("mailbox", "take", "crm.none", str(file)).err


def test_jobs_are_seen_and_schedules_known_by_name(call: Call, start: Start) -> None:
    start()
    assert call("worker", "--once").code == 0
    status = call("jobs", "status", "--json").document
    assert (status["events"], status["states"]["dead"]) == (0, 0)
    assert "Jobs: 0 waiting" in call("jobs", "status").out
    assert call("jobs", "list", "--state", "dead", "--json").document == []
    assert call("jobs", "replay").out == "0 jobs will be tried again.\n"
    unknown = call("jobs", "run", "work.nothing")
    assert unknown.code != 0
    assert "no schedule 'work.nothing'" in unknown.err
    assert call("flows", "list", "--state", "open", "--json").document == []
    for one in (("start", "work.none", "1"), ("wake", "7"), ("cancel", "7")):
        said = call("flows", *one)
        assert said.code != 0
        assert "There is no flow" in said.err
    assert call("clocks", "list", "--json").document == []
    said = call("clocks", "count", "work.none")
    assert said.code != 0
    assert "There is no clock 'work.none'" in said.err


def test_the_audit_is_sealed_and_compared(call: Call, start: Start) -> None:
    start()
    sealed = call("audit", "seal")
    assert sealed.code == 0
    assert sealed.out.endswith(" entries sealed.\n")
    found = call("audit", "verify", "--json").document
    assert (found["open"], found["faults"]) == (0, [])
    assert call("audit", "verify", "--head", found["head"]).code == 0
    wrong = call("audit", "verify", "--head", "0" * 64)
    assert wrong.code == 1
    assert "made anew" in wrong.err
