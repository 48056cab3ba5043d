"""The operator and the partner's contact are told once, by mail or message service, also when those fail."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gateway_bank import Hours, parts_of
from gateway_city import City
from gateway_post import MailServer, mail_server, message_service
from pydantic import ValidationError

from gateway.partner.domain import Contact
from gateway.partner.schemas import ContactBody
from gateway.parts import Parts
from gateway.settings import Settings
from gateway.webhook.domain import Call
from lib_kernel import SystemClock

CONTACT = Contact("陈经理", "13800000000", "ops@bank.example")
CALL = Call(1, 1, "b-1", b"{}", "e-1", "booking.appointment.booked.v1", SystemClock().now())


def by_mail(server: MailServer, tmp_path: Path, **more: Any) -> dict[str, Any]:
    (tmp_path / "password").write_text(f"{server.password}\n")
    return {
        "notice_connector": "smtp",
        "notice_operator": "duty@city.example",
        "notice_from": "platform@city.example",
        "notice_smtp_host": "127.0.0.1",
        "notice_smtp_port": server.port,
        "notice_smtp_security": "none",
        "notice_user": "platform",
        "notice_password_file": tmp_path / "password",
        **more,
    }


async def desk(city: City, clock: Hours, **settings: Any) -> Parts:
    """Return parts with these settings, and a partner with a contact."""
    await city.parts.partners.change(
        "psbc", lambda partner: replace(partner, contact=CONTACT), action="x", by="t"
    )
    city.settings = city.settings.model_copy(update=settings)
    return parts_of(city, clock)


async def give_up(parts: Parts, times: int = 1) -> None:
    partner, _ = await parts.partners.get("psbc")
    for _ in range(times):
        await parts.notices.given_up(partner, CALL, "HTTP 500")


async def test_operator_and_contact_get_one_mail_a_day(city: City, tmp_path: Path) -> None:
    clock = Hours()
    async with mail_server() as server:
        parts = await desk(city, clock, **by_mail(server, tmp_path))
        await give_up(parts, 3)
        await parts.notices.tell_pending()
        assert [recipient for recipient, _ in server.mails] == ["duty@city.example", "ops@bank.example"]
        mail = server.mails[0][1]
        assert mail["Subject"] == "【政务服务平台】合作机构事件推送未送达"
        assert mail["From"] == "platform@city.example"
        assert "psbc" in mail.get_content()
        clock.shift += timedelta(days=1)
        await give_up(parts)
        assert len(server.mails) == 4


async def test_a_mail_server_out_of_order_is_tried_again_and_each_is_told_once(
    city: City, tmp_path: Path
) -> None:
    clock = Hours()
    async with mail_server() as server:
        parts = await desk(city, clock, **by_mail(server, tmp_path))
        server.is_out_of_order = True
        await give_up(parts)
        assert server.mails == []
        server.is_out_of_order = False
        await give_up(parts)  # The notice of today is there already; the next round tells it.
        for _ in range(2):
            await parts.notices.tell_pending()
        assert [recipient for recipient, _ in server.mails] == ["duty@city.example", "ops@bank.example"]
        clock.shift += timedelta(days=2)
        await parts.notices.tell_pending()
        assert len(server.mails) == 2


async def test_a_contact_without_address_leaves_the_operators_mail(city: City, tmp_path: Path) -> None:
    async with mail_server() as server:
        parts = await desk(city, Hours(), **by_mail(server, tmp_path))
        await parts.partners.change(
            "psbc", lambda partner: replace(partner, contact=replace(CONTACT, email="")), action="x", by="t"
        )
        await give_up(parts)
        await parts.notices.tell_pending()
        assert [recipient for recipient, _ in server.mails] == ["duty@city.example"]


async def test_a_mail_server_must_prove_itself(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _certified(tmp_path)
    async with mail_server(context) as server:
        settings = by_mail(server, tmp_path, notice_smtp_security="tls")
        await give_up(await desk(city, Hours(), **settings))
        assert server.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.pem"))
        await (await desk(city, Hours(), **settings)).notices.tell_pending()
        assert len(server.mails) == 2


async def test_starttls_is_not_given_up_when_the_server_has_none(city: City, tmp_path: Path) -> None:
    async with mail_server() as server:
        settings = by_mail(server, tmp_path, notice_smtp_security="starttls")
        await give_up(await desk(city, Hours(), **settings))
        assert server.mails == []


async def test_a_message_service_gets_who_and_what_with_its_token(city: City, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t-1\n")
    async with message_service() as service:
        service.status = 503
        settings = {
            "notice_connector": "http",
            "notice_url": service.url,
            "notice_password_file": tmp_path / "token",
        }
        parts = await desk(city, Hours(), **settings)
        await give_up(parts)
        service.status = 202
        await parts.notices.tell_pending()
        await parts.notices.tell_pending()
    (token, key, first), (_, _, second) = service.posted
    assert (token, first["to"], second["to"]) == ("Bearer t-1", "operator", "contact")
    assert key == f"operator.{first['id']}"
    assert second["contact"] == {"name": "陈经理", "phone": "13800000000", "email": "ops@bank.example"}
    assert first["title"] == "合作机构事件推送未送达"


def test_a_connector_without_its_settings_does_not_start(city_settings: dict[str, Any]) -> None:
    for connector in ("smtp", "http"):
        with pytest.raises(ValidationError, match="notice_connector"):
            Settings(**city_settings, notice_connector=connector)


@pytest.fixture
def city_settings(tmp_path: Path) -> dict[str, Any]:
    """Return what settings need at least."""
    return {
        "internal_signing_key_file": tmp_path / "k",
        "person_id_key_file": tmp_path / "p",
        "oidc_issuer": "http://idp.example",
        "oidc_jwks_url": "http://idp.example/jwks.json",
    }


@pytest.mark.parametrize("address", ["a@x.cn, b@y.cn", "a@x.cn\nBcc: b@y.cn", "a", "<a@x.cn>", "a b@x.cn"])
def test_what_is_not_one_mail_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        ContactBody(name="x", email=address)


def _certified(folder: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate for 127.0.0.1 that nobody trusts yet."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "mail.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "mail.key").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem", folder / "mail.key")
    return context
