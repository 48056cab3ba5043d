"""Pickup code, handing over, posting, receiving."""

import json

from lib_kernel import Clock, Conflict
from svc_catalog.application.commands import Decide, deliver, facts_of, locked
from svc_catalog.application.domain import Application, Status
from svc_catalog.application.ports import FieldCipher, UnitOfWork
from svc_catalog.application.submitting import ADDRESS
from svc_catalog.delivery.domain import Delivery, DeliveryStatus, Method, WrongPickupCode, new_code

CODE = "delivery.pickup_code"


async def fetch_code(cmd: Decide, *, uow: UnitOfWork, cipher: FieldCipher) -> str:
    """Return the applicant's pickup code; a fresh one each time, which also unlocks a locked one."""
    async with uow:
        application = await locked(cmd, uow)
        delivery = await uow.deliveries.lock(application.id)
        if delivery.method is not Method.PICKUP or application.status is not Status.APPROVED:
            raise Conflict("结果尚未可领取", status=application.status.value)
        code = new_code()
        delivery.renew_code(cipher.encrypt(code, context=CODE))
        await uow.commit()
    return code


async def hand_over(
    cmd: Decide, presented: str, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock
) -> Application:
    """Give the result to whoever presents the code. Raises WrongPickupCode, PickupLocked, Conflict."""
    async with uow:
        application = await locked(cmd, uow)
        delivery = await uow.deliveries.lock(application.id)
        if delivery.method is not Method.PICKUP or delivery.pickup_code is None:
            raise Conflict("该办件没有待领取的结果", method=delivery.method.value)
        right = delivery.is_right_code(presented, cipher.decrypt(delivery.pickup_code, context=CODE))
        if right:
            delivery.hand_over(clock.now())
            deliver(application, cmd.by, "窗口领取", uow=uow, clock=clock)
            await _audited("delivery.hand_over", application, cmd.by, uow, clock)
        # A wrong try is committed too, or it could be repeated without end.
        await uow.commit()
    if not right:
        raise WrongPickupCode
    return application


async def post(cmd: Decide, carrier: str, number: str, *, uow: UnitOfWork, clock: Clock) -> Delivery:
    """Give the result to the post."""
    async with uow:
        application = await locked(cmd, uow)
        if application.status is not Status.APPROVED:
            raise Conflict("结果尚未可寄送", status=application.status.value)
        delivery = await uow.deliveries.lock(application.id)
        delivery.send(carrier, number, clock.now())
        await _audited("delivery.post", application, cmd.by, uow, clock)
        await uow.commit()
    return delivery


async def read_label(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Delivery:
    """Return the delivery with its address; the reading is noted."""
    async with uow:
        application = await locked(cmd, uow)
        delivery = await uow.deliveries.lock(application.id)
        await _audited("delivery.read_address", application, cmd.by, uow, clock)
        await uow.commit()
    return delivery


async def confirm_received(cmd: Decide, *, uow: UnitOfWork, clock: Clock) -> Application:
    """The applicant says that the parcel came."""
    async with uow:
        application = await locked(cmd, uow)
        delivery = await uow.deliveries.lock(application.id)
        if delivery.status is not DeliveryStatus.SENT:
            raise Conflict("没有在途的邮件", status=delivery.status.value)
        delivery.hand_over(clock.now())
        deliver(application, cmd.by, "办事人确认收件", uow=uow, clock=clock)
        await uow.commit()
    return application


def read_address(delivery: Delivery, cipher: FieldCipher) -> dict[str, str] | None:
    """Return where the post shall bring the result."""
    if delivery.address is None:
        return None
    address: dict[str, str] = json.loads(cipher.decrypt(delivery.address, context=ADDRESS))
    return address


async def _audited(action: str, application: Application, by: str, uow: UnitOfWork, clock: Clock) -> None:
    await uow.audit.note(by, action, str(application.id), clock.now(), facts_of(application))
