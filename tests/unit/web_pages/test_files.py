"""Files in the pages: with and without scripts, kept when a form is refused."""

import io
import json

import pytest

from tests.unit.web_api.test_files import PDF, png

BASE = "/library/poster"


def send(person, path, files=(), **values):
    data = {"csrf_token": person.token, **values}
    for name, called, content in files:
        data.setdefault(name, []).append((io.BytesIO(content), called))
    return person.client.post(path, data=data, content_type="multipart/form-data")


@pytest.fixture(autouse=True)
def fresh(clerk):
    clerk.get("/")


def upload(person, name, content, field="photo"):
    return send(person, f"{BASE}/upload/{field}", [("file", name, content)])


def test_a_script_sends_a_file_ahead(library, clerk):
    made = upload(clerk, "cat.png", png())
    assert made.status_code == 201, made.text
    found = made.json
    assert found["title"] == "cat.png"
    assert clerk.client.get(found["small"]).content_type == "image/webp"
    answer = send(clerk, BASE, name="Cat", photo=["", found["value"]])
    assert answer.status_code == 302
    page = clerk.get(answer.location)
    assert f"{answer.location}/files/photo/" in page
    assert 'class="i-thumb large"' in page
    assert 'class="i-thumb "' in clerk.get(BASE)


def test_without_scripts_the_file_comes_with_the_form(library, clerk):
    answer = send(
        clerk,
        BASE,
        [
            ("_file-photo", "cat.png", png()),
            ("_file-papers", "one.pdf", PDF),
            ("_file-papers", "two.txt", b"hello"),
        ],
        name="Cat",
        photo="",
        papers="",
    )
    assert answer.status_code == 302, answer.text
    record = library.read("library.poster", int(answer.location.rpartition("/")[2]))
    assert record["photo"].name == "cat.png"
    assert [one.name for one in record["papers"]] == ["one.pdf", "two.txt"]


def test_a_refused_form_keeps_its_files(library, clerk):
    answer = send(clerk, BASE, [("_file-photo", "cat.png", png())], name="", photo="")
    assert answer.status_code == 422
    value = answer.text.split('name="photo" value="')[2].partition('"')[0]
    assert value.endswith(":image/png:cat.png")
    answer = send(clerk, BASE, name="Cat", photo=["", value])
    assert answer.status_code == 302


def test_a_refused_file_is_told_at_its_field(clerk):
    page = b"<html><script>alert(1)</script>"
    answer = send(clerk, BASE, [("_file-photo", "x.png", page)], name="Cat", photo="")
    assert answer.status_code == 422
    assert 'id="f-photo-error"' in answer.text
    answer = upload(clerk, "x.png", page)
    assert answer.status_code == 422
    assert upload(clerk, "a.pdf", PDF, "contract").status_code == 403
    assert upload(clerk, "a.pdf", PDF, "name").status_code == 403


def test_removing_and_replacing(library, clerk):
    first = upload(clerk, "cat.png", png()).json["value"]
    second = upload(clerk, "dog.png", png((9, 9))).json["value"]
    made = send(clerk, BASE, name="Cat", photo=["", first])
    id_ = int(made.location.rpartition("/")[2])
    edit = f"{BASE}/{id_}/edit"
    assert "cat.png" in clerk.get(edit)
    assert send(clerk, edit, name="Cat", photo=["", first, second]).status_code == 302
    assert library.read("library.poster", id_)["photo"].name == "dog.png"
    assert send(clerk, edit, name="Cat", photo=[""]).status_code == 302
    assert library.read("library.poster", id_)["photo"] is None


def test_files_of_others(library, clerk):
    value = upload(clerk, "cat.png", png()).json
    made = send(clerk, BASE, name="Cat", photo=["", value["value"]])
    sha256 = value["value"].partition(":")[0]
    nils = library.person("nils")
    nils.get("/")
    assert nils.client.get(f"{made.location}/files/photo/{sha256}").status_code == 404
    assert nils.client.get(f"/uploads/{sha256}").status_code == 404
    answer = send(nils, BASE, name="Mine", photo=["", value["value"]])
    assert answer.status_code == 422
    stranger = library.app.test_client().get(f"/uploads/{sha256}")
    assert stranger.status_code in (302, 401)


def test_a_draft_with_files(clerk):
    value = upload(clerk, "cat.png", png()).json["value"]
    answer = send(clerk, f"{BASE}/evaluate", name="Cat", photo=["", value])
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.text)["problems"] == {}


def test_names_are_escaped(clerk):
    name = '<img src=x onerror=alert(1)>".pdf'
    made = send(clerk, BASE, [("_file-papers", name, PDF)], name="Cat", papers="")
    page = clerk.get(made.location)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    href = page.split('class="i-file" href="')[1].partition('"')[0]
    told = clerk.client.get(href).headers["Content-Disposition"]
    assert told.startswith("attachment; filename=")
    assert "\n" not in told


def test_a_conflict_shows_files(library, clerk):
    first = upload(clerk, "cat.png", png()).json["value"]
    second = upload(clerk, "dog.png", png((9, 9))).json["value"]
    made = send(clerk, BASE, name="Cat", photo=["", first])
    edit = f"{made.location}/edit"
    assert send(clerk, edit, name="Dog", photo=["", first], _version="1").status_code
    answer = send(clerk, edit, name="Cat", photo=["", second], _version="1")
    assert answer.status_code == 409
    assert "dog.png" in answer.text


def test_a_card_shows_the_picture_of_its_record(clerk):
    value = upload(clerk, "cat.png", png()).json["value"]
    made = send(clerk, BASE, name="Cat", photo=["", value])
    page = clerk.get(f"{BASE}?view=library.wall")
    pictures = [part.partition("</div>")[0] for part in page.split('class="pic"')[1:]]
    (own,) = [one for one in pictures if f'src="{made.location}/files/photo/' in one]
    assert 'alt="cat.png"' in own
