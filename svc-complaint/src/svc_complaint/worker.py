"""Worker process of svc-complaint: relay, invitations, timers, digest, exchange with other platforms."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

from lib_gm import FieldCipher
from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_complaint.complaint_case.commands import SEALED
from svc_complaint.complaint_case.duties import fire_due
from svc_complaint.digest.duties import make_due
from svc_complaint.exchange.connector import HttpPlatform, NoPlatform
from svc_complaint.exchange.duties import send_due, take_orders
from svc_complaint.rating.consumers import invite_after_application, invite_after_ticket
from svc_complaint.rating.store import expire
from svc_complaint.service import SERVICE
from svc_complaint.settings import Settings
from svc_complaint.triage.store import count_words
from svc_complaint.uow import ComplaintUnitOfWork


@asynccontextmanager
async def work(runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield the handlers of other services' events and what time does."""
    settings, clock, sessions = cast(Settings, runtime.settings), runtime.clock, runtime.sessions
    cipher = FieldCipher.from_file(settings.field_keys_file)
    new_uow = cast(Callable[[], ComplaintUnitOfWork], runtime.uow)
    handlers = (invite_after_ticket, invite_after_application)
    platform = _platform(settings, cipher)
    try:
        yield Work(
            consumers=[handler.given(clock=clock, days=settings.rating_days) for handler in handlers],
            duties=[
                Periodic("timers", lambda: fire_due(new_uow(), clock), 5.0),
                Periodic("expire-ratings", partial(expire, sessions, clock), 300.0),
                Periodic(
                    "digest",
                    lambda: make_due(new_uow(), clock, settings.digest_at, settings.digest_days_back),
                    30.0,
                ),
                Periodic("count-words", partial(count_words, sessions, clock), 3600.0),
                Periodic("exchange-out", partial(send_due, new_uow, platform, clock), 5.0),
                Periodic(
                    "exchange-in",
                    partial(take_orders, new_uow, platform, settings.platform_name, cipher, clock),
                    30.0,
                ),
            ],
        )
    finally:
        if isinstance(platform, HttpPlatform):
            await platform.aclose()


def _platform(settings: Settings, cipher: FieldCipher) -> HttpPlatform | NoPlatform:
    if settings.platform_url is None or settings.platform_key_file is None:
        return NoPlatform()
    key = settings.platform_key_file.read_bytes().strip()
    return HttpPlatform(settings.platform_url, key, partial(cipher.decrypt, context=SEALED))


if __name__ == "__main__":
    run_worker(SERVICE, Settings(), work)
