"""Sends what waits for other platforms, and takes their orders in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from lib_kernel import Clock
from svc_complaint.complaint_case.commands import Desk, FieldCipher
from svc_complaint.complaint_case.intake import Receive, open_case
from svc_complaint.complaint_case.ports import UnitOfWork
from svc_complaint.exchange.domain import Message, Order, next_try
from svc_complaint.exchange.ports import NotTaken, Platform
from svc_complaint.exchange.store import ExchangeStore

AT_ONCE = 20
LEASE = timedelta(minutes=2)
TROUBLE = "platform"


class ExchangeWork(UnitOfWork, Protocol):
    """A unit of work with the exchange's own store."""

    @property
    def exchange(self) -> ExchangeStore:
        """Return the queue."""
        ...


Open = Callable[[], ExchangeWork]


async def send_due(open_uow: Open, platform: Platform, clock: Clock) -> bool:
    """Send what is due, some at once; return whether there may be more.

    A worker that is killed after sending sends again when the lease ends; the key tells the platform.
    """
    now = clock.now()
    async with open_uow() as uow:
        messages = await uow.exchange.claim(now, now + LEASE, AT_ONCE)
        await uow.commit()
    for message in messages:
        try:
            await platform.send(message)
        except NotTaken as error:
            await _note_failure(open_uow(), message, str(error), clock)
        else:
            await _note_sent(open_uow(), message, clock)
    return len(messages) == AT_ONCE


async def _note_sent(uow: ExchangeWork, message: Message, clock: Clock) -> None:
    async with uow:
        await uow.exchange.sent(message, clock.now())
        if message.case_id is not None and message.attempts:
            (await uow.cases.lock(message.case_id)).settle(TROUBLE, clock.now())
        await uow.commit()


async def _note_failure(uow: ExchangeWork, message: Message, reason: str, clock: Clock) -> None:
    now = clock.now()
    async with uow:
        await uow.exchange.failed(message, reason, next_try(message.attempts + 1, now))
        if message.case_id is not None:
            case = await uow.cases.lock(message.case_id)
            case.trouble(TROUBLE, f"向其他平台传送失败 {message.attempts + 1} 次：{reason}", now)
        await uow.commit()


async def take_orders(
    open_uow: Open, platform: Platform, name: str, cipher: FieldCipher, clock: Clock
) -> bool:
    """Take the platform's new orders in as cases, each once; return whether there may be more."""
    async with open_uow() as uow:
        before = await uow.exchange.cursor(name)
    orders, after = await platform.orders(before)
    if after == before:
        return False
    desk = Desk(uow := open_uow(), cipher, clock)
    async with uow:
        if await uow.exchange.lock_cursor(name, clock.now()) != before:
            return True  # Another worker took these in meanwhile.
        for order in orders:
            if not await uow.cases.is_known(f"{name}:{order.number}"):
                case = await open_case(_receive(name, order), desk)
                facts = {"platform": name}
                await uow.audit.note(name, "case.receive", case.case_number, clock.now(), facts)
        await uow.exchange.read_up_to(name, after, clock.now())
        await uow.commit()
    return bool(orders)


def _receive(platform: str, order: Order) -> Receive:
    contact = {"name": order.contact_name, "phone": order.contact_phone} if order.contact_phone else None
    return Receive(
        kind="platform_order",
        person_id=None,
        content=order.content,
        channel=platform,
        scopes=frozenset({"service"}),
        by=platform,
        fields={"platform": platform, "external_id": order.number},
        contact=contact,
        item_code=order.item_code,
        service_point=order.service_point,
        external=f"{platform}:{order.number}",
    )
