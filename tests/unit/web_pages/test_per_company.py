"""Values per company in form, list, API and files, at the company of the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.app import Application, build_application
from core.config import AppConfig
from core.exchange import Column, Mapping, export_lines, run_import
from core.migrations import apply_plan, make_plan
from core.services import Actor, Query
from core.services.seed import apply_data
from core.storage.tables import create_system_tables
from core.web.account_tables import create_account_tables
from core.web.accounts import ensure_admin
from core.web.api import register_api
from core.web.app import create_web_app
from core.web.pages import install_pages
from core.web.roles import mirror_roles
from core.web.settings import WebSettings
from tests.unit.registry.making import write_modules
from tests.unit.services.test_per_company import MILL
from tests.unit.web_pages.conftest import Person

PASSWORD = "seven green bottles"


@pytest.fixture
def mill(tmp_path: Path, database_url: str) -> Iterator[Application]:
    write_modules(tmp_path / "modules", MILL)
    config = AppConfig(
        home=tmp_path,
        database_url=database_url,
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(Path(__file__).parents[3] / "modules", tmp_path / "modules"),
    )
    made = build_application(config, enabled=["mill"])
    with made.database.writing() as connection:
        create_system_tables(connection)
    plan = make_plan(made.compiled, made.database)
    apply_plan(plan, made.compiled, made.database, tmp_path)
    create_account_tables(made.database.engine)
    mirror_roles(made.database, made.registry.rights.roles)
    admin = ensure_admin(made.database, PASSWORD).id
    with made.transaction(Actor.system(), "seed") as tx:
        apply_data(tx)
        main = tx.resolve("base.company", "MAIN")
        user = {"login": "admin", "name": "A", "companies": [main]}
        user["current_company"] = main
        tx.create_with_ids("base.user", [(admin, user, None)])
    yield made
    made.close()


def test_form_list_and_api(mill: Application) -> None:
    settings = WebSettings.of(mill.config)
    app = create_web_app(mill, settings, (install_pages, register_api))
    person = Person(app.test_client())
    person.get("/login/")
    person.post("/login/", username="admin", password=PASSWORD)
    page = person.get("/mill/part/new")
    assert 'name="limit"' in page
    assert "by_company" not in page
    answer = person.post("/mill/part", name="P", shelf="Q", limit="12.50")
    assert answer.status_code == 302, answer.text
    shown = person.get(answer.headers["Location"])
    assert "12.5" in shown
    assert 'value="Q"' in person.get(answer.headers["Location"] + "/edit")
    assert "12.5" in person.get("/mill/part?order=-limit")
    token = (
        app.test_client()
        .post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD})
        .json["access_token"]
    )
    bearer = {"Authorization": f"Bearer {token}"}
    client = app.test_client()
    id_ = int(answer.headers["Location"].rsplit("/", 1)[1])
    found = client.get(f"/api/v1/mill/part/{id_}", headers=bearer).json
    assert (found["shelf"], float(found["limit"])) == ("Q", 12.5)
    assert "by_company" not in found or found["by_company"] is None
    changed = client.patch(
        f"/api/v1/mill/part/{id_}", json={"limit": "3", "version": 1}, headers=bearer
    )
    assert float(changed.json["limit"]) == 3, changed.text
    listed = client.get("/api/v1/mill/part?filter=limit == 3", headers=bearer)
    assert [row["id"] for row in listed.json["items"]] == [id_]


def test_files_carry_the_values_of_the_company(
    mill: Application, tmp_path: Path
) -> None:
    with mill.reader(Actor.system()) as reader:
        main = reader.resolve("base.company", "MAIN")
    actor = replace(Actor.system(), company=main, companies=(main or 0,))
    path = tmp_path / "parts.csv"
    path.write_text("name,shelf,limit\nP,S1,5\nR,S2,\n", "utf-8")
    columns = [Column((name,), name) for name in ("name", "shelf", "limit")]
    mapping = Mapping("mill.part", columns=tuple(columns))
    report = run_import(mill, actor, path, mapping)
    assert (report.created, report.rejected) == (2, 0), report
    query = Query(fields=("name", "shelf", "limit"), order=("name",))
    lines = b"".join(export_lines(mill, actor, "mill.part", query)).decode()
    assert "P,S1,5" in lines.replace('"', "")
