"""Flows in the pages: where they rest and why, woken and cancelled by who may."""

from __future__ import annotations

import pytest

from core.jobs import dispatcher_of
from core.services import Actor
from core.services.flows.shown import start_flow
from core.storage import flow, flow_step, job
from tests.unit.web_pages.test_files import send


@pytest.fixture
def poster(library, clerk):
    clerk.get("/")
    yield send(clerk, "/library/poster", name="<i>Cat").location
    with library.application.database.writing() as connection:
        for table in (flow, flow_step, job):
            connection.execute(table.delete())


@pytest.fixture
def hanging(library, poster):
    """An instance at its first rest."""
    number = int(poster.rpartition("/")[2])
    with library.application.transaction(Actor.system()) as tx:
        one, _ = start_flow(tx, "library.hanging", number, input={"wall": "north"})
    dispatcher_of(lambda: library.application).drain()
    return one.id


def test_the_record_tells_its_flows(clerk, poster, hanging):
    page = clerk.get(poster)
    assert "Nobody has seen &lt;i&gt;Cat" in page
    assert "Hang it up" in page
    assert "Hung north" in page
    # The clerk reads the record, and has no role of the flow.
    assert "Wake now" not in page
    assert "is held" in clerk.get(f"{poster}?show=flow")
    clerk.get("/flows", 403)
    answer = clerk.post("/flows", act="cancel", id=hanging)
    assert answer.status_code == 403


def test_who_looks_after_a_flow_wakes_and_cancels_it(library, boss, poster, hanging):
    page = boss.get("/flows")
    assert 'href="/flows"' in page
    assert 'aria-label="Flows"' in page
    assert "&lt;i&gt;Cat" in page
    assert "No flow is here" in boss.get("/flows?state=done")
    answer = boss.post("/flows", act="wake", id=hanging)
    assert answer.location == "/flows"
    dispatcher_of(lambda: library.application).drain()
    assert "woken" in boss.get(poster)
    answer = boss.post("/flows", act="cancel", id=hanging, **{"from": "record"})
    assert answer.location == poster
    page = boss.get(poster)
    assert "It was cancelled" in page
    assert "Taken down" in page
    assert "step undone" in page
    assert "No flow is here" in boss.get("/flows")
    assert boss.post("/flows", act="wake", id=999_999).status_code == 404
    assert boss.post("/flows", act="nonsense", id=hanging).status_code == 400
