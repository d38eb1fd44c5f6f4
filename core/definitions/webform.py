"""`webform:` a page on which strangers make a record, under its own address.

Read by core.registry.check_webforms; shown by core.web.pages.webform_page.
"""

from __future__ import annotations

from dataclasses import field

from core.definitions.effect import EffectDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Filled,
    Id,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    Part,
    Text,
    Values,
)


@frozen(kw_only=True)
class ConsentDef(Part):
    """What has to be agreed to: `text` is shown, and kept in the field `source`.

    `field` is a yes/no, a date or a moment; it tells that it was agreed to, and when.
    """

    field: Name
    source: Name
    text: Text


@frozen(kw_only=True)
class SpamDef(Part):
    """What keeps machines away.

    `honeypot` is an input that people do not see. A form that comes back sooner than
    after `seconds` is shown again. `throttle` forms may come from one address in an
    hour before there is a pause.
    """

    honeypot: Name = "homepage"
    seconds: Int = 3
    throttle: Int = 20


@frozen(kw_only=True)
class FormFilesDef(Part):
    """How many files may come along, and how large each may be."""

    most: Int = 3
    size: Text = "5 MB"


@frozen(kw_only=True)
class DoneDef(Part):
    """What is said afterwards about the new record, or the page that follows."""

    say: Filled | None = None
    url: Text | None = None


@frozen(kw_only=True)
class WebformDef(Described):
    """Makes a record of `entity` of the listed `fields`; nothing else is taken.

    `set` gives values that are not asked. `hidden` are text fields that the address
    fills: `?utm_source=x` goes into `utm_source`, a field `utm` takes all that begin
    with `utm_`. `login` lets only people with an account in. `embed` are the sites that
    may show the form in a frame. `assignment` gives the new record to
    somebody, then `do` are effects on it.
    """

    entity: Id
    fields: Names
    set: Values = field(default_factory=Map)
    hidden: Names = ()  # type: ignore[assignment]
    login: Bool = False
    embed: ListOf[Text] = ()
    consent: ConsentDef | None = None
    spam: SpamDef | None = None
    files: FormFilesDef | None = None
    assignment: Id | None = None
    do: ListOf[EffectDef] = ()
    done: DoneDef | None = None
    enabled: Bool = True
