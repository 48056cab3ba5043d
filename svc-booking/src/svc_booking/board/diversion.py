"""Where people wait less: asked when a hall's own queue is long (分流)."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from svc_booking.board.domain import wait_of_next
from svc_booking.board.schemas import Diversion, DiversionList
from svc_booking.board.store import QueueNow, check_group, queue_of, serving_elsewhere

MOST_HINTS = 5
# Another point must save at least this much, or the way there is not worth it.
WORTH_THE_WAY = timedelta(minutes=10)


async def diversions_from(
    session: AsyncSession, point: str, group: str, now: datetime, limit: timedelta
) -> DiversionList:
    """Return points with a shorter wait when the wait here is over `limit`, the same division first.

    Raises:
        NoSuchPoint: the point does not serve the group.
    """
    await check_group(session, point, group)
    here = _wait(await queue_of(session, point, now), group, now)
    found: list[Diversion] = []
    if here is None or here > limit:
        for other in await serving_elsewhere(session, point, group):
            queue = await queue_of(session, other.code, now)
            wait = _wait(queue, group, now)
            if wait is not None and (here is None or wait + WORTH_THE_WAY <= here):
                waiting = sum(queued.group == group for queued in queue.queue)
                found.append(
                    Diversion(
                        service_point=other.code,
                        service_point_name=other.name,
                        kind=other.kind,
                        same_division=other.is_near,
                        waiting=waiting,
                        expected_minutes=_minutes(wait),
                    )
                )
    found.sort(key=lambda hint: (not hint.same_division, hint.expected_minutes, hint.service_point))
    return DiversionList(
        service_point=point,
        group=group,
        expected_minutes=None if here is None else _minutes(here),
        hint=_hint(here, found),
        items=found[:MOST_HINTS],
    )


def _wait(queue: QueueNow, group: str, now: datetime) -> timedelta | None:
    return wait_of_next(group, queue.queue, queue.windows, queue.pace, now)


def _minutes(wait: timedelta) -> int:
    return -(-int(wait.total_seconds()) // 60)


def _hint(here: timedelta | None, found: list[Diversion]) -> str | None:
    if not found:
        return None
    best = found[0]
    wait = "目前没有开放的窗口" if here is None else f"预计等候约{_minutes(here)}分钟"
    return f"本网点该业务{wait}，建议前往{best.service_point_name}，预计等候约{best.expected_minutes}分钟"
