"""Codes of composition (E3xx), reported where modules and overlays are put together.

Read by `core.diagnostics.codes`.
"""

from core.diagnostics.catalogue.code import Code

CODES = (
    Code(
        id="E301",
        title="Target missing",
        reason="What is referred to or extended exists in no module that is on.",
        bad="extend: {entity: library.bok}",
        good="extend: {entity: library.book}",
    ),
    Code(
        id="E302",
        title="Id taken twice",
        reason="Two documents or parts claim the same id.",
        bad=(
            "entity: library.book\nfields: {title: {type: text}}\n"
            "---\n"
            "entity: library.book\nfields: {title: {type: text}}"
        ),
        good=(
            "entity: library.book\nfields: {title: {type: text}}\n"
            "---\n"
            "entity: library.member\nfields: {name: {type: text}}"
        ),
    ),
    Code(
        id="E303",
        title="Two modules set one attribute",
        reason=(
            "Composition does not depend on load order, so only one module may "
            "set a label, default or order of somebody else's part; the "
            "business's overlay may decide."
        ),
        bad=(
            "extend: {entity: library.book}\n"
            "fields: {title: {label: Name}}\n"
            "---\n"
            "extend: {entity: library.book}\n"
            "fields: {title: {label: Heading}}"
        ),
        good=("overlay: {entity: library.book}\nfields: {title: {label: Heading}}"),
    ),
    Code(
        id="E304",
        title="Loosening",
        reason=(
            "An extension may add and tighten, never remove, loosen or change "
            "what another module relies on."
        ),
        bad=("extend: {entity: library.book}\nfields: {title: {type: integer}}"),
        good=("extend: {entity: library.book}\nfields: {title: {required: true}}"),
    ),
    Code(
        id="E305",
        title="Module not in depends",
        reason=(
            "A module may use another one only if its manifest names it in "
            "depends or optional."
        ),
        bad=(
            "module: loans\ntitle: Loans\nversion: 1.0.0\n"
            "---\n"
            "entity: loans.loan\n"
            "fields: {book: {type: link, to: library.book}}"
        ),
        good=(
            "module: loans\ntitle: Loans\nversion: 1.0.0\n"
            'depends: {library: ">=1.0"}\n'
            "---\n"
            "entity: loans.loan\n"
            "fields: {book: {type: link, to: library.book}}"
        ),
    ),
    Code(
        id="E306",
        title="Circle of modules",
        reason=(
            "Modules depend on each other in a circle, so none can be loaded first."
        ),
        bad=(
            "module: loans\ntitle: Loans\nversion: 1.0.0\n"
            'depends: {fines: ">=1"}\n'
            "---\n"
            "module: fines\ntitle: Fines\nversion: 1.0.0\n"
            'depends: {loans: ">=1"}'
        ),
        good=(
            "module: loans\ntitle: Loans\nversion: 1.0.0\n"
            'depends: {fines: ">=1"}\n'
            "---\n"
            "module: fines\ntitle: Fines\nversion: 1.0.0"
        ),
    ),
    Code(
        id="E307",
        title="Inverse named twice",
        reason="Two links give their target an inverse of the same name.",
        bad=(
            "loan: {type: link, to: library.book, inverse: history}\n"
            "repair: {type: link, to: library.book, inverse: history}"
        ),
        good=(
            "loan: {type: link, to: library.book, inverse: loans}\n"
            "repair: {type: link, to: library.book, inverse: repairs}"
        ),
    ),
    Code(
        id="E308",
        title="Dependency not met",
        reason=(
            "A module of depends is not there, is off, or has a version outside"
            " the range; or the core is too old."
        ),
        bad='depends: {library: ">=9.0"}',
        good='depends: {library: ">=1.0"}',
    ),
    Code(
        id="E440",
        title="Role for outsiders gives too much",
        reason=(
            "Portal and public roles start from nothing: each grant says with 'only' "
            "which fields it shows, they include no role for insiders, and a public "
            "role, which needs no sign-in, only reads."
        ),
        bad=(
            "# in permissions.yml\n"
            "permissions: library\n"
            "roles:\n"
            "  visitor: {label: Visitor, kind: public}\n"
            "grants:\n"
            "  visitor:\n"
            "    library.book: [read, update]"
        ),
        good=(
            "# in permissions.yml\n"
            "permissions: library\n"
            "roles:\n"
            "  visitor: {label: Visitor, kind: public}\n"
            "grants:\n"
            "  visitor:\n"
            "    library.book: {can: [read], only: [title]}"
        ),
    ),
)
