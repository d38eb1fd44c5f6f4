"""Files in fields: taken by who uploaded them, opened by who reads the field."""

import pytest

from core.services import NotAllowed, NotFound, ValidationFailed
from core.services.files import field_file, open_file, small_picture, visible_file

PDF = b"%PDF-1.4\n%%EOF\n"
THING = "shelf.thing"


def code_of(info) -> str:
    return info.value.problems[0].code


@pytest.fixture
def thing(world, upload, draw):
    """A thing of Ann's with a photo."""
    photo = upload("ann", "cat.png", draw(), "photo")
    with world.tx("ann") as tx:
        return tx.create(THING, {"name": "Box", "photo": {"id": photo.id}}).id


def test_an_upload_is_taken_by_its_id_and_read_again(world, thing, draw):
    with world.reader("ann") as reader:
        found = field_file(reader, THING, thing, "photo")
        assert (found.name, found.media_type) == ("cat.png", "image/png")
        with open_file(reader.runtime, found).content as content:
            assert content.read() == draw()


@pytest.mark.parametrize("form", ["number", "digits", "map", "hash", "named hash"])
def test_ways_to_name_an_upload(world, upload, draw, form):
    made = upload("ann", "a.png", draw(), "photo")
    raw = {
        "number": made.id,
        "digits": str(made.id),
        "map": {"id": made.id},
        "hash": {"sha256": made.file.sha256},
        "named hash": f"{made.file.sha256}/a.png",
    }[form]
    with world.tx("ann") as tx:
        id_ = tx.create(THING, {"name": "Box", "photo": raw}).id
        assert tx.get(THING, id_)["photo"] == made.file


def test_what_is_said_about_the_content_is_not_believed(world, upload):
    made = upload("ann", "page.html", b"<html><body>hi</body></html>")
    lie = {**made.file._asdict(), "media_type": "image/png", "size": 1}
    with world.tx("ann") as tx, pytest.raises(ValidationFailed) as info:
        tx.create(THING, {"name": "Box", "photo": lie})
    assert code_of(info) == "wrong_media_type"


def test_an_upload_of_somebody_else_is_not_taken(world, upload, draw):
    made = upload("boss", "a.png", draw())
    raws = (made.id, {"id": made.id}, made.file._asdict(), made.file)
    for raw in raws:
        with (
            world.acting("ann").tx("ann") as tx,
            pytest.raises(ValidationFailed) as info,
        ):
            tx.create(THING, {"name": "Box", "photo": raw})
        assert code_of(info) == "unknown_file"


def test_a_hash_alone_opens_nothing(world, upload, thing):
    """Ann knows the hash of the contract; that helps her neither to read nor copy."""
    made = upload("boss", "contract.pdf", PDF)
    with world.tx("boss") as tx:
        tx.update(THING, thing, {"contract": made.id})
    with world.reader("ann") as reader:
        with pytest.raises(NotFound):
            field_file(reader, THING, thing, "contract", made.file.sha256)
        with pytest.raises(NotFound):
            field_file(reader, THING, thing, "photo", made.file.sha256)
        with pytest.raises(NotFound):
            visible_file(reader, made.file.sha256)
    with world.tx("ann") as tx, pytest.raises(ValidationFailed) as info:
        tx.update(THING, thing, {"anything": made.file._asdict()})
    assert code_of(info) == "unknown_file"


def test_the_row_filter_holds_for_files(world, thing):
    other = world.acting("outsider", roles=frozenset({"shelf.looker"}))
    with other.reader("outsider") as reader, pytest.raises(NotFound):
        field_file(reader, THING, thing, "photo")
    with world.reader("nobody") as reader, pytest.raises((NotFound, NotAllowed)):
        field_file(reader, THING, thing, "photo")


def test_a_copy_takes_the_files_along(world, thing):
    with world.tx("boss") as tx:
        copy = tx.create(THING, tx.copy(THING, thing)).id
        assert tx.get(THING, copy)["photo"] == tx.get(THING, thing)["photo"]


def test_what_stands_there_stays_with_an_update(world, upload, thing, draw):
    """Bob did not upload the photo; he may leave it where it is."""
    with world.tx("boss") as tx:
        old = tx.get(THING, thing)["photo"]
        tx.update(THING, thing, {"photo": f"{old.sha256}/{old.name}", "name": "Jar"})
        assert tx.get(THING, thing)["photo"] == old


def test_a_draft_knows_uploads_too(world, upload, draw):
    made = upload("ann", "a.png", draw())
    with world.reader("ann") as reader:
        state = reader.evaluate(THING, {"name": "Box", "photo": made.id})
        assert state.values["photo"] == made.file
        state = reader.evaluate(THING, {"name": "Box", "photo": made.id + 99})
        assert [p.code for p in state.problems] == ["unknown_file"]


def test_files_in_lines(world, upload, draw, thing):
    made = upload("ann", "a.png", draw())
    with world.tx("ann") as tx:
        tx.update(THING, thing, {"parts": [{"name": "Lid", "scan": made.id}]})
    with world.reader("ann") as reader:
        part = reader.get(THING, thing).relations["parts"][0]
        assert field_file(reader, "shelf.part", part.id, "scan") == made.file
    stranger = world.acting("bob", user_id=world.actors["boss"].user_id)
    with stranger.reader("bob") as reader, pytest.raises(NotFound):
        field_file(reader, "shelf.part", part.id, "scan")


def test_several_files_and_their_limits(world, upload, thing):
    one = upload("ann", "one.pdf", PDF, "papers")
    two = upload("ann", "two.txt", b"hello", "papers")
    with world.tx("ann") as tx:
        tx.update(THING, thing, {"papers": [one.id, two.id]})
        assert [f.name for f in tx.get(THING, thing)["papers"]] == [
            "one.pdf",
            "two.txt",
        ]
    with pytest.raises(ValidationFailed) as info:
        upload("ann", "large.pdf", PDF + b" " * 1_000_001, "papers")
    assert code_of(info) == "too_large"
    with pytest.raises(ValidationFailed) as info:
        upload("ann", "song.mp3", b"ID3\x03\x00" + b"\x00" * 100, "papers")
    assert code_of(info) == "wrong_media_type"


def test_a_small_picture_is_made_once(world, thing):
    with world.reader("ann") as reader:
        found = field_file(reader, THING, thing, "photo")
        first = small_picture(reader.runtime, found)
        assert first[8:12] == b"WEBP"
        assert world.runtime.files.made(found.sha256, "thumb") == first
        assert small_picture(reader.runtime, found) == first
