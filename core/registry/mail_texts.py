"""The texts of a mail in every language: written, translated, or in files beside it.

Called by core.registry.check_mails; the checked texts stand under `mail <id>/subject`
and `mail <id>/body`, those of another language with `@<language>` at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.definitions import MailDef, PluralText, TranslationsDef
from core.diagnostics import Span, did_you_mean
from core.expressions.slots import MESSAGE
from core.frozen import frozen
from core.registry.checker import Checker
from core.registry.module_source import ModuleSource
from core.source import FilledText

#: Characters of a file with the body of a mail.
LONGEST_FILE = 100_000
FOLDER = "mails"


@frozen
class FileText(FilledText):
    """A filled text that is a whole file."""

    def at(self, start: int, length: int = 1) -> Span:
        """The place of a part of the file."""
        before = self.text[:start]
        line = before.count("\n") + 1
        column = start - (before.rfind("\n") + 1) + 1
        return Span(self.span.file, line, column, line, column + length)


def check_texts(checker: Checker, mail: MailDef, module: ModuleSource | None) -> None:
    """Check subject and body in every language they are written in."""
    at = f"mail {mail.id}"
    checker.text(mail.subject, f"{at}/subject", mail.entity, MESSAGE)
    checker.text(mail.body, f"{at}/body", mail.entity, MESSAGE)
    given = [key for key in ("body", "body_file") if mail.gave(key)]
    if len(given) != 1:
        code = "E208" if given else "E204"
        text = "a mail has exactly one of: body, body_file"
        checker.diagnostics.error(code, text, mail.span)
    if mail.body_file is not None:
        _check_files(checker, mail, module)
    for key in ("subject", "body"):
        check_translated(checker, f"{at}/{key}", mail.entity)


def check_translated(checker: Checker, address: str, entity: str) -> None:
    """Check a filled text of a record in the other languages it is written in."""
    for document in checker.documents.of("translations", TranslationsDef).values():
        found = document.texts.get(address)
        if found is None or isinstance(found, PluralText):
            continue
        text = FilledText(found, document.texts.key_span(address))
        checker.text(text, f"{address}@{document.language}", entity, MESSAGE)


def _check_files(checker: Checker, mail: MailDef, module: ModuleSource | None) -> None:
    name, span = mail.body_file or "", mail.at("body_file")
    files = {} if module is None else dict(_files(module.folder / FOLDER))
    if name not in files:
        text = f"there is no file '{FOLDER}/{name}' in the module"
        help_ = did_you_mean(name, files)
        checker.diagnostics.error("E301", text, span, help=help_)
        return
    assert module is not None
    stem, _, ending = name.rpartition(".")
    for file, path in files.items():
        middle = file.removeprefix(f"{stem}.").removesuffix(f".{ending}")
        own = file == name
        if not own and file != f"{stem}.{middle}.{ending}":
            continue
        text_ = _read(checker, path, f"{module.shown_as}/{FOLDER}/{file}", span)
        if text_ is not None:
            place = f"mail {mail.id}/body" + ("" if own else f"@{middle}")
            checker.text(text_, place, mail.entity, MESSAGE)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files that can be bodies: those directly in the folder, by their names."""
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.suffix not in (".yml", ".yaml"):
                yield path.name, path


def _read(checker: Checker, path: Path, shown: str, span: Span) -> FileText | None:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeError):
        said = f"'{shown}' cannot be read as a text in UTF-8"
        checker.diagnostics.error("E106", said, span)
        return None
    if len(text) > LONGEST_FILE:
        said = f"'{shown}' has more than {LONGEST_FILE:,} characters"
        checker.diagnostics.error("E104", said, span)
        return None
    return FileText(text, Span(shown, 1, 1, 1, 2))
