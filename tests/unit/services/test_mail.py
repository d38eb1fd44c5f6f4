"""Mails to a real SMTP server: plain, with STARTTLS and a password, and refused."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.config import MailConfig
from core.services.mail import MailFailed, compose, send
from tests.unit.services.mail_server import free_port, mail_server


def settings(port, **more):
    given = {"host": "127.0.0.1", "port": port, "security": "plain"}
    return MailConfig(**given | {"sender": "Intarsia <no-reply@erp.example>"} | more)


def test_a_mail_arrives_as_it_was_written():
    with mail_server() as (port, inbox):
        config = settings(port)
        text = "Grüße aus Köln\n.\nmit einem Punkt allein"
        send(config, compose(config, "mara@brindlemoor.example", "Für Sie ✓", text))
        (mail,) = inbox
    assert mail["To"] == "mara@brindlemoor.example"
    assert mail["From"] == "Intarsia <no-reply@erp.example>"
    assert mail["Subject"] == "Für Sie ✓"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@erp.example>")
    assert mail.get_content().strip().splitlines() == text.splitlines()


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("mara@x.example\r\nBcc: eve@evil.example", "Hello"),
        ("mara@x.example", "Hello\r\nBcc: eve@evil.example"),
        ("mara@x.example", "Hello\n\nAnother body"),
    ],
)
def test_a_header_cannot_be_smuggled_in(to, subject):
    with pytest.raises(ValueError, match=r"linefeed|newline|carriage"):
        compose(settings(25), to, subject, "text")


def test_a_server_that_is_not_there_is_a_failure_without_the_password():
    config = settings(free_port(), user="mara", password="seven green bottles")
    with pytest.raises(MailFailed) as failed:
        send(config, compose(config, "mara@x.example", "Hello", "text"))
    assert "127.0.0.1" in str(failed.value)
    assert "seven" not in str(failed.value) + repr(config)


def test_a_server_that_refuses_the_receiver_is_a_failure():
    with mail_server(refuses="nobody@x.example") as (port, inbox):
        config = settings(port)
        with pytest.raises(MailFailed):
            send(config, compose(config, "nobody@x.example", "Hello", "text"))
    assert inbox == []


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody but its own file vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now, address = datetime.now(UTC), ipaddress.ip_address("127.0.0.1")
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(address)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Secured:
    """A server that takes mail over STARTTLS from who knows the password."""

    def __init__(self, certificate):
        self.inbox = []
        self.tried = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.port = free_port()
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self.check,
        )

    def check(self, server, session, envelope, mechanism, data):
        self.tried.append((data.login, data.password))
        right = data.password == b"seven green bottles"
        # What is not handled here the server answers itself.
        return AuthResult(success=right, handled=False)

    async def handle_DATA(self, server, session, envelope):
        self.inbox.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def secured(certificate):
    server = Secured(certificate)
    server.controller.start()
    yield server
    server.controller.stop()


def test_starttls_and_password(secured, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    login = {"security": "starttls", "user": "mara", "password": "seven green bottles"}
    config = settings(secured.port, **login)
    send(config, compose(config, "mara@x.example", "Hello", "text"))
    assert [mail["Subject"] for mail in secured.inbox] == ["Hello"]
    wrong = settings(secured.port, **login | {"password": "wrong"})
    with pytest.raises(MailFailed) as failed:
        send(wrong, compose(wrong, "mara@x.example", "Hello", "text"))
    assert "535" in str(failed.value)
    assert "wrong" not in str(failed.value)


def test_a_server_that_nobody_vouches_for_gets_no_password(secured):
    config = settings(
        secured.port, security="starttls", user="mara", password="seven green bottles"
    )
    with pytest.raises(MailFailed, match=r"(?i)certificate"):
        send(config, compose(config, "mara@x.example", "Hello", "text"))
    assert secured.tried == []
