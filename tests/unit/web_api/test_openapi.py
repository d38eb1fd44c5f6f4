"""The OpenAPI document: valid, complete for its reader, and true of the answers."""

import re

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from core.web.api.openapi import openapi_document


@pytest.fixture
def document(boss):
    return boss.get("openapi.json")


def test_it_is_valid(library):
    # Everything that the others see stands in the administrator's too.
    # Nor does it depend on the database; looking through it takes long.
    kind = library.application.database.kind
    for name in ("admin", "zoe") if kind == "sqlite" else ("zoe",):
        document = library.as_user(name).get("openapi.json")
        validate(document, cls=OpenAPIV31SpecValidator)


def test_operations_have_names_of_their_own(document):
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in found, reference
            found = found[step]


def test_only_what_the_caller_may_use(library):
    reader = library.as_user("otto").get("openapi.json")
    book = reader["components"]["schemas"]["LibraryBook"]["properties"]
    assert "title" in book
    assert "price" not in book
    assert set(reader["paths"]["/library/book"]) == {"get"}
    assert "LibraryBookCreate" not in reader["components"]["schemas"]
    clerk = library.as_user("mara").get("openapi.json")
    assert "secret" not in str(clerk["components"]["schemas"]["LibraryBookCreate"])
    assert "/library/book/{id}/actions/lend" in clerk["paths"]
    assert "/library/book/{id}/actions/lend" not in reader["paths"]


@pytest.mark.parametrize("name", ["admin", "vera", "mara", "otto", "gus"])
def test_every_address_that_reads_can_be_read(library, boss, name):
    author = boss.make("library/author", name="Jane")
    boss.make("library/book", title="A", owner=None, author=author["id"])
    caller = library.as_user(name)
    document, kept = caller.get("openapi.json"), {}
    for path, operations in document["paths"].items():
        beside = {"{view}", "{attachment}", "{webhook}", "{import}", "{flow}"}
        beside &= set(path.split("/"))
        if "get" not in operations or beside:
            continue
        entity = "/".join(path.split("/")[1:3])
        if operations["get"]["tags"] == [entity]:
            # A list of the platform, not of records.
            assert "items" in caller.get(entity)
            continue
        if entity not in kept:
            kept[entity] = caller.get(entity, archived="yes")["items"]
        items = kept[entity]
        if "{id}" in path and not items:
            continue
        first = items[0] if items else {"id": 0, "version": 1}
        address = path.format(id=first["id"], version=first["version"])
        answer = caller("GET", f"/api/v1{address}")
        assert answer.status_code == 200, (path, answer.text)


#: Described by themselves, or for entities with a workflow (`test_lead_workflow`).
NOT_DESCRIBED = frozenset(
    {"api.transition", "api.transitions", "api.states", "api.openapi", "api.docs"}
)


def test_no_address_of_the_api_is_left_out(library):
    """A new route must be described, at least to administrators."""
    document = library.as_user("admin").get("openapi.json")
    described = [
        (method.upper(), re.sub(r"\{\w+\}", "1", path))
        for path, operations in document["paths"].items()
        for method in operations
    ]
    for rule in library.app.url_map.iter_rules():
        if not rule.endpoint.startswith("api.") or rule.endpoint in NOT_DESCRIBED:
            continue
        pattern = re.compile(re.sub(r"<[^>]+>", "[^/]+", rule.rule) + "$")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert any(
                method == known and pattern.match(f"/api/v1{path}")
                for known, path in described
            ), (method, rule.rule)


def schema_for(document, name):
    components = document["components"]
    return {"$ref": f"#/components/schemas/{name}", "components": components}


def test_answers_fit_their_schemas(boss, document):
    author = boss.make("library/author", name="Jane", home={"city": "Bath"})
    book = boss.make(
        "library/book",
        title="Emma",
        price="12.5",
        rating="7",
        pages=3,
        author=author["id"],
        tags=[boss.make("base/tag", name="x")["id"]],
        seen="2026-01-01T00:00:00Z",
        about={"entity": "library.author", "id": author["id"]},
        editions=[{"year": 1815, "copies": 2, "price": "1"}],
    )
    address = f"library/book/{book['id']}"
    for name, answer in (
        ("LibraryBook", book),
        ("LibraryBook", boss.get(address, titles=1)),
        ("LibraryAuthor", author),
        ("LibraryBookPage", boss.get("library/book", count="exact")),
        ("History", boss.get(f"{address}/history")),
        ("Actions", boss.get(f"{address}/actions")),
        ("Found", boss.get("library/book/lookup")),
        ("Count", boss.get("library/book/count")),
        ("Problem", boss("POST", "library/book", {}).json),
        ("Problem", boss("GET", "library/nothing").json),
        (
            "BulkOutcome",
            boss("POST", "library/book/bulk", {"create": [{"title": "x"}]}).json,
        ),
        (
            "FormState",
            boss("POST", "library/book/evaluate", {"values": {"title": "x"}}).json,
        ),
    ):
        jsonschema.validate(
            answer, schema_for(document, name), cls=jsonschema.Draft202012Validator
        )


def test_examples_can_be_sent(boss, document):
    for entity, path in (
        ("LibraryBook", "library/book"),
        ("LibraryAuthor", "library/author"),
    ):
        schema = document["components"]["schemas"][f"{entity}Create"]
        for example in schema["examples"]:
            jsonschema.validate(example, schema_for(document, f"{entity}Create"))
            assert boss("POST", path, example).status_code == 201


def test_it_is_kept_and_tagged(boss):
    first = boss("GET", "openapi.json")
    tag = first.headers["ETag"]
    assert boss("GET", "openapi.json").data == first.data
    same = boss("GET", "openapi.json", headers={"If-None-Match": tag})
    assert same.status_code == 304


def test_the_document_as_a_text(library, golden):
    import json

    compiled = library.application.compiled
    document = openapi_document(compiled, compiled.access.of({"library.clerk"}))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    golden("openapi_of_a_clerk.json", text)


def test_the_page_for_people(boss):
    answer = boss("GET", "docs")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "/api/v1/library/book/{id}" in answer.text
    assert "<script" not in answer.text
