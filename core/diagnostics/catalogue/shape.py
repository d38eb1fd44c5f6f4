"""Codes of the shape of documents (E2xx), reported by the structure reader.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E201",
        title="Unknown kind",
        reason=(
            "The first key of a document is its kind; this is none of the "
            "grammar and none that a module registers."
        ),
        bad="entitty: library.book\nfields: {title: {type: text}}",
        good="entity: library.book\nfields: {title: {type: text}}",
    ),
    Code(
        id="E202",
        title="Unknown key",
        reason=(
            "The key has no meaning in this place; most often it is mistyped or"
            " indented under the wrong parent."
        ),
        bad="entity: library.book\nlable: Book\nfields: {title: {type: text}}",
        good="entity: library.book\nlabel: Book\nfields: {title: {type: text}}",
    ),
    Code(
        id="E203",
        title="Unknown field type",
        reason=("A field's type is one of the grammar or one that a module registers."),
        bad="title: {type: strng}",
        good="title: {type: text}",
    ),
    Code(
        id="E204",
        title="Key missing",
        reason="The part cannot work without this key.",
        bad="title: {label: Title}",
        good="title: {type: text, label: Title}",
    ),
    Code(
        id="E205",
        title="Wrong shape",
        reason=(
            "The value is of another shape than the key takes: a list for a "
            "text, a text for a map, a word that is not among the choices."
        ),
        bad="fields: [title, pages]",
        good=("fields:\n  title: {type: text}\n  pages: {type: integer}"),
    ),
    Code(
        id="E206",
        title="Bad or misplaced name",
        reason=(
            "Names have small letters, digits and single underscores, a letter "
            "first, at most 40 characters; ids are module.name; a file is "
            "called like the entity in it."
        ),
        bad=("fields:\n  shelfMark: {type: text}"),
        good=("fields:\n  shelf_mark: {type: text}"),
    ),
    Code(
        id="E207",
        title="Reserved name",
        reason=(
            "The word has a meaning of its own in expressions, so nothing else "
            "may be called so."
        ),
        bad=("fields:\n  class: {type: text}"),
        good=("fields:\n  book_class: {type: text}"),
    ),
    Code(
        id="E208",
        title="Keys exclude each other",
        reason=(
            "Each of the two keys claims the same decision, for instance what a"
            " field's value is."
        ),
        bad="pages: {type: integer, default: 1, formula: round(price)}",
        good="pages: {type: integer, formula: round(price)}",
    ),
)
