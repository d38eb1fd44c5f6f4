"""A page for people that lists the operations of the API, made from its document.

Registered by `register`. It needs nothing from elsewhere: no script, no style sheet.
"""

from __future__ import annotations

from flask import Response, render_template

from core.web.api.credentials import caller
from core.web.api.openapi import openapi_document
from core.web.api.problems import PROBLEM_TITLES, ROOT
from core.web.state import application


def show_docs() -> Response:
    """`GET /docs`: operations by entity, with the codes of problems."""
    actor = caller().actor
    with application().reader(actor) as reader:
        document = openapi_document(reader.runtime.compiled, reader.access.map)
    by_tag: dict[str, list[tuple[str, str, str]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            row = (method.upper(), ROOT + path, operation["summary"])
            by_tag.setdefault(operation["tags"][0], []).append(row)
    page = render_template(
        "api/docs.html",
        tags=document["tags"],
        operations=by_tag,
        parameters=document["components"]["parameters"],
        problems=PROBLEM_TITLES,
        root=ROOT,
    )
    return Response(page, mimetype="text/html")
