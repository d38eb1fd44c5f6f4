"""The reference pages as Markdown, each made from what the code itself reads.

Called by `cli.py docs` and by the test that keeps docs/reference up to date.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import click

from core.cli.exits import EXITS
from core.cli.main import COMMANDS, group
from core.definitions import KINDS, schemas
from core.definitions.icons import icon_names
from core.diagnostics import CODES
from core.expressions import BROWSER_FUNCTIONS, Function
from core.expressions.check_calls import special_names
from core.expressions.check_lists import AGGREGATES
from core.fieldtypes.base import GENERAL_KEYS
from core.fieldtypes.catalog import builtin_catalog
from core.fieldtypes.functions import language_catalogue
from core.plugins.hookspecs import HookSpecs

_MADE = "*Made by `cli.py docs`; change the code, not this page.*"


def errors() -> str:
    """Every diagnostic code with reason, a bad and a good example."""
    lines = _head("Errors and warnings", "What `cli.py check` may say, by code.")
    for code in CODES.values():
        lines += [f"## {code.id} {code.title}", "", code.reason, ""]
        for title, text in (("Wrong", code.bad), ("Right", code.good)):
            language = "yaml" if code.language == "yaml" else "text"
            lines += [f"{title}:", f"```{language}", text.rstrip("\n"), "```", ""]
    return _page(lines)


def yaml() -> str:
    """Every kind of document with its keys, from the dataclasses that read them."""
    lines = _head("YAML reference", "Every kind of document and the keys it takes.")
    made = schemas()
    lines += ["| kind | file or folder | |", "|---|---|---|"]
    for kind in KINDS.values():
        text = _first_line(kind.body.__doc__)
        lines.append(f"| [`{kind.name}`](#{kind.name}) | `{kind.place}` | {text} |")
    lines.append("")
    parts: dict[str, Mapping[str, Any]] = {}
    for name, schema in made.items():
        lines += [f"## {name}", "", str(schema.get("description", "")), ""]
        lines += _keys(schema)
        parts |= _dict(schema.get("$defs"))
    lines += ["# Parts", ""]
    for name in sorted(parts):
        lines += [f"## {name}", "", str(parts[name].get("description", "")), ""]
        lines += _keys(parts[name])
    lines += ["# Icons", "", "The names that `icon` may have.", ""]
    lines += [" ".join(f"`{name}`" for name in sorted(icon_names())), ""]
    return _page(lines)


def _keys(schema: Mapping[str, Any]) -> list[str]:
    properties = _dict(schema.get("properties"))
    required = set(schema.get("required", ()))
    lines = ["| key | takes | |", "|---|---|---|"]
    for name, described in properties.items():
        need = "required. " if name in required else ""
        text = str(described.get("description", "")).replace("|", "\\|")
        shown = _takes(described).replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {need}{text} |")
    return [*lines, ""]


def _takes(schema: Mapping[str, Any]) -> str:
    """The shape of a value in words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_takes(one) for one in schema[key]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_takes(_dict(schema.get('items')))}"
    inner = schema.get("additionalProperties")
    if kind == "object" and isinstance(inner, Mapping):
        return f"map of {_takes(inner)}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def field_types() -> str:
    """Every field type with its own keys, operators and shape in the API."""
    catalog = builtin_catalog()
    lines = _head("Field types", "What `type:` may be, and the keys of each.")
    general = ", ".join(f"`{key}`" for key in sorted(GENERAL_KEYS))
    lines += [f"All of them take: {general}.", ""]
    for name in catalog.names():
        kind = catalog[name]
        lines += [f"## {name}", "", _first_paragraph(kind.__doc__), ""]
        facts = {
            "own keys": kind.keys,
            "required keys": kind.required_keys,
            "filters": kind.operators,
        }
        for label, values in facts.items():
            if values:
                shown = ", ".join(f"`{value}`" for value in _ordered(values))
                lines.append(f"- {label}: {shown}")
        lines.append("")
    return _page(lines)


def functions() -> str:
    """The functions of the expression language with their signatures."""
    intro = (
        "What may be called in an expression. In the browser: conditions and formulas "
        "of a form that call nothing else are shown at once, without asking the server."
    )
    lines = _head("Functions", intro)
    lines += ["| function | gives | in filters | in the browser |", "|---|---|---|---|"]
    for function in sorted(language_catalogue(), key=lambda one: one.name):
        in_sql = "yes" if function.postgres is not None else "no"
        result = "see arguments" if callable(function.result) else str(function.result)
        browser = "yes" if function.name in BROWSER_FUNCTIONS else "no"
        row = f"| `{_signature(function)}` | {result} | {in_sql} | {browser} |"
        lines.append(row)
    own = ", ".join(f"`{name}`" for name in sorted({*special_names(), *AGGREGATES}))
    lines += ["", "These take values of several types, records or lists:", "", own]
    return _page(lines)


def _signature(function: Function) -> str:
    shown = [
        f"{p.name}={p.default!r}" if p.optional else p.name for p in function.params
    ]
    return f"{function.name}({', '.join(shown)})"


def commands() -> str:
    """Every command of the command line with its options."""
    lines = _head("Commands", "`cli.py COMMAND`; each takes `--help`.")
    for name in COMMANDS:
        context = click.Context(group, info_name="cli.py", terminal_width=80)
        command = group.get_command(context, name)
        if command is not None:
            lines += _command(command, _inner(command, context, name))
    lines += ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in EXITS.items()]
    return _page([*lines, ""])


def _command(command: click.Command, context: click.Context) -> list[str]:
    lines = [f"## {context.command_path}", "", "```text"]
    lines += [command.get_help(context), "```", ""]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                lines += _command(inner, _inner(inner, context, name))
    return lines


def _inner(command: click.Command, parent: click.Context, name: str) -> click.Context:
    """The context of a command; the width does not depend on the terminal."""
    return click.Context(command, parent, name, terminal_width=80)


def hooks() -> str:
    """The hooks that a module with Python may implement."""
    lines = _head("Hooks", "What `plugin.py` of a module with `python: true` may add.")
    for name, function in inspect.getmembers(HookSpecs, inspect.isfunction):
        if name.startswith("_"):
            continue
        shown = str(inspect.signature(function)).replace("self, ", "")
        lines += [f"## {name}", "", f"`{name}{shown}`", ""]
        lines += [inspect.cleandoc(function.__doc__ or ""), ""]
    return _page(lines)


def _head(title: str, text: str) -> list[str]:
    return [f"# {title}", "", text, "", _MADE, ""]


def _page(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"


def _ordered(values: Any) -> Iterator[str]:
    yield from sorted(values) if isinstance(values, frozenset) else values


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first_line(text: str | None) -> str:
    return inspect.cleandoc(text or "").partition("\n")[0]


def _first_paragraph(text: str | None) -> str:
    return inspect.cleandoc(text or "").partition("\n\n")[0].replace("\n", " ")


REFERENCES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "errors": errors,
        "yaml": yaml,
        "field-types": field_types,
        "functions": functions,
        "commands": commands,
        "hooks": hooks,
    }
)

__all__ = ["REFERENCES"]
