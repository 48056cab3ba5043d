"""What time does to holds and waiting lines."""

from collections.abc import Callable
from typing import Any

from lib_kernel import Clock

# Opens a transaction whose `places` are `svc_booking.waitlist.places.Places`.
OpenWork = Callable[..., Any]


async def expire_holds(open_work: OpenWork, clock: Clock) -> int:
    """Give back places whose hold ran out, to who waits first; return how many holds."""
    async with open_work() as uow:
        count: int = await uow.places.expire_holds(None, clock.now())
        await uow.commit()
    return count


async def close_lines(open_work: OpenWork, clock: Clock) -> int:
    """Close waiting lines of slots that have begun; return how many entries."""
    async with open_work() as uow:
        count: int = await uow.places.close_lines(clock.now())
        await uow.commit()
    return count
