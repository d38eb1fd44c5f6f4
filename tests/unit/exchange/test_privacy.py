"""What is held about a record is handed out whole and erased for good."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.app import Application
from core.services import Actor, NotAllowed, NotFound, Query
from core.services.checking_seals import check_seals
from core.services.privacy import NothingToErase, erase_personal_data, personal_data
from core.services.retention import run_retention
from core.services.sealing import seal_block
from core.services.timeline.about import insert
from core.storage import tables, timeline_tables

SYSTEM = Actor.system()
PARTY = "base.party"


def jane(app: Application) -> int:
    with app.transaction(SYSTEM) as tx:
        made = tx.create(
            PARTY,
            {
                "name": "Jane Doe",
                "kind": "person",
                "code": "C-1",
                "notes": "Secret of Jane",
                "contact_points": [{"kind": "email", "value": "jane@example.com"}],
            },
        )
        tx.update(PARTY, made.id, {"notes": "Another secret"})
        tx.remember_external(PARTY, {"vcard:jane": made.id})
        return made.id


def held(app: Application, id_: int) -> str:
    with app.reader(SYSTEM) as reader:
        return json.dumps(personal_data(reader, PARTY, id_), default=str)


def test_all_is_handed_out(app: Application) -> None:
    text = held(app, jane(app))
    for one in ("Jane Doe", "Secret of Jane", "jane@example.com", "vcard:jane"):
        assert one in text


def test_what_is_erased_is_nowhere(app: Application) -> None:
    id_ = jane(app)
    done = erase_personal_data(app, SYSTEM, PARTY, id_)
    assert "name" in done.erased
    assert "code" in done.kept
    text = held(app, id_)
    for one in ("Jane", "secret", "Secret", "vcard"):
        assert one not in text
    with app.reader(SYSTEM) as reader:
        assert reader.search(PARTY, Query(search="Jane")).items == ()
        audit = reader.scene.connection.scalars(
            sa.select(tables.audit.c.changes).where(tables.audit.c.record == id_)
        )
        assert "Doe" not in json.dumps(list(audit))
        assert reader.get(PARTY, id_).values["code"] == "C-1"


def test_what_stands_around_a_record_goes_with_it(app: Application) -> None:
    id_ = jane(app)
    with app.transaction(SYSTEM) as tx:
        body = {"entity": PARTY, "record": id_}
        insert(tx, timeline_tables.comment, **body, body="Jane is away")
        insert(tx, timeline_tables.activity, **body, type="call", summary="Ring Jane")
        file = {"sha256": "0" * 64, "name": "jane.txt", "size": 1}
        insert(tx, timeline_tables.attachment, **body, **file, media_type="text/plain")
        to_her = {**body, "person": 1, "kind": "mention"}
        insert(tx, timeline_tables.notification, **to_her)
        call = tx.create("crm.activity", {"subject": "Call Jane Doe", "party": id_}).id
        tx.update("crm.activity", call, {"subject": "Call her"})
    text = held(app, id_)
    for one in ("Jane is away", "Ring Jane", "jane.txt"):
        assert one in text
    erase_personal_data(app, SYSTEM, PARTY, id_, "ui")
    text = held(app, id_)
    for one in ("Jane", "jane"):
        assert one not in text
    with app.reader(SYSTEM) as reader:
        connection = reader.scene.connection
        everything = connection.execute(sa.select(tables.audit)).all()
        assert "Jane Doe" not in str(everything)
        assert not connection.execute(sa.select(timeline_tables.notification)).all()
        last = reader.history(PARTY, id_)[0]
    assert (last.action, last.via, last.changes) == ("erased", "ui", {})


def test_the_audit_knows_why_its_sealed_entries_are_others(app: Application) -> None:
    id_ = jane(app)
    seal(app)
    erase_personal_data(app, SYSTEM, PARTY, id_)
    found = check_seals(app.database)
    assert found.faults == []
    assert found.amended == len(found.reasons) >= 2
    assert "by the platform" in found.reasons[0].text
    # The reason covers what was done for it and nothing after it.
    one = sa.select(sa.func.min(tables.audit.c.id)).where(tables.audit.c.record == id_)
    with app.database.writing() as connection:
        first = connection.scalar(one)
        changed = tables.audit.update().where(tables.audit.c.id == first)
        connection.execute(changed.values(actor=5))
    assert [one.entry for one in check_seals(app.database).faults] == [first]


def seal(app: Application) -> None:
    with app.database.writing() as connection:
        assert seal_block(connection, app.runtime.clock.read())


def test_only_what_a_definition_names_is_erased(app: Application) -> None:
    with app.transaction(SYSTEM) as tx:
        tag = tx.create("base.tag", {"name": "x"}).id
    with pytest.raises(NothingToErase):
        erase_personal_data(app, SYSTEM, "base.tag", tag)
    user = Actor(3, "U", frozenset({"contacts.user"}))
    with pytest.raises(NotAllowed):
        erase_personal_data(app, user, PARTY, jane(app))


def test_old_records_are_erased_when_their_time_is_over(app: Application) -> None:
    id_ = jane(app)

    def due() -> int:
        reports = run_retention(app, dry_run=True)
        return next(one.due for one in reports if one.entity == PARTY)

    assert due() == 0
    with app.transaction(SYSTEM) as tx:
        tx.archive(PARTY, id_)
        table = app.compiled.tables[PARTY]
        long_ago = tx.scene.moment.now - timedelta(days=1100)
        tx.scene.begin_writing()
        tx.scene.connection.execute(
            table.update().where(table.c.id == id_).values(archived_at=long_ago)
        )
    assert due() == 1
    (report,) = [one for one in run_retention(app) if one.entity == PARTY]
    assert (report.done, report.kept) == (1, [])
    assert "Jane" not in held(app, id_)
    assert due() == 0


def test_what_leads_to_a_record_belongs_to_it(app: Application) -> None:
    id_ = jane(app)
    with app.transaction(SYSTEM) as tx:
        tx.create(PARTY, {"name": "Beta", "kind": "organisation"})
        tx.create("crm.activity", {"subject": "Call Jane", "party": id_})
        lead = tx.create(
            "crm.lead", {"name": "Fair", "organisation_name": "F", "phone": "030 1"}
        )
        tx.create("crm.activity", {"subject": "Ask", "about": f"crm.lead/{lead.id}"})
    assert "Call Jane" in held(app, id_)
    with app.reader(SYSTEM) as reader:
        found = personal_data(reader, "crm.lead", lead.id)
    assert "Ask" in json.dumps(found, default=str)


def test_a_record_that_is_not_there_is_not_erased(app: Application) -> None:
    with pytest.raises(NotFound):
        erase_personal_data(app, SYSTEM, PARTY, 4_711_000)


def kept_copies(app: Application, id_: int) -> None:
    """An import that refused her, and an answer that showed her."""
    error = {"line": 3, "column": "e", "value": "jane@example.com", "reason": "taken"}
    part = {"created": [[id_, id_]], "errors": [error], "external": ["x:Jane Doe"]}
    answer = json.dumps({"id": id_, "name": "Jane Doe", "notes": "Another secret"})
    counts = dict.fromkeys(("created", "updated", "unchanged", "rejected"), 0)
    row = {"entity": PARTY, "file": "people.csv", "digest": "0" * 64, "rows": 2}
    with app.transaction(SYSTEM) as tx:
        tx.scene.begin_writing()
        at, connection = tx.scene.moment.now, tx.scene.connection
        run = tables.import_run.insert().values(
            **row, **counts, at=at, state="done", wish={}
        )
        (number,) = connection.execute(run).inserted_primary_key
        touched = {"run": number, "number": 0, "touched": part}
        connection.execute(tables.import_part.insert().values(**touched))
        for key, body in (("one", answer), ("two", "sealed.text")):
            kept = {"key": key, "actor": 1, "request_hash": "0" * 64, "status": 201}
            response = {"body": body, "headers": {}}
            connection.execute(
                tables.idempotency.insert().values(**kept, at=at, response=response)
            )


def test_what_imports_and_answers_keep_goes_as_well(app: Application) -> None:
    id_ = jane(app)
    kept_copies(app, id_)
    with app.reader(SYSTEM) as reader:
        told = personal_data(reader, PARTY, id_)["imports"]
    assert [one["file"] for one in told] == ["people.csv"]
    erase_personal_data(app, SYSTEM, PARTY, id_)
    table = tables.idempotency
    with app.reader(SYSTEM) as reader:
        connection = reader.scene.connection
        (kept,) = connection.scalars(sa.select(tables.import_part.c.touched))
        query = sa.select(table.c.response).order_by(table.c.key)
        answers = connection.scalars(query).all()
    assert kept["created"] == [[id_, id_]]
    assert kept["errors"][0]["line"] == 3
    for text in ("Jane", "jane@", "secret"):
        assert text not in json.dumps([kept, answers])
    assert json.loads(answers[0]["body"])["id"] == id_
    assert answers[1]["body"] == "sealed.text"


def test_histories_of_records_that_name_it_in_a_list_forget_it(
    app: Application,
) -> None:
    id_ = jane(app)
    with app.transaction(SYSTEM) as tx:
        euro = tx.resolve("base.currency", "EUR")
        other = tx.create(PARTY, {"name": "Beta", "kind": "organisation"}).id
        tx.create("base.party_role", {"party": id_, "role": "competitor"})
        values = {"name": "Deal", "party": other, "currency": euro}
        deal = tx.create(
            "crm.opportunity",
            {**values, "competitors": [id_], "description": "Jane Doe is cheaper"},
            accept_warnings=True,
        ).id
        tx.update(
            "crm.opportunity", deal, {"description": "cheaper"}, accept_warnings=True
        )
    erase_personal_data(app, SYSTEM, PARTY, id_)
    with app.reader(SYSTEM) as reader:
        audit = reader.scene.connection.scalars(
            sa.select(tables.audit.c.changes).where(
                tables.audit.c.entity == "crm.opportunity"
            )
        )
        assert "Jane" not in json.dumps(list(audit))


def test_only_who_may_export_the_record_gets_it_handed_out(app: Application) -> None:
    with app.transaction(SYSTEM) as tx:
        lead = tx.create("crm.lead", {"name": "Fair", "phone": "1", "last_name": "D"})
        tx.update("crm.lead", lead.id, {"owner": None}, accept_warnings=True)
        user = tx.create("base.user", {"login": "bo", "name": "Bo"}).id
        theirs = tx.create(
            "crm.lead",
            {"name": "Mine", "phone": "1", "last_name": "D", "owner": user},
        )
    sales = Actor(user + 1, "U", frozenset({"crm.user"}))
    with app.reader(sales) as reader:
        assert personal_data(reader, "crm.lead", lead.id or 0)
        with pytest.raises(NotAllowed):
            personal_data(reader, "crm.lead", theirs.id or 0)
