"""Codes of the YAML text (E1xx), reported by the loader.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E101",
        title="Not YAML",
        reason=(
            "The file breaks the rules of YAML: a tab in the indentation, a "
            "bracket or quote that is not closed, a colon too many. Documents "
            "before the place are still read."
        ),
        bad=("entity: library.book\nfields:\n\ttitle: {type: text}"),
        good=("entity: library.book\nfields:\n  title: {type: text}"),
    ),
    Code(
        id="E102",
        title="Key written twice",
        reason=(
            "YAML tools silently keep the last of two equal keys; here each key"
            " of a map stands once."
        ),
        bad=("title: {type: text}\ntitle: {type: longtext}"),
        good=("title: {type: text}\nsummary: {type: longtext}"),
    ),
    Code(
        id="E103",
        title="Not YAML 1.2",
        reason=(
            "Only values of YAML 1.2 are read: no infinity, no not-a-number, no"
            " document marked as YAML 1.1."
        ),
        bad="min: -.inf",
        good="min: -1000000",
    ),
    Code(
        id="E104",
        title="Alias, tag or size limit",
        reason=(
            "Anchors, aliases, merge keys and tags are refused, and so are "
            "files above 1 MB, more than 64 levels and numbers of absurd size: "
            "a definition says what it means in one place."
        ),
        bad=("base: &base {type: text}\ncopy: *base"),
        good=("base: {type: text}\ncopy: {type: text}"),
    ),
    Code(
        id="E105",
        title="Expression cut at a comma",
        reason=(
            "Inside {...} and [...] a plain text ends at a comma or bracket, so"
            " the rest of the expression became a key or item of its own."
        ),
        bad="total: {type: decimal, formula: round(price * 2, 2)}",
        good='total: {type: decimal, formula: "round(price * 2, 2)"}',
    ),
    Code(
        id="E106",
        title="Unreadable file",
        reason=(
            "Definitions are UTF-8 texts without control characters; the file "
            "is something else or cannot be opened."
        ),
        bad="title: Caf\\xe9 (in Latin-1)",
        good="title: Café (in UTF-8)",
        language="text",
    ),
)
