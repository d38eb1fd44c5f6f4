"""Codes of compilation (E5xx), reported where tables, rules and views are made.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E501",
        title="Two things claim one table or column",
        reason=(
            "After joining module and name, or group and field, two definitions"
            " have the same name in the database."
        ),
        bad=("entity: library.book_copy\n---\nentity: library_book.copy"),
        good=("entity: library.book_copy\n---\nentity: library_book.item"),
    ),
    Code(
        id="E502",
        title="Name too long for the database",
        reason="A table, column or index name may have at most 63 characters.",
        bad="entity: a_long_module_name_of_many_letters.another_name_of_many_letters",
        good="entity: library.book",
    ),
    Code(
        id="E503",
        title="Cannot be stored or indexed so",
        reason=(
            "The index, unique key or order names a field without a column, for"
            " instance a list or a formula that is computed on read."
        ),
        bad="indexes: [[chapters]]",
        good="indexes: [[title]]",
    ),
    Code(
        id="E504",
        title="Screen names what it cannot show",
        reason=(
            "A view names a field or widget that its entity or the field's type"
            " does not have."
        ),
        bad=(
            "view: library.book_list\n"
            "entity: library.book\n"
            "type: list\n"
            "columns: [titel]"
        ),
        good=(
            "view: library.book_list\n"
            "entity: library.book\n"
            "type: list\n"
            "columns: [title]"
        ),
    ),
    Code(
        id="E505",
        title="A module's Python failed",
        reason=(
            "The module's plugin could not be imported or a hook raised; the "
            "module stays off."
        ),
        bad="python: true   # and no plugin.py",
        good="python: true   # with plugin.py beside module.yml",
    ),
    Code(
        id="E506",
        title="Shipped row does not fit",
        reason=(
            "A row of a data or demo document breaks a rule, a type or a "
            "required field of its entity."
        ),
        bad=("data: library.shelves\nrows: {library.shelf: {main: {capacity: many}}}"),
        good=("data: library.shelves\nrows: {library.shelf: {main: {capacity: 40}}}"),
    ),
)
