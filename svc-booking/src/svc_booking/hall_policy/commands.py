"""Change a point's rules."""

from dataclasses import dataclass

from lib_kernel import Clock
from svc_booking.hall_policy.domain import HallPolicy
from svc_booking.hall_policy.ports import UnitOfWork


@dataclass(frozen=True)
class PutPolicy:
    """Give a point rules of its own."""

    service_point: str
    policy: HallPolicy
    by: str


async def put_policy(cmd: PutPolicy, *, uow: UnitOfWork, clock: Clock) -> HallPolicy:
    """Replace the rules of a point; they hold from the next check-in on. Raises NoSuchPoint."""
    async with uow:
        await uow.policies.put(cmd.service_point, cmd.policy)
        await uow.audit.note(cmd.by, "hall_policy.put", cmd.service_point, clock.now())
        await uow.commit()
    return cmd.policy
