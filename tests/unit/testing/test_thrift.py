"""What is spared in tests: the same answers come of it, only sooner."""

import pytest
from jinja2 import DictLoader, Environment, TemplateSyntaxError

from core.testing.thrift import known_templates
from core.web import passwords


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are really compiled, in order."""
    seen: list[str] = []
    parse = Environment._parse

    def noted(self: Environment, source: str, *rest: object) -> object:
        seen.append(source)
        return parse(self, source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Environment, "_parse", noted)
    return seen


def shown(text: str, **options: object) -> str:
    loader = DictLoader({"one.html": text})
    made = Environment(loader=loader, **options)  # type: ignore[arg-type]
    return made.get_template("one.html").render(x="<")


def test_a_template_is_compiled_once_for_all_sites(compiled: list[str]) -> None:
    with known_templates():
        assert [shown("a {{ x }}") for _ in range(3)] == ["a <"] * 3
    assert len(compiled) == 1


def test_another_text_or_manner_is_another_template(compiled: list[str]) -> None:
    text = "{% if x %}\n{{ x }}{% endif %}"
    with known_templates():
        assert shown(text) == "\n<"
        assert shown(text, trim_blocks=True) == "<"
        assert shown(text, autoescape=True) == "\n&lt;"
        assert shown(text, autoescape=lambda name: name == "one.html") == "\n&lt;"
        assert shown(f"{text}!") == "\n<!"
    assert len(compiled) == 4


def test_a_broken_template_stays_broken() -> None:
    with known_templates():
        for _ in range(2):
            with pytest.raises(TemplateSyntaxError):
                shown("{% if %}")


def test_hashes_of_tests_are_cheap_and_fit_one_password_only() -> None:
    stored = passwords.hash_password("seven green bottles")
    assert "$m=8,t=1,p=1$" in stored
    assert passwords.matches(stored, "seven green bottles")
    assert not passwords.matches(stored, "seven green bottle")
    assert not passwords.needs_renewal(stored)
