"""The catalogue: complete, immutable, each entry with its examples."""

import re

import pytest

from core.diagnostics import CODES, Diagnostics, code_named
from core.source import load_text

OF_THE_GRAMMAR = (
    *range(101, 106),
    *range(201, 209),
    *range(301, 308),
    *range(401, 420),
)


def test_every_code_of_the_grammar_is_there():
    wanted = {f"E{number}" for number in OF_THE_GRAMMAR} | {"W420", "W421", "W422"}
    assert wanted <= set(CODES)


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.id)
def test_each_code_says_why_and_how(code):
    assert re.fullmatch(r"[EW][1-6]\d\d", code.id)
    assert code.severity == ("warning" if code.id[0] == "W" else "error")
    assert code.title
    assert code.reason.endswith(".")
    assert code.bad != code.good
    assert code is code_named(code.id)


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.id)
def test_good_examples_in_yaml_can_be_read(code):
    found = Diagnostics()
    if code.language == "yaml":
        load_text(code.good, "good.yml", found)
    assert [diagnostic.message for diagnostic in found] == []


@pytest.mark.parametrize(
    "code", [c for i, c in CODES.items() if i < "E106"], ids=lambda code: code.id
)
def test_bad_examples_of_the_loader_show_their_code(code):
    found = Diagnostics()
    load_text(code.bad, "bad.yml", found)
    assert code.id in {diagnostic.code for diagnostic in found}


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        CODES["E999"] = code_named("E101")
