"""Markup and formulas in every text: shown as text, exported without effect."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from core.config import MailConfig
from core.services import Actor
from core.services.mail import compose
from core.testing.installation import PASSWORD, Installation
from core.testing.sample_records import SampleMaker
from tests.unit.prepared import shipped

ROOT = Path(__file__).parents[2]
EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
FORMULA = "=HYPERLINK(1)"
ENTITIES = ("crm.lead", "crm.opportunity", "base.party", "crm.activity")


class Seeing(HTMLParser):
    """Notes what a browser would run: own scripts, handlers, images from x."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []
        self._script = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "img" and given.get("src") == "x":
            self.bad.append("img")
        self.bad += [name for name in given if name.startswith("on")]
        self.bad += [
            value for value in given.values() if (value or "").startswith("javascript:")
        ]
        self._script = tag == "script" and given.get("type") != "application/json"

    def handle_endtag(self, tag):
        if tag == "script":
            self._script = False

    def handle_data(self, data):
        if self._script and data.strip():
            self.bad.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Installation:
    home = tmp_path_factory.mktemp("markup")
    made = shipped("crm", f"sqlite:///{home / 'a.db'}", home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def records(site) -> dict[str, int]:
    """A record of each entity with markup in all texts that take it."""
    made = {}
    with site.application.transaction(Actor.system()) as tx:
        for number, entity in enumerate(ENTITIES):
            record, _ = SampleMaker(tx, first=900 + number).make(entity)
            compiled = site.application.compiled.entity(entity)
            texts = {
                name: EVIL
                for name, field in compiled.fields.items()
                if field.type.name in ("text", "longtext")
                and field.writable
                and not field.computed
                and compiled.readonly.get(name) is not True
                and not field.definition.pattern
                and (field.definition.length or 255) >= len(EVIL)
            }
            assert texts
            tx.update(entity, record.id, texts, accept_warnings=True)
            made[entity] = record.id
    return made


@pytest.fixture(scope="module")
def talked(site, records) -> dict[str, int]:
    """Markup in the timeline, and a second party like the first."""
    client, token = signed_in(site)
    at = f"/crm/lead/{records['crm.lead']}"
    for path, form in (
        ("comments", {"body": EVIL}),
        ("activities", {"summary": EVIL, "kind": "call"}),
        ("attachments", {"file": (io.BytesIO(b"x"), "<img src=x onerror=a>.txt")}),
    ):
        answer = client.post(f"{at}/{path}", data={"csrf_token": token, **form})
        assert answer.status_code == 302, (path, answer.text[:300])
    with site.application.transaction(Actor.system()) as tx:
        other, _ = SampleMaker(tx, first=980).make("base.party")
        tx.update("base.party", other.id, {"name": EVIL}, accept_warnings=True)
    return {"other": other.id}


def signed_in(site) -> tuple[FlaskClient, str]:
    """A browser with a session of the administrator, and its token."""
    client = site.site.test_client()

    def token(page: str) -> str:
        return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]

    form = {"username": "admin", "password": PASSWORD}
    form["csrf_token"] = token(client.get("/login/").text)
    assert client.post("/login/", data=form).status_code == 302
    return client, token(client.get("/").text)


def check(site, path: str) -> str:
    answer = site.ask("GET", path)
    assert answer.status_code in (200, 302, 400), (path, answer.status_code)
    if answer.mimetype == "text/html":
        seeing = Seeing()
        seeing.feed(answer.text)
        assert seeing.bad == [], path
        assert "<script>alert(2)" not in answer.text, path
        assert "49" not in answer.text.partition("onerror")[2][:80], path
    return answer.text


@pytest.mark.parametrize("entity", ENTITIES)
def test_stored_markup_is_shown_as_text(site, records, entity):
    base, id_ = f"/{entity.replace('.', '/')}", records[entity]
    for path in (
        base,
        f"{base}?tab=all",
        f"{base}/{id_}",
        f"{base}/{id_}/edit",
        f"{base}/{id_}/explain",
        f"{base}/new?copy={id_}",
    ):
        check(site, path)
    party = records["base.party"]
    check(site, f"/base/party/{party}")


@pytest.mark.parametrize(
    "path",
    [
        "/crm/lead?view=crm.lead_board&tab=all",
        "/crm/opportunity?view=crm.opportunity_board&tab=all",
        "/crm/activity?view=crm.activity_calendar&tab=all",
        "/crm/activity?view=crm.activity_calendar&tab=all&scale=week",
        "/base/party?view=base.party_tree&tab=all",
        "/crm/lead?tab=all&group=state",
        "/crm/lead/{lead}/peek",
        "/base/party/{party}/peek",
        "/base/party/{party}/personal-data",
        "/base/party/merge?ids={party},{other}",
        "/crm/lead/{lead}/versions/1",
        "/dashboards/crm.sales",
        "/notifications",
        "/",
    ],
)
def test_stored_markup_is_text_in_every_view(site, records, talked, path):
    ids = {"lead": records["crm.lead"], "party": records["base.party"], **talked}
    shown = check(site, path.format(**ids))
    assert shown.startswith(("<!doctype", "<")), path


def test_pieces_of_pages_and_answers_of_scripts_are_text(site, records, talked):
    """Boards and pickers draw what they are sent: HTML is escaped, JSON is data."""
    client, token = signed_in(site)
    lead = records["crm.lead"]
    page = check(site, f"/crm/lead/{lead}")
    assert "&lt;script&gt;alert(2)" in page.partition("i-tl")[2], "the timeline"
    with site.application.reader(Actor.system()) as reader:
        state = reader.get("crm.lead", lead)["state"]
    cards = f"/crm/lead/cards?view=crm.lead_board&tab=all&column={state}"
    assert "&lt;img" in check(site, cards)
    form = {"to": "disqualified", "version": "", "csrf_token": token}
    moved = client.post(f"/crm/lead/{lead}/move?view=crm.lead_board&tab=all", data=form)
    seen = Seeing()
    seen.feed(moved.json["ask"])
    assert seen.bad == []
    for path in ("/crm/lead/lookup?q=img", "/crm/opportunity/lookup/party?q=img"):
        answer = site.ask("GET", path)
        assert answer.mimetype == "application/json"
        assert any(EVIL in one["title"] for one in answer.json["items"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_print_holds_the_text_and_nothing_that_acts(site, records):
    sent = site.ask("GET", f"/crm/lead/{records['crm.lead']}/print")
    assert (sent.status_code, sent.mimetype) == (200, "application/pdf")
    for acting in (b"/JavaScript", b"/JS", b"/Launch", b"/AA"):
        assert acting not in sent.data


def test_a_mail_is_plain_text(site):
    config = MailConfig(
        host="localhost", port=25, security="plain", sender="Intarsia <a@b.example>"
    )
    mail = compose(config, "c@d.example", EVIL, EVIL)
    assert mail.get_content_type() == "text/plain"
    assert not mail.is_multipart()
    assert mail["Subject"] == EVIL
    with pytest.raises(ValueError, match="line"):
        compose(config, "c@d.example", "a\r\nBcc: e@f.example", "text")


@pytest.mark.parametrize(
    "path",
    [
        "/crm/lead?q={}",
        "/crm/lead?where={}",
        "/crm/lead?sort={}",
        "/crm/lead?f={}",
        "/crm/lead?tab={}",
        "/crm/lead/new?name={}",
        "/login/?next={}",
        "/apps?category={}",
        "/rights?role={}",
        "/nowhere/{}",
    ],
)
def test_markup_in_addresses_is_not_run(site, path):
    answer = site.ask("GET", path.format(quote(EVIL, safe="")))
    assert answer.status_code < 500
    if answer.mimetype == "text/html":
        seeing = Seeing()
        seeing.feed(answer.text)
        assert seeing.bad == []


def test_scripts_need_more_than_being_on_the_page(site):
    policy = site.ask("GET", "/").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_exported_cells_are_no_formulas(site):
    with site.application.transaction(Actor.system()) as tx:
        for mark in "=+-@\t":
            tx.create("base.tag", {"name": f"{mark}{FORMULA}"})
    sent = site.ask("GET", "/base/tag/export")
    assert sent.status_code == 200
    rows = list(csv.reader(io.StringIO(sent.data.decode("utf-8-sig"))))
    for row in rows[1:]:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell


@pytest.fixture(scope="module")
def beside(site, records) -> None:
    """Markup in all that people add to records: words, names of files and of views."""
    (name,) = (one.username for one in (site.account(),))
    for entity, id_ in records.items():
        api = f"/api/v1/{entity.replace('.', '/')}"
        for path, body in (
            (f"{api}/{id_}/comments", {"body": f"{EVIL} @{name}"}),
            (f"{api}/{id_}/activities", {"summary": EVIL}),
            (f"{api}/views", {"name": EVIL[:80], "state": {"search": EVIL}}),
        ):
            answer = site.ask("POST", path, body=body)
            assert answer.status_code == 201, (path, answer.text)
        file = {"file": (io.BytesIO(b"hello"), f"{EVIL[:40]}.txt")}
        answer = site.ask("POST", f"{api}/{id_}/attachments", data=file)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("entity", ENTITIES)
def test_markup_in_what_is_added_is_shown_as_text(site, records, beside, entity):
    base, id_ = f"/{entity.replace('.', '/')}", records[entity]
    shown = ""
    for path in (
        f"{base}/{id_}",
        f"{base}/{id_}/peek",
        f"{base}/{id_}/versions/1",
        f"{base}/{id_}/people?q=a",
        f"{base}/lookup?q=img",
        f"{base}?saved=1",
        f"{base}?tab=all&group=created_by",
    ):
        answer = site.ask("GET", path)
        if answer.status_code in (302, 404):
            continue
        shown += check(site, path)
    assert shown.count("onerror") > 3


def test_markup_in_boards_calendars_trees_and_charts_is_shown_as_text(
    site, records, beside
):
    registry = site.application.registry
    walked = 0
    for view in registry.views.values():
        if view.entity in ENTITIES and view.type != "form":
            check(site, f"/{view.entity.replace('.', '/')}?view={view.id}&tab=all")
            walked += 1
    for board in registry.dashboards.values():
        tail = "" if board.entity is None else f"/{records[board.entity]}"
        check(site, f"/dashboards/{board.id}{tail}")
        walked += 1
    for path in ("/", "/notifications", "/imports", "/base/party/duplicates"):
        check(site, path)
    assert walked > 6
