"""Checks web forms: fields that strangers can fill, values, effects, sites.

Called by core.registry.build; the checked expressions stand under `webform <id>/...`.
"""

from __future__ import annotations

import re

from core.definitions import AssignmentDef, EntityDef, WebformDef
from core.diagnostics import Span
from core.expressions.slots import MESSAGE, VALUE
from core.fieldtypes.files import read_size
from core.fieldtypes.spec import FieldDef
from core.registry.check_effects import EffectChecker
from core.registry.check_values import check_assignments
from core.registry.checker import Checker
from core.registry.mail_texts import check_translated
from core.registry.missing_fields import check_filled
from core.registry.paths import check_name

#: What a page without scripts and without an account can ask.
FILLABLE = (
    "text",
    "longtext",
    "email",
    "phone",
    "url",
    "choice",
    "multichoice",
    "boolean",
    "integer",
    "decimal",
    "date",
    "datetime",
    "time",
    "link",
)
_AGREED = ("boolean", "date", "datetime")
_TEXTS = ("text", "longtext")
_SITE = re.compile(
    r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127[.]0[.]0[.]1)(:[0-9]{1,5})?"
)
_TARGET = re.compile(r"https://[^\s<>\"']+|/[^/\s<>\"'][^\s<>\"']*")


def check_webforms(checker: Checker) -> None:
    """Check all web forms; those of no entity are taken out."""
    forms = checker.documents.of("webform", WebformDef)
    entities = checker.documents.entities
    for id_, form in list(forms.items()):
        module = id_.partition(".")[0]
        if not checker.dependencies.check(
            module, "entity", form.entity, entities, form.at("entity")
        ):
            del forms[id_]
            continue
        entity = entities[form.entity]
        _check_fields(checker, form, entity)
        _check_consent(checker, form, entity)
        _check_rest(checker, form, entity)
        at = f"webform {id_}"
        check_assignments(checker, form.set, entity.id, f"{at}/set", None, {}, VALUE)
        EffectChecker(checker, module, entity.id).check(form.do, f"{at}/do", {})
        _check_assignment(checker, module, form)
        if form.done is not None:
            say = form.done.say
            checker.text(say, f"{at}/done/say", entity.id, MESSAGE)
            check_translated(checker, f"{at}/done/say", entity.id)


def _check_fields(checker: Checker, form: WebformDef, entity: EntityDef) -> None:
    span = form.at("fields")
    for name in form.fields:
        _check_field(checker, entity, name, FILLABLE, "no field of a web form", span)
    for name in form.hidden:
        what = "a text that an address can fill"
        _check_field(checker, entity, name, _TEXTS, what, form.at("hidden"))
    known = {*form.fields, *form.set, *form.hidden}
    if form.consent is not None:
        known |= {form.consent.field, form.consent.source}
    check_filled(checker, entity, known, span, "fields' or 'set")


def _check_field(
    checker: Checker,
    entity: EntityDef,
    name: str,
    types: tuple[str, ...],
    what: str,
    span: Span,
) -> None:
    if check_name(checker, entity.id, name, span) is None:
        return
    field = entity.fields.get(name)
    if field is None or field.type not in types:
        wrong = what if what.startswith("no") else f"not {what}"
        text = f"'{name}' is {wrong}"
        help_ = f"these types can be: {', '.join(types)}"
        checker.diagnostics.error("E419", text, span, help=help_)
    elif field.type == "link" and field.where is None:
        text = f"'{name}' would show strangers every record that there is"
        help_ = "say with 'where' at the field which ones are offered"
        checker.diagnostics.error("E419", text, span, help=help_)
    elif field.formula is not None or field.sensitive or _closed(field, what):
        text = f"'{name}' cannot be filled by strangers"
        checker.diagnostics.error("E419", text, span)


def _check_assignment(checker: Checker, module: str, form: WebformDef) -> None:
    known, id_ = checker.documents.of("assignment", AssignmentDef), form.assignment
    if id_ is None:
        return
    span = form.at("assignment")
    if not checker.dependencies.check(module, "assignment", id_, known, span):
        return
    if known[id_].entity != form.entity:
        text = f"the assignment is of {known[id_].entity}, the form of {form.entity}"
        checker.diagnostics.error("E419", text, span)


def _closed(field: FieldDef, what: str) -> bool:
    """Whether nobody may fill the field; the words agreed to are kept all the same."""
    return field.readonly is True and what.startswith("no")


def _check_consent(checker: Checker, form: WebformDef, entity: EntityDef) -> None:
    consent = form.consent
    if consent is None:
        return
    for key, types in (("field", _AGREED), ("source", _TEXTS)):
        what = "a field for a consent"
        name, span = getattr(consent, key), consent.at(key)
        _check_field(checker, entity, name, types, what, span)


def _check_rest(checker: Checker, form: WebformDef, entity: EntityDef) -> None:
    wrong: list[tuple[str, Span]] = []
    for site in form.embed:
        if not _SITE.fullmatch(site):
            text = f"'{site}' is no site; write it like https://www.example.com"
            wrong.append((text, form.at("embed")))
    if form.spam is not None:
        spam = form.spam
        if spam.honeypot in entity.fields:
            text = f"'{spam.honeypot}' is a field; a honeypot is none"
            wrong.append((text, spam.at("honeypot")))
        if not 0 <= spam.seconds <= 60:
            wrong.append(("'seconds' is from 0 to 60", spam.at("seconds")))
        if not 1 <= spam.throttle <= 10_000:
            wrong.append(("'throttle' is from 1 to 10,000", spam.at("throttle")))
    if form.files is not None:
        files = form.files
        if not entity.timeline:
            text = "files hang on the timeline, and there is none here"
            wrong.append((text, files.span))
        if not 1 <= files.most <= 10:
            wrong.append(("'most' is from 1 to 10", files.at("most")))
        if read_size(files.size) is None:
            text = f"'{files.size}' is no size; write it like 5 MB"
            wrong.append((text, files.at("size")))
    done = form.done
    if done is not None and done.url is not None and not _TARGET.fullmatch(done.url):
        text = f"'{done.url}' is no address; write https://... or /..."
        wrong.append((text, done.at("url")))
    for text, span in wrong:
        checker.diagnostics.error("E205", text, span)
