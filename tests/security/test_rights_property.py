"""Random roles over random records: every way to read and write, against an oracle.

A check is one answer about one record, field or verb. `INTARSIA_RIGHTS_WORLDS` asks for
more worlds than usual; each has other roles, grants, limits and records.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.check_asked import (
    check_filters,
    check_orders,
    check_related,
    check_totals,
)
from tests.security.check_beside import (
    check_board,
    check_merges,
    check_platform,
    check_saying,
    check_timelines,
    check_views,
)
from tests.security.check_seen import (
    check_closed,
    check_fields,
    check_lists,
    check_records,
    check_verbs,
)
from tests.security.check_ways import check_export, check_requests, check_writes
from tests.security.judge import Judge
from tests.security.oracle import World
from tests.security.rights_world import open_world
from tests.security.zone import FIELDS

WORLDS = int(os.environ.get("INTARSIA_RIGHTS_WORLDS", "4"))


LEAST_CHECKS = 12_500


@pytest.fixture(params=range(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[World]:
    """A world per seed; every fourth lies in PostgreSQL."""
    seed = request.param
    if seed % 4 == 3:
        server = request.getfixturevalue("postgres_server")
        with server.database() as url:
            made = open_world(seed, url, tmp_path)
            yield made
            made.at.close()
        return
    made = open_world(seed, f"sqlite:///{tmp_path / 'zone.db'}", tmp_path)
    yield made
    made.at.close()


def test_nothing_is_seen_or_done_that_is_not_granted(world: World) -> None:
    checks = 0
    rng = random.Random(5)
    for roles, actor in world.actors:
        judge = Judge(world, roles, actor)
        with world.at.application.reader(actor) as reader:
            for entity in FIELDS:
                check_verbs(judge, reader, entity)
                if not world.can(actor, entity, "read"):
                    check_closed(judge, reader, entity)
                    continue
                check_lists(judge, reader, entity, rng)
                check_fields(judge, reader, entity)
                check_filters(judge, reader, entity)
                check_orders(judge, reader, entity)
                check_totals(judge, reader, entity)
                check_records(judge, reader, entity, rng)
            check_related(judge, reader)
            check_timelines(judge, reader)
            check_views(judge, reader)
            check_platform(judge, reader)
        for entity in FIELDS:
            check_export(judge, entity)
            check_requests(judge, entity, rng)
        check_writes(judge, rng)
        check_saying(judge, rng)
        check_merges(judge, rng)
        check_board(judge)
        checks += judge.checks
    assert checks > LEAST_CHECKS, checks
