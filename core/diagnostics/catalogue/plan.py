"""Codes of plans (E6xx), reported when definitions are compared with the database.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E601",
        title="Change would lose data",
        reason=(
            "A field, entity or choice that holds data is gone; a rename is "
            "written with was."
        ),
        bad=("fields:\n  heading: {type: text}   # was called title"),
        good=("fields:\n  heading: {type: text, was: title}"),
    ),
    Code(
        id="E602",
        title="Former name does not fit",
        reason="The name in was never existed, still exists, or is claimed by two.",
        bad="heading: {type: text, was: titel}",
        good="heading: {type: text, was: title}",
    ),
    Code(
        id="E603",
        title="Change of type needs a conversion",
        reason=("The plan cannot turn the stored values into the new type by itself."),
        bad="pages: {type: integer}   # was a text",
        good="pages: {type: integer, convert: \"parse_number(old, 'en')\"}",
    ),
    Code(
        id="E604",
        title="State or key still in use",
        reason="A state or choice key was taken out while rows have it.",
        bad="choices: {open: Open}   # closed taken out",
        good=("choices: {open: Open}\nvalues_was: {closed: open}"),
    ),
    Code(
        id="E605",
        title="Required without a value for existing rows",
        reason="Existing rows have no value for the new required field.",
        bad="shelf_mark: {type: text, required: true}",
        good="shelf_mark: {type: text, required: true, default: unknown}",
    ),
    Code(
        id="E606",
        title="Database differs from the last applied plan",
        reason="Somebody changed tables by hand, or a plan was only half applied.",
        bad="ALTER TABLE library_book DROP COLUMN title",
        good="the tables as the last plan left them",
        language="text",
    ),
)
