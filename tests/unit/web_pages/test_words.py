"""No half-translated screens: every text of pages and templates has its German."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import core.web
from core.services import reasons
from core.web.entrance.journal import ACTS, REASONS, WAYS
from core.web.pages.chips import OPERATORS
from core.web.pages.history import ACTIONS
from core.web.pages.labels import STAMPS
from core.web.pages.periods import PERIODS
from core.web.pages.problem_texts import FILE_REFUSALS
from core.web.pages.view_choice import KINDS
from core.web.problems import PROBLEMS
from core.web.wording import catalogue

WEB = Path(core.web.__file__).parent
_TEMPLATE = re.compile(r"""(?<![\w.])_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_COUNTS = re.compile(r'''say_count\([^"\n]*"([^"]+)", "([^"]+)"''')
_SCRIPT = re.compile(r"""\bsay\("((?:[^"\\]|\\.)*)"|registerKey\("[^"]+", "([^"]+)\"""")


def written() -> Iterator[str]:
    for path in WEB.rglob("templates/**/*.html"):
        for found in _TEMPLATE.finditer(path.read_text("utf-8")):
            yield ast.literal_eval(found[1])
        for found in _COUNTS.finditer(path.read_text("utf-8")):
            yield from found.groups()
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "say_in",
                "say",
                "say_count",
            ):
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        yield str(argument.value)
    yield from OPERATORS.values()
    yield from FILE_REFUSALS.values()
    for named in (ACTS, WAYS, REASONS):
        yield from named.values()
    yield from (word for _, word in KINDS.values())
    yield from (words for words, _, _ in PERIODS.values())
    yield from (words for words, _, _ in ACTIONS.values())
    yield from (label for _, label in STAMPS)
    for problem in PROBLEMS.values():
        yield from (problem.what, problem.why, problem.mend)


def sentences() -> Iterator[str]:
    """What services word for readers: reasons of rights, conditions and buttons."""
    for path in (WEB.parent / "services").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        if not any(
            isinstance(node, ast.Name) and node.id == "sentence"
            for node in ast.walk(tree)
        ):
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "sentence"
            ):
                yield from _texts(node.args[0])
            if isinstance(node, ast.Assign) and _named(node, "text", "texts"):
                yield from _texts(node.value)
    for pair in reasons._HOLDS.values():
        yield from pair
    yield from reasons._NAMES.values()
    yield from reasons._STAMPS.values()


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value)


def _named(node: ast.Assign, *names: str) -> bool:
    return any(isinstance(t, ast.Name) and t.id in names for t in node.targets)


def test_every_sentence_of_the_services_has_its_german():
    german = catalogue("de")
    found = set(sentences())
    assert len(found) > 30
    assert sorted(text for text in found if text not in german) == []


def test_every_text_has_its_german():
    german = catalogue("de")
    assert sorted({text for text in written() if text not in german}) == []


def test_every_text_of_scripts_has_its_german():
    german = catalogue("de.script")
    missing = {
        found[1] or found[2]
        for path in (WEB / "static" / "js").glob("*.js")
        for found in _SCRIPT.finditer(path.read_text("utf-8"))
        if (found[1] or found[2]) not in german
    }
    assert missing == set()


def test_gaps_are_the_same_in_both_languages():
    for english, german in catalogue("de").items():
        gaps = [set(re.findall(r"{\w+}", text)) for text in (english, german)]
        assert gaps[0] == gaps[1]
