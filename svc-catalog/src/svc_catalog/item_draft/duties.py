"""What time does to drafts."""

from collections.abc import Callable

from lib_kernel import Clock
from svc_catalog.item_draft.commands import publish_due
from svc_catalog.item_draft.ports import UnitOfWork


async def publish_drafts(make_uow: Callable[[], UnitOfWork], clock: Clock) -> int:
    """Publish every approved draft whose day has come; return how many. Several workers may do so at once."""
    return await publish_due(uow=make_uow(), clock=clock)
