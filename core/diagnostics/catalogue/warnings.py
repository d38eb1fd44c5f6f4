"""Warnings (W4xx): the definitions work, but probably not as meant.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="W420",
        title="Deprecated",
        reason="The thing still works but will go; the message names what to use.",
        bad=(
            "rate: {type: decimal}\n"
            "wage: {type: decimal, deprecated: {since: 1.2}}\n"
            "twice: {type: decimal, formula: wage * 2}"
        ),
        good=(
            "rate: {type: decimal}\n"
            "wage: {type: decimal, deprecated: {since: 1.2}}\n"
            "twice: {type: decimal, formula: rate * 2}"
        ),
    ),
    Code(
        id="W421",
        title="Always true or always false",
        reason="The condition does not depend on anything, so it decides nothing.",
        bad="1 == 1",
        good="state == 'open'",
        language="expr",
    ),
    Code(
        id="W422",
        title="Name shadowed",
        reason=("A field is called like a word of this slot; the slot's meaning wins."),
        bad="sum(weight.pages for weight in chapters)",
        good="sum(one.pages for one in chapters)",
        language="expr",
    ),
    Code(
        id="W423",
        title="Translation without target",
        reason="The address names nothing any more, so the text is shown nowhere.",
        bad="texts: {entity library.bok/label: Buch}",
        good="texts: {entity library.book/label: Buch}",
    ),
    Code(
        id="W424",
        title="Overlay without target",
        reason=(
            "What a business changed is not there, perhaps because its module is off; "
            "the change waits until it is."
        ),
        bad="overlay: {entity: library.bok}",
        good="overlay: {entity: library.book}",
    ),
    Code(
        id="W425",
        title="Unknown icon",
        reason="There is no picture of this name, so none is shown.",
        bad="entity: library.copy\nicon: bok\nfields: {name: {type: text}}",
        good="entity: library.copy\nicon: book-2\nfields: {name: {type: text}}",
    ),
    Code(
        id="W426",
        title="Gap in a decision",
        reason=(
            "For some values no row fits, so the decision gives nothing; that is often "
            "a limit written with < where <= was meant."
        ),
        bad=(
            "decision: library.fee\n"
            "inputs: {days: {type: integer, min: 0}}\n"
            "outputs: {fee: {type: decimal}}\n"
            "rows:\n"
            "  short: {when: days < 7, then: {fee: 1}}\n"
            "  long: {when: days > 7, then: {fee: 2}}"
        ),
        good=(
            "decision: library.fee\n"
            "inputs: {days: {type: integer, min: 0}}\n"
            "outputs: {fee: {type: decimal}}\n"
            "rows:\n"
            "  short: {when: days < 7, then: {fee: 1}}\n"
            "  long: {when: days >= 7, then: {fee: 2}}"
        ),
    ),
    Code(
        id="W427",
        title="Row of a decision that is never reached",
        reason="The first row that fits decides; earlier ones take all of its cases.",
        bad=(
            "decision: library.fee\n"
            "inputs: {days: {type: integer, min: 0}}\n"
            "outputs: {fee: {type: decimal}}\n"
            "rows:\n"
            "  long: {when: days > 7, then: {fee: 2}}\n"
            "  very_long: {when: days > 30, then: {fee: 5}}\n"
            "  short: {then: {fee: 1}}"
        ),
        good=(
            "decision: library.fee\n"
            "inputs: {days: {type: integer, min: 0}}\n"
            "outputs: {fee: {type: decimal}}\n"
            "rows:\n"
            "  very_long: {when: days > 30, then: {fee: 5}}\n"
            "  long: {when: days > 7, then: {fee: 2}}\n"
            "  short: {then: {fee: 1}}"
        ),
    ),
    Code(
        id="W428",
        title="Automations in a circle",
        reason=(
            "Each sets off the next one, and the last one the first; after eight of "
            "them the save is refused."
        ),
        bad=(
            "automation: library.first\n"
            "event: library.book.updated\n"
            'do: [{set: {weight: "=weight + 1"}}]'
        ),
        good=(
            "automation: library.first\n"
            "event: library.book.updated\n"
            "changes: [title]\n"
            'do: [{set: {weight: "=weight + 1"}}]'
        ),
    ),
)
