"""A new password by mail for who forgot the old one.

The address that is typed is looked up after the answer was given, so that answer and
time are the same whether anybody has it. A link is signed, good for an hour, and void
once the password, the address or the user's access changed.
"""

import hashlib
import logging
import threading

from itsdangerous import BadData, URLSafeTimedSerializer

from core.services.mail import MailFailed, compose, send
from core.storage.engine import Database
from core.storage.errors import StorageError
from core.web.accounts import Account, find_account, load_account
from core.web.entrance.journal import Event, note
from core.web.entrance.kept_sessions import Visitor
from core.web.settings import WebSettings, derive_key
from core.web.sign_in import count_try, limit_of
from core.web.wording import say_in

_LOG = logging.getLogger("intarsia.web")
GOOD_SECONDS = 3600
#: Mails for one name and from one address before there is a pause.
FREE_MAILS_NAME = 3
FREE_MAILS_ADDRESS = 10
#: Behind this host nobody gets mail; it stands where no address was given.
_INVENTED = "@users.invalid"


def ask(
    database: Database, settings: WebSettings, login: str, visitor: Visitor
) -> threading.Thread:
    """Send a link to whose name or address this is, if anybody's; answers at once."""
    work = threading.Thread(
        target=_work, args=(database, settings, login, visitor), daemon=True
    )
    work.start()
    return work


def _work(
    database: Database, settings: WebSettings, login: str, visitor: Visitor
) -> None:
    try:
        limits = (
            limit_of("mail", login.strip().lower(), FREE_MAILS_NAME),
            limit_of("mails", visitor.address, FREE_MAILS_ADDRESS),
        )
        if count_try(database, limits).pause:
            return
        account = find_account(database, login)
        if account is None or not account.active or not _has_mail(account):
            user = account.id if account is not None else None
            reason = "unknown" if account is None else "inactive"
            note(database, Event("reset_asked", user, "reset", reason), visitor)
            return
        note(database, Event("reset_asked", account.id, "reset"), visitor)
        _send(database, settings, account, visitor)
    except StorageError as error:
        _LOG.warning("a link for a new password was not made: %s", error)


def _send(
    database: Database, settings: WebSettings, account: Account, visitor: Visitor
) -> None:
    assert settings.mail is not None
    link = f"{settings.public_url}/login/new-password/{make_link(settings, account)}"
    language, company = account.language, settings.company
    text = say_in(
        language,
        "Hello {name},\n\nwith this link you choose a new password for {company}; it "
        "is good for one hour and opens once:\n\n{link}\n\nYour user name is {login}. "
        "If you did not ask for this, do nothing: your password stays as it is.\n",
        name=account.display_name,
        company=company,
        link=link,
        login=account.username,
    )
    subject = say_in(language, "A new password for {company}", company=company)
    try:
        send(settings.mail, compose(settings.mail, account.email, subject, text))
    except (MailFailed, ValueError) as error:
        _LOG.warning("a link for a new password was not sent: %s", error)
        note(database, Event("mail_failed", account.id, "reset"), visitor)


def make_link(settings: WebSettings, account: Account) -> str:
    """The signed text of a link for this account."""
    serializer = _serializer(settings)
    return str(serializer.dumps([account.id, account.stamp, _mark(account)]))


def read_link(database: Database, settings: WebSettings, text: str) -> Account | None:
    """The account that a link is good for now, or None."""
    try:
        user_id, stamp, mark = _serializer(settings).loads(text, max_age=GOOD_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    account = load_account(database, user_id)
    if account is None or not account.active:
        return None
    return account if [account.stamp, _mark(account)] == [stamp, mark] else None


def _serializer(settings: WebSettings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(derive_key(settings.secret_key, "reset"))


def _has_mail(account: Account) -> bool:
    return not account.email.endswith(_INVENTED)


def _mark(account: Account) -> str:
    return hashlib.sha256(account.email.lower().encode()).hexdigest()[:12]
