"""Sends queued messages to partner cities until they are taken."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog

from lib_gm import FieldCipher
from lib_kernel import Clock
from svc_catalog.exchange.commands import PAYLOAD
from svc_catalog.exchange.domain import Direction, MessageKind, MessageStatus, SharedCase
from svc_catalog.exchange.ports import PartnerAway, PartnerRefused, Partners

log = structlog.get_logger(__name__)

BATCH = 20
PATHS = {MessageKind.TRANSFER: "/exchange/v1/transfers", MessageKind.STATUS: "/exchange/v1/statuses"}

OpenWork = Callable[[], Any]


async def send_messages(open_work: OpenWork, partners: Partners, cipher: FieldCipher, clock: Clock) -> int:
    """Send what is due; return how many messages were dealt with. No transaction is open while sending."""
    async with open_work() as uow:
        claimed = [
            (message.id, message.partner, message.kind, message.payload)
            for message in await uow.exchange.claim(clock.now(), BATCH)
        ]
        await uow.commit()
    for message_id, partner, kind, payload in claimed:
        body = json.loads(cipher.decrypt(payload, context=PAYLOAD))
        try:
            answer = await partners.send(partner, PATHS[kind], body, message_id)
        except PartnerAway as error:
            await _wait(message_id, str(error), open_work, clock)
        except PartnerRefused as error:
            log.warning("exchange.refused", partner=partner, problem=str(error))
            await _refused(message_id, str(error), open_work, clock)
        else:
            await _taken(message_id, answer, open_work, clock)
    return len(claimed)


async def _wait(message_id: UUID, problem: str, open_work: OpenWork, clock: Clock) -> None:
    async with open_work() as uow:
        (await uow.exchange.lock_message(message_id)).wait(clock.now(), problem)
        await uow.commit()


async def _refused(message_id: UUID, problem: str, open_work: OpenWork, clock: Clock) -> None:
    async with open_work() as uow:
        message = await uow.exchange.lock_message(message_id)
        application = await uow.applications.lock(message.application_id)
        message.refused(problem)
        note = f"协作城市 {message.partner} 未接收该办件（{problem}），请人工联系"
        application.note_internally("exchange", clock.now(), note)
        await uow.commit()


async def _taken(message_id: UUID, answer: dict[str, Any], open_work: OpenWork, clock: Clock) -> None:
    async with open_work() as uow:
        message = await uow.exchange.lock_message(message_id)
        if message.status is not MessageStatus.QUEUED:
            return
        message.taken(clock.now())
        if message.kind is MessageKind.TRANSFER:
            application = await uow.applications.lock(message.application_id)
            name = str(answer.get("partner_case", message.application_id))[:64]
            case = SharedCase(
                application.id, message.partner, Direction.OUT, name, "transferred", 0, clock.now()
            )
            if await uow.exchange.case_of(application.id) is None:
                uow.exchange.share(case)
                application.tell("exchange", clock.now(), "已转送协作城市办理")
        await uow.commit()
