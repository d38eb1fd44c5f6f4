"""Codes of values that a key cannot take (E209 to E221).

Reported where the key is known: by field types, views, decisions and manifests. Read by
`core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E209",
        title="Size out of range",
        reason="The number of characters, digits, places or steps is not possible.",
        bad="title: {type: text, length: 0}",
        good="title: {type: text, length: 80}",
    ),
    Code(
        id="E210",
        title="Pattern that cannot run",
        reason=(
            "A pattern is a subset of regular expressions that runs in linear time "
            "and always covers the whole text."
        ),
        bad="isbn: {type: text, pattern: '[0-9'}",
        good="isbn: {type: text, pattern: '[0-9]{13}'}",
    ),
    Code(
        id="E211",
        title="Unknown time zone",
        reason="A zone is named as the IANA database does, or is company or user.",
        bad="meets_at: {type: datetime, zone: Berlin}",
        good="meets_at: {type: datetime, zone: Europe/Berlin}",
    ),
    Code(
        id="E212",
        title="Limit of files not understood",
        reason="A size is a number with its unit; accepted are types of media.",
        bad="scan: {type: file, size: 10 apples}",
        good="scan: {type: file, size: 10 MB}",
    ),
    Code(
        id="E213",
        title="Version not understood",
        reason=(
            "Versions are three numbers; what a module needs is a range of them, so "
            "that updates can be told from breaks."
        ),
        bad="module: loans\ntitle: Loans\nversion: one",
        good="module: loans\ntitle: Loans\nversion: 1.0.0",
    ),
    Code(
        id="E214",
        title="Value that its field cannot hold",
        reason="A default, limit or case is a value of the field it is written for.",
        bad="pages: {type: integer, default: many}",
        good="pages: {type: integer, default: 100}",
    ),
    Code(
        id="E215",
        title="Case without a way to it",
        reason=(
            "A case is 'when' and 'then', the last one may be 'else' alone; what "
            "stands behind it is never reached."
        ),
        bad=(
            "pages: {type: integer}\n"
            "size:\n"
            "  type: text\n"
            "  cases: [{else: small}, {when: pages > 900, then: big}]"
        ),
        good=(
            "pages: {type: integer}\n"
            "size:\n"
            "  type: text\n"
            "  cases: [{when: pages > 900, then: big}, {else: small}]"
        ),
    ),
    Code(
        id="E216",
        title="Limits that leave nothing",
        reason="No value is at least 'min' and at most 'max' if 'min' is greater.",
        bad="pages: {type: integer, min: 900, max: 1}",
        good="pages: {type: integer, min: 1, max: 900}",
    ),
    Code(
        id="E217",
        title="Layout that no screen has",
        reason="Sections have up to three columns, tiles and their rows a fixed room.",
        bad=(
            "view: library.book_form\n"
            "entity: library.book\n"
            "type: form\n"
            "sections:\n"
            "  main: {label: Main, columns: 7, fields: [title]}"
        ),
        good=(
            "view: library.book_form\n"
            "entity: library.book\n"
            "type: form\n"
            "sections:\n"
            "  main: {label: Main, columns: 2, fields: [title]}"
        ),
    ),
    Code(
        id="E218",
        title="Bands that do not rise",
        reason=(
            "Each band but the last ends above the one before, and all are valid from "
            "a day; otherwise a value would be in two bands or in none."
        ),
        bad=(
            "decision: library.fine\n"
            "inputs: {base: {type: decimal}}\n"
            "outputs: {fine: {type: decimal}}\n"
            "mode: bands\n"
            "bands:\n"
            "  - valid: 2026-01-01\n"
            "    rows: [{upto: 20, rate: 1}, {upto: 10, rate: 2}, {rate: 3}]"
        ),
        good=(
            "decision: library.fine\n"
            "inputs: {base: {type: decimal}}\n"
            "outputs: {fine: {type: decimal}}\n"
            "mode: bands\n"
            "bands:\n"
            "  - valid: 2026-01-01\n"
            "    rows: [{upto: 10, rate: 1}, {upto: 20, rate: 2}, {rate: 3}]"
        ),
    ),
    Code(
        id="E219",
        title="Link that cannot be kept",
        reason=(
            "A link leads to one entity, and what happens when its target is deleted "
            "must leave a record that is still valid."
        ),
        bad="shelf: {type: link, to: library.shelf, required: true, on_delete: clear}",
        good=(
            "shelf: {type: link, to: library.shelf, required: true, "
            "on_delete: restrict}"
        ),
    ),
    Code(
        id="E220",
        title="Document in a wrong place",
        reason=(
            "Where a document lies says what it is: a folder per kind, a file per "
            "entity called like it, the folder of the module its id begins with."
        ),
        bad=(
            "# in entities/copies.yml\n"
            "entity: library.copy\n"
            "fields: {title: {type: text}}"
        ),
        good=(
            "# in entities/copy.yml\n"
            "entity: library.copy\n"
            "fields: {title: {type: text}}"
        ),
    ),
    Code(
        id="E221",
        title="Unknown format",
        reason="Behind a colon in a filled text stands how the value is written.",
        bad=(
            "entity: library.copy\n"
            "fields: {due: {type: date}}\n"
            "rules:\n"
            '  late: {check: due is null, message: "It was due on {due:loong}."}'
        ),
        good=(
            "entity: library.copy\n"
            "fields: {due: {type: date}}\n"
            "rules:\n"
            '  late: {check: due is null, message: "It was due on {due:long}."}'
        ),
    ),
)
