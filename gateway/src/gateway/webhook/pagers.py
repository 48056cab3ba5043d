"""Ways to those who must act: by mail (SMTP), by the operator's own message service (HTTP), or to the log."""

import asyncio
import smtplib
import ssl
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol

import httpx
import structlog

from gateway.partner.domain import Contact
from gateway.settings import Settings
from lib_kernel import mask_phone
from lib_web import tls_context

log = structlog.get_logger(__name__)

SECONDS = 20.0


@dataclass(frozen=True)
class Notice:
    """What is told; a notice told twice has the same `id`."""

    id: str
    title: str
    text: str


class Pager(Protocol):
    """A way to the operator and to a partner's contact; raising means "try again later"."""

    async def tell_operator(self, notice: Notice) -> None:
        """Tell those who run the platform."""
        ...

    async def tell_contact(self, contact: Contact, notice: Notice) -> None:
        """Tell the partner's contact."""
        ...


class ConsolePager:
    """Writes to the log what it would tell."""

    async def tell_operator(self, notice: Notice) -> None:
        """Log it."""
        log.error("notice.operator", id=notice.id, text=notice.text)

    async def tell_contact(self, contact: Contact, notice: Notice) -> None:
        """Log it, with the phone masked."""
        phone = mask_phone(contact.phone) if contact.phone else ""
        log.warning("notice.contact", id=notice.id, phone=phone, text=notice.text)


class MailPager:
    """Sends mails. A mail server that cannot prove itself by TLS is refused, unless TLS is switched off."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        file = settings.notice_password_file
        self._password = file.read_text(encoding="utf-8").strip() if file else None

    async def tell_operator(self, notice: Notice) -> None:
        """Mail to the operator's address."""
        await asyncio.to_thread(self._send, self._settings.notice_operator, notice)

    async def tell_contact(self, contact: Contact, notice: Notice) -> None:
        """Mail to the contact; one without an address is the operator's to call."""
        if not contact.email:
            log.warning("notice.no_address", id=notice.id)
            return
        await asyncio.to_thread(self._send, contact.email, notice)

    def _send(self, address: str, notice: Notice) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._settings.notice_from, address
        mail["Subject"] = f"【政务服务平台】{notice.title}"
        mail["Date"] = formatdate(localtime=True)
        mail["Message-ID"] = f"<{notice.id}@{self._settings.notice_from.rpartition('@')[2]}>"
        mail.set_content(notice.text)
        with self._connect() as server:
            if self._settings.notice_user:
                server.login(self._settings.notice_user, self._password or "")
            server.send_message(mail)

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.notice_smtp_host, self._settings.notice_smtp_port
        context = ssl.create_default_context()
        if self._settings.notice_smtp_security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
        server = smtplib.SMTP(host, port, timeout=SECONDS)
        if self._settings.notice_smtp_security == "starttls":
            try:
                server.starttls(context=context)
            except (smtplib.SMTPException, OSError):
                server.close()
                raise
        return server


class HttpPager:
    """Posts JSON to the operator's message service, which knows who is on duty and how to reach a contact."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.notice_url
        file = settings.notice_password_file
        self._headers = {"Authorization": f"Bearer {file.read_text().strip()}"} if file else {}

    async def tell_operator(self, notice: Notice) -> None:
        """Post it for the operator."""
        await self._post({"to": "operator", **asdict(notice)})

    async def tell_contact(self, contact: Contact, notice: Notice) -> None:
        """Post it for the contact."""
        await self._post({"to": "contact", "contact": asdict(contact), **asdict(notice)})

    async def _post(self, body: dict[str, object]) -> None:
        key = {"Idempotency-Key": f"{body['to']}.{body['id']}"}
        async with httpx.AsyncClient(
            timeout=SECONDS, headers={**self._headers, **key}, verify=tls_context()
        ) as client:
            (await client.post(self._url, json=body)).raise_for_status()


def pager_of(settings: Settings) -> Pager:
    """Return the way that the settings name."""
    if settings.notice_connector == "smtp":
        return MailPager(settings)
    if settings.notice_connector == "http":
        return HttpPager(settings)
    return ConsolePager()
