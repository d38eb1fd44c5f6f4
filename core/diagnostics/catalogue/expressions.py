"""Codes of expressions (E4xx), reported by the expression parser and type checker.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E401",
        title="Not an expression",
        reason="The text cannot be parsed as an expression.",
        bad="price * * 2",
        good="price * 2",
        language="expr",
    ),
    Code(
        id="E402",
        title="Unknown name or field",
        reason=(
            "No field, inverse, variable or slot name of this spelling can be "
            "read here."
        ),
        bad="stat == 'open'",
        good="state == 'open'",
        language="expr",
    ),
    Code(
        id="E403",
        title="Python that is not in the language",
        reason=(
            "Expressions look like Python but hold a small typed subset: no "
            "attributes beyond declared ones, no lambda, no power, no True."
        ),
        bad="title.__class__",
        good="title",
        language="expr",
    ),
    Code(
        id="E404",
        title="Unknown function",
        reason="No function of the language or of a module has this name.",
        bad="rnd(price)",
        good="round(price)",
        language="expr",
    ),
    Code(
        id="E405",
        title="Wrong arguments",
        reason="The function takes another number of arguments or other names.",
        bad="left(title)",
        good="left(title, 10)",
        language="expr",
    ),
    Code(
        id="E406",
        title="Types do not fit",
        reason="The operator or function does not take values of this type.",
        bad="contains(title, 5)",
        good="contains(title, '5')",
        language="expr",
    ),
    Code(
        id="E407",
        title="Currencies or units not provably one",
        reason=(
            "Amounts add up or compare only if their currency or unit is the "
            "same by path; otherwise convert first."
        ),
        bad="price + fee",
        good="price + convert(fee, currency, date)",
        language="expr",
    ),
    Code(
        id="E408",
        title="No key of this choice",
        reason=(
            "The text is none of the choice's keys, so the comparison could "
            "never be true."
        ),
        bad="state == 'opn'",
        good="state == 'open'",
        language="expr",
    ),
    Code(
        id="E409",
        title="Comparison with null",
        reason="Comparing with null gives null, never true.",
        bad="due == null",
        good="due is null",
        language="expr",
    ),
    Code(
        id="E410",
        title="Path too long or over no link",
        reason=(
            "A path has at most five steps and each but the last must be a "
            "link, group or list."
        ),
        bad="title.length.value",
        good="length(title)",
        language="expr",
    ),
    Code(
        id="E411",
        title="List where one value is needed",
        reason="The path leads over several records, so it stands for many values.",
        bad="chapters.pages > 5",
        good="max(chapters.pages) > 5",
        language="expr",
    ),
    Code(
        id="E412",
        title="Not available here",
        reason=(
            "The name or function exists, but not in this slot; a stored "
            "formula, for instance, may not read the clock."
        ),
        bad="late: {type: boolean, formula: today() > due, stored: true}",
        good="late: {type: boolean, formula: today() > due, stored: false}",
    ),
    Code(
        id="E413",
        title="Too long or too deep",
        reason=("An expression has at most 4,000 characters, 500 nodes and 30 levels."),
        bad="((((((...))))))",
        good="a decision table, or several formulas",
        language="text",
    ),
    Code(
        id="E414",
        title="rows() without an indexed equality",
        reason="Reading unrelated rows needs an equality over an indexed field.",
        bad="first(rows(library.member))",
        good="first(rows(library.member, email=email))",
        language="expr",
    ),
    Code(
        id="E415",
        title="Memory function where SQL is needed",
        reason="The slot runs inside the database; this function has no SQL body.",
        bad="previous(weight) > 5",
        good="weight > 5",
        language="expr",
    ),
    Code(
        id="E416",
        title="Circle",
        reason="Formulas, derives or decisions read each other in a circle.",
        bad=("a: {type: decimal, formula: b + 1}\nb: {type: decimal, formula: a + 1}"),
        good=("a: {type: decimal}\nb: {type: decimal, formula: a + 1}"),
    ),
    Code(
        id="E417",
        title="Sensitive value would leak",
        reason=(
            "A title or an open formula would show a value that needs an "
            "explicit grant."
        ),
        bad="title: concat(name, salary)",
        good="title: name",
    ),
    Code(
        id="E418",
        title="Unknown external id, entity, event, role or setting",
        reason="Nothing of this name is defined in a module that is on.",
        bad="ref('library.shelf.mian')",
        good="ref('library.shelf.main')",
        language="expr",
    ),
    Code(
        id="E419",
        title="Result does not fit the target",
        reason="The expression's type is not the one the slot or field needs.",
        bad="pages: {type: integer, formula: title}",
        good="pages: {type: integer, formula: length(title)}",
    ),
    Code(
        id="E425",
        title="Condition needed",
        reason=(
            "Where something is decided stands a condition; no other value counts as "
            "true or false."
        ),
        bad="not title",
        good="title is null",
        language="expr",
    ),
    Code(
        id="E426",
        title="No tree",
        reason="'within' and 'nearest' follow a tree; this entity is none.",
        bad="within(member, member)",
        good="within(shelf, shelf)",
        language="expr",
    ),
    Code(
        id="E427",
        title="Constant text needed",
        reason=(
            "What is looked up before anything runs cannot depend on a record: names "
            "of records, formats, maps."
        ),
        bad="ref(title)",
        good="ref('library.shelf.main')",
        language="expr",
    ),
    Code(
        id="E428",
        title="Values without an order",
        reason=(
            "Only values with an order can be the least or come before others; a "
            "choice has one if it is 'ordered'."
        ),
        bad="state < 'lent'",
        good="condition < 'worn'",
        language="expr",
    ),
)
