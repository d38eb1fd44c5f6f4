"""The examples of the reference are true: the bad one is refused, the good one taken.

Each example is put into a small library as an author would: documents as files, fields
into an entity, expressions into a condition.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.diagnostics import CODES, Code, Diagnostics
from core.expressions import CHECK, GRANT, Scope, typecheck
from core.fieldtypes import builtin_catalog
from core.fieldtypes.functions import language_catalogue
from core.registry import ModuleSource, Registry, build_registry, discover, order
from tests.unit.registry.making import write_modules

ROOT = Path(__file__).parents[2]
LIBRARY = """\
== library/module.yml
module: library
title: Library
version: 1.0.0
depends: {base: ">=0.1"}
== library/entities/book.yml
entity: library.book
label: Book
title: title
fields:
  title: {type: text, required: true}
  name: {type: text}
  email: {type: text}
  state: {type: choice, choices: {open: Open, lent: Lent}}
  condition: {type: choice, choices: {good: Good, worn: Worn}, ordered: true}
  due: {type: date}
  date: {type: date}
  currency: {type: link, to: base.currency}
  fee_currency: {type: link, to: base.currency}
  price: {type: money, currency: currency}
  fee: {type: money, currency: fee_currency}
  weight: {type: decimal}
  member: {type: link, to: library.member}
  shelf: {type: link, to: library.shelf}
  chapters: {type: lines, of: library.chapter}
  total: {type: decimal}
== library/entities/chapter.yml
entity: library.chapter
part_of: {book: library.book}
fields:
  pages: {type: integer}
== library/entities/member.yml
entity: library.member
title: name
fields:
  name: {type: text, required: true}
  email: {type: text, unique: true}
== library/entities/shelf.yml
entity: library.shelf
title: name
tree: parent
fields:
  name: {type: text, required: true}
  parent: {type: link, to: library.shelf}
== library/data/shelves.yml
data: library.shelves
rows:
  library.shelf:
    main: {name: Main}
"""
SLOTS = {"E415": GRANT}
FOLDERS = {
    "workflow": "workflows",
    "automation": "automations",
    "flow": "flows",
    "entity": "entities",
    "view": "views",
    "decision": "decisions",
}
#: Where examples that are no document, no field and no expression stand.
WRAPPED = {
    "E103": "entity: library.copy\nfields:\n  pages: {{type: decimal, {}}}",
    "E308": "module: loans\ntitle: Loans\nversion: 1.0.0\n{}",
    "E417": "entity: library.copy\n{}\nfields:\n  name: {{type: text}}\n"
    "  salary: {{type: text, sensitive: true}}",
    "W423": "translations: library.de\nlanguage: de\n{}",
}
#: What an example may name beside its own fields.
BESIDE = {
    "title": "{type: text}",
    "price": "{type: decimal}",
    "due": "{type: date}",
}


def placed(code: Code, example: str) -> str:
    """The files of an example, each begun by `== path`."""
    if code.id in WRAPPED:
        example = WRAPPED[code.id].format(example)
    files: dict[str, str] = {}
    for number, document in enumerate(re.split(r"^---\n", example, flags=re.M)):
        path, text = _file(code, document, number)
        files[path] = files.get(path, "") + ("---\n" if path in files else "") + text
    return "".join(f"== {path}\n{text.rstrip()}\n" for path, text in files.items())


def _file(code: Code, text: str, number: int) -> tuple[str, str]:
    named = re.match(r"# in (\S+)\n", text)
    if named is not None:
        return f"library/{named[1]}", text
    head, _, rest = text.partition(":")
    word = rest.split("\n")[0].strip()
    module, _, name = word.partition(".")
    if head == "module":
        return f"{word}/module.yml", text
    if head == "extend":
        target = word.strip("{}").partition(": ")[2]
        return f"shop_{number}/extensions/{target}.yml", text
    if head == "overlay":
        return "overlay/book.yml", text
    if head == "translations":
        return "library/translations/de.yml", text
    if head in FOLDERS and word:
        return f"{module}/{FOLDERS[head]}/{name}.yml", text
    if head == "clock":
        return "library/clocks.yml", text
    if head.startswith("entit"):
        return "library/entities/book.yml", text
    if head == "fields":
        return "library/entities/copy.yml", f"entity: library.copy\n{text}"
    beside = [f"{n}: {f}" for n, f in BESIDE.items() if f"{n}: " not in text]
    indented = "\n".join(f"  {line}" for line in (*text.splitlines(), *beside))
    return "library/entities/copy.yml", f"entity: library.copy\nfields:\n{indented}"


def reported(code: Code, example: str, folder: Path) -> list[tuple[str, str]]:
    """The codes that the example leads to, with the file they stand in."""
    found = Diagnostics()
    if code.language == "expr":
        return [(one.code, "") for one in _checked(code, example)]
    own = placed(code, example)
    paths = set(re.findall(r"^== (\S+)", own, flags=re.M))
    library = [
        part
        for part in re.split(r"^(?=== )", LIBRARY, flags=re.M)
        if part and part[3:].split("\n")[0] not in paths
    ]
    write_modules(folder, "".join(library) + own)
    for module in folder.glob("shop_*"):
        (module / "module.yml").write_text(
            f"module: {module.name}\ntitle: S\nversion: 1.0.0\n"
            'depends: {library: ">=1"}\n'
        )
    overlay = folder / "overlay"
    overlays = [overlay] if overlay.is_dir() else []
    modules = order(_modules(folder, found), None, found)
    build_registry(modules, builtin_catalog(), found, overlays=overlays)
    return [(one.code, one.span.file) for one in found]


def _modules(folder: Path, found: Diagnostics) -> list[ModuleSource]:
    """The modules of the example and what currencies come from."""
    every = discover([ROOT / "modules", folder], found, entry_points=False)
    return [one for one in every if one.name == "base" or folder in one.folder.parents]


@cache
def _registry() -> Registry:
    """The library without an example, for expressions."""
    with TemporaryDirectory() as name:
        folder, found = Path(name), Diagnostics()
        write_modules(folder, LIBRARY)
        modules = order(_modules(folder, found), None, found)
        registry = build_registry(modules, builtin_catalog(), found)
    assert not found.has_errors, list(found)
    return registry


def _checked(code: Code, example: str) -> Diagnostics:
    found = Diagnostics()
    slot = SLOTS.get(code.id, CHECK)
    functions = language_catalogue()
    schema = _registry().schema
    typecheck(example, Scope(schema, "library.book", slot, functions=functions), found)
    return found


#: Examples in words, which are no file that could be written.
IN_WORDS = {"E106", "E413"}
TOLD = [code for code in CODES.values() if code.id not in IN_WORDS]


def test_there_are_sixty_codes_with_examples() -> None:
    assert len(CODES) >= 60
    assert all(code.reason and code.bad and code.good for code in CODES.values())


@pytest.mark.parametrize("code", TOLD, ids=lambda code: code.id)
def test_the_bad_example_gives_the_code(code: Code, tmp_path: Path) -> None:
    """In a file of the example, not anywhere else."""
    found = reported(code, code.bad, tmp_path)
    own = re.findall(r"^== (\S+)", placed(code, code.bad), flags=re.M)
    places = {"", *(str(tmp_path / path) for path in own)}
    assert [one for one, file in found if one == code.id and file in places], found


@pytest.mark.parametrize("code", TOLD, ids=lambda code: code.id)
def test_the_good_example_is_taken(code: Code, tmp_path: Path) -> None:
    assert reported(code, code.good, tmp_path) == []
