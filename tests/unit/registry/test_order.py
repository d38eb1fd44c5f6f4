"""Modules stand behind what they need; what cannot work is left out, said once."""

from pathlib import Path

from core.diagnostics import Diagnostics
from core.registry import discover, order
from tests.unit.registry.making import write_modules


def ordered(
    folder: Path, manifests: dict[str, str], wanted: list[str] | None = None
) -> tuple[list[str], list[str]]:
    """Names in order and codes reported, for module -> more lines of its manifest."""
    text = "".join(
        f"== {name}/module.yml\nmodule: {name}\ntitle: T\nversion: 1.2.0\n{lines}\n"
        for name, lines in manifests.items()
    )
    write_modules(folder, text)
    found = Diagnostics()
    modules = discover([folder], found, entry_points=False)
    names = [module.name for module in order(modules, wanted, found)]
    return names, [item.code for item in found]


def test_dependencies_first_else_by_name(tmp_path):
    names, codes = ordered(
        tmp_path,
        {"alpha": "depends: {zeta: '>=1'}", "beta": "", "zeta": "depends: {beta: ''}"},
    )
    assert names == ["beta", "zeta", "alpha"]
    assert codes == []


def test_what_a_wanted_module_needs_comes_along(tmp_path):
    manifests = {"alpha": "depends: {zeta: '*'}", "beta": "", "zeta": ""}
    assert ordered(tmp_path, manifests, ["alpha"]) == (["zeta", "alpha"], [])


def test_glue_turns_itself_on_when_both_sides_are_on(tmp_path):
    manifests = {
        "left": "",
        "right": "",
        "left_right": "depends: {left: '>=1', right: '>=1'}\nauto: true",
        "over": "depends: {left_right: '>=1'}\nauto: true",
    }
    assert ordered(tmp_path, manifests, ["left"])[0] == ["left"]
    names = ordered(tmp_path, manifests, ["left", "right"])[0]
    assert names == ["left", "right", "left_right", "over"]


def test_an_optional_module_comes_first_when_it_is_on(tmp_path):
    manifests = {"alpha": "optional: {zeta: '>=1'}", "zeta": ""}
    assert ordered(tmp_path, manifests, ["alpha"])[0] == ["alpha"]
    assert ordered(tmp_path, manifests, ["alpha", "zeta"])[0] == ["zeta", "alpha"]


def test_what_depends_on_a_missing_module_is_left_out_once(tmp_path):
    manifests = {
        "one": "depends: {gone: '>=1'}",
        "two": "depends: {one: '>=1'}",
        "three": "depends: {gone: '>=1'}",
        "four": "",
    }
    assert ordered(tmp_path, manifests) == (["four"], ["E308"])


def test_versions_must_fit(tmp_path):
    manifests = {
        "aged": "",
        "user": "depends: {aged: '>=2'}",
        "wide": "depends: {aged: 'newest'}",
        "core_user": "requires_core: '>=99'",
    }
    assert ordered(tmp_path, manifests) == (["aged"], ["E308", "E308", "E213"])


def test_a_circle_leaves_the_rest_working(tmp_path):
    manifests = {
        "one": "depends: {two: '>=1'}",
        "two": "depends: {three: '>=1'}",
        "three": "depends: {one: '>=1'}",
        "user": "depends: {one: '>=1'}",
        "free": "",
    }
    assert ordered(tmp_path, manifests) == (["free"], ["E306"])


def test_two_circles_are_two_reports(tmp_path):
    manifests = {
        "one": "depends: {two: '>=1'}",
        "two": "depends: {one: '>=1'}",
        "three": "depends: {four: '>=1'}",
        "four": "depends: {three: '>=1'}",
    }
    assert ordered(tmp_path, manifests) == ([], ["E306", "E306"])


def test_a_wanted_module_that_is_not_installed(tmp_path):
    assert ordered(tmp_path, {"sales": ""}, ["sale"]) == ([], ["E301"])
