"""The interface's own words in the reader's language.

Templates call it as `_`, pages as `say`. English is the key; `words/<language>.yml` has
the other languages. What modules show is translated by the registry instead.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from flask import Flask, g, has_request_context
from flask_babel import get_locale

from core.diagnostics import Diagnostics
from core.source import load_file, plain_data

FOLDER = Path(__file__).parent / "words"


@lru_cache(maxsize=32)
def catalogue(language: str) -> Mapping[str, str]:
    """The texts of a language by their English form; empty for English."""
    path = FOLDER / f"{language}.yml"
    if not path.is_file():
        return MappingProxyType({})
    found = Diagnostics()
    nodes = load_file(path, found, path.name)
    if found.has_errors or not nodes:
        raise ValueError(f"{path.name} cannot be read: {found.sorted()[:1]}")
    data = plain_data(nodes[0])
    assert isinstance(data, dict)
    return MappingProxyType({str(key): str(text) for key, text in data.items()})


def language() -> str:
    """The language of this request, without its region."""
    if not has_request_context():
        return "en"
    if "language" not in g:
        g.language = str(get_locale() or "en").partition("_")[0]
    return str(g.language)


def say(text: str, **facts: object) -> str:
    """The text in the reader's language; `{name}` is filled from the facts."""
    shown = catalogue(language()).get(text, text)
    return shown.format(**facts) if facts else shown


def say_in(language: str, text: str, **facts: object) -> str:
    """The text in this language, for mails and other places without a reader."""
    shown = catalogue(language.partition("-")[0]).get(text, text)
    return shown.format(**facts) if facts else shown


def say_count(
    number: int, one: str, many: str, written: str = "", **facts: object
) -> str:
    """The singular for 1, else the plural; `{number}` stands for the number.

    written: the number as it is to be shown, for instance with groups of digits.
    """
    return say(one if number == 1 else many, number=written or number, **facts)


def script_words() -> dict[str, str]:
    """What scripts say, by its English form; empty for English."""
    return dict(catalogue(f"{language()}.script"))


def said_again(message: str) -> str:
    """What the services said in English, in the reader's language."""
    from core.web.retelling import retold

    return retold(message, language())


def install_wording(app: Flask) -> None:
    """Let templates and their macros speak the reader's language."""
    app.jinja_env.globals.update(_=say, say_count=say_count, script_words=script_words)
    app.jinja_env.globals.update(said_again=said_again)
