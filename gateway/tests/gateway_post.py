"""A mail server and a message service, as small as they can be and still be spoken to over the network."""

import asyncio
import base64
import email
import email.policy
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiohttp import web


@dataclass
class MailServer:
    """Takes mails from who knows the password; out of order it refuses every recipient."""

    port: int = 0
    password: str = "secret"
    is_out_of_order: bool = False
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak SMTP (RFC 5321) with one client."""

        async def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        recipient, is_known = "", False
        await say("220 mail.example")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    await say("250-mail.example\r\n250 AUTH PLAIN")
                case "AUTH":
                    given = base64.b64decode(rest.removeprefix("PLAIN ")).split(b"\0")
                    is_known = given[1:] == [b"platform", self.password.encode()]
                    await say("235 ok" if is_known else "535 no")
                case "RCPT":
                    recipient = rest.removeprefix("TO:<").rstrip(">")
                    await say("450 later" if self.is_out_of_order or not is_known else "250 ok")
                case "DATA":
                    await say("354 go on")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    mail = email.message_from_bytes(content[:-5], policy=email.policy.default)
                    self.mails.append((recipient, mail))
                    await say("250 ok")
                case "QUIT":
                    await say("221 bye")
                    break
                case _:
                    await say("250 ok")
        writer.close()


@asynccontextmanager
async def mail_server(context: ssl.SSLContext | None = None) -> AsyncGenerator[MailServer]:
    """Run a mail server."""
    made = MailServer()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class MessageService:
    """Keeps what is posted to it, with the token it came with."""

    url: str = ""
    status: int = 202
    posted: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one request."""
        if self.status < 300:
            headers = request.headers
            self.posted.append((headers["Authorization"], headers["Idempotency-Key"], await request.json()))
        return web.Response(status=self.status)


@asynccontextmanager
async def message_service() -> AsyncGenerator[MessageService]:
    """Run a message service."""
    made = MessageService()
    app = web.Application()
    app.router.add_post("/notices", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}/notices"
    try:
        yield made
    finally:
        await runner.cleanup()
