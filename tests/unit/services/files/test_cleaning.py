"""Cleaning: what a record holds stays, what nobody holds goes after its time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.services.files import check_files, clean_files
from core.storage import file, file_use

THING = "shelf.thing"


def age(world, days: int) -> None:
    """Let all uploads be so many days older."""
    with world.tx() as tx:
        tx.scene.begin_writing()
        before = tx.scene.moment.now - timedelta(days=days)
        tx.scene.connection.execute(file.update().values(touched_at=before))


def cleaned(world, **options) -> list[str]:
    with world.tx() as tx:
        return clean_files(tx, **options)


def uses(world) -> list[tuple]:
    with world.reader() as reader:
        rows = reader.scene.connection.execute(
            sa.select(file_use.c.field, file_use.c.sha256)
        )
        return sorted(tuple(row) for row in rows)


@pytest.fixture
def thing(world, upload, draw):
    made = upload("ann", "a.png", draw())
    with world.tx("ann") as tx:
        id_ = tx.create(THING, {"name": "Box", "photo": made.id}).id
    return id_, made.file.sha256


def test_what_is_held_stays(world, thing):
    age(world, 400)
    assert cleaned(world) == []
    assert uses(world) == [("photo", thing[1])]


def test_what_nobody_took_goes_after_its_time(world, upload):
    made = upload("ann", "a.txt", b"hello")
    assert cleaned(world) == []
    age(world, 31)
    assert cleaned(world, dry=True) == [made.file.sha256]
    assert world.runtime.files.has(made.file.sha256)
    assert cleaned(world) == [made.file.sha256]
    assert not world.runtime.files.has(made.file.sha256)
    assert cleaned(world) == []


def test_what_was_given_up_has_its_time_anew(world, upload, thing, draw):
    id_, first = thing
    other = upload("ann", "b.png", draw(size=(9, 9)))
    age(world, 31)
    with world.tx("ann") as tx:
        tx.update(THING, id_, {"photo": other.id})
    assert uses(world) == [("photo", other.file.sha256)]
    assert cleaned(world) == []
    age(world, 31)
    assert cleaned(world) == [first]


def test_deleting_a_record_gives_its_files_up(world, upload, thing, draw):
    id_, sha256 = thing
    scan = upload("ann", "b.png", draw(size=(9, 9)))
    with world.tx("boss") as tx:
        tx.update(THING, id_, {"name": "Jar"})
    with world.tx("ann") as tx:
        tx.update(THING, id_, {"parts": [{"name": "Lid", "scan": scan.id}]})
    assert len(uses(world)) == 2
    with world.tx("boss") as tx:
        tx.delete(THING, id_)
    assert uses(world) == []
    age(world, 31)
    assert cleaned(world) == sorted([sha256, scan.file.sha256])


def test_the_same_bytes_are_kept_once(world, upload, thing, draw):
    upload("boss", "other.png", draw())
    assert len(list(world.runtime.files.walk())) == 1
    age(world, 400)
    assert cleaned(world) == []


def test_check_tells_what_is_wrong(world, upload, thing):
    store = world.runtime.files
    lost = upload("ann", "a.txt", b"lost").file.sha256
    store.remove(lost)
    (store.root / "ab" / "cd").mkdir(parents=True)
    stray = "abcd" + "0" * 60
    (store.root / "ab" / "cd" / stray).write_bytes(b"x")
    with world.tx() as tx:
        report = check_files(tx)
    assert (report.lost, report.unknown, report.damaged) == ([lost], [stray], [stray])
    assert not report.sound


def test_a_refused_save_leaves_no_use(world, upload, draw):
    made = upload("ann", "a.png", draw())
    from core.services import ValidationFailed

    with pytest.raises(ValidationFailed), world.tx("ann") as tx:
        tx.create(THING, {"name": None, "photo": made.id})
    assert uses(world) == []
