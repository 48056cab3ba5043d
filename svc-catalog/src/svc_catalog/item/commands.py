"""Suspend, resume, withdraw a published item."""

from collections.abc import Callable
from dataclasses import dataclass

from lib_contracts import Event
from lib_contracts.catalog import ItemResumed, ItemSuspended, ItemWithdrawn
from lib_kernel import Clock
from svc_catalog.item.domain import Standing
from svc_catalog.item.ports import UnitOfWork


@dataclass(frozen=True)
class ChangeState:
    """A step on an item. `check` raises unless the caller may act for its department."""

    code: str
    by: str
    check: Callable[[str], None]
    reason: str = ""


async def suspend(cmd: ChangeState, *, uow: UnitOfWork, clock: Clock) -> Standing:
    """Do not offer the item for the time being (暂停)."""
    async with uow:
        standing = await _locked(cmd, uow)
        standing.suspend(cmd.reason)
        event = ItemSuspended(item_code=cmd.code, item_version=standing.version, reason=cmd.reason)
        await _keep(cmd, standing, "item.suspend", event, uow, clock)
    return standing


async def resume(cmd: ChangeState, *, uow: UnitOfWork, clock: Clock) -> Standing:
    """Offer the item again (恢复)."""
    async with uow:
        standing = await _locked(cmd, uow)
        standing.resume()
        event = ItemResumed(item_code=cmd.code, item_version=standing.version)
        await _keep(cmd, standing, "item.resume", event, uow, clock)
    return standing


async def withdraw(cmd: ChangeState, *, uow: UnitOfWork, clock: Clock) -> Standing:
    """Give the item up for good (取消)."""
    async with uow:
        standing = await _locked(cmd, uow)
        standing.withdraw(cmd.reason)
        event = ItemWithdrawn(item_code=cmd.code, item_version=standing.version, reason=cmd.reason)
        await _keep(cmd, standing, "item.withdraw", event, uow, clock)
    return standing


async def _locked(cmd: ChangeState, uow: UnitOfWork) -> Standing:
    standing = await uow.items.lock(cmd.code)
    cmd.check(standing.department)
    return standing


async def _keep(
    cmd: ChangeState, standing: Standing, action: str, event: Event, uow: UnitOfWork, clock: Clock
) -> None:
    await uow.items.keep(standing)
    uow.outbox.add(event)
    facts = {"version": str(standing.version), "reason": cmd.reason}
    await uow.audit.note(cmd.by, action, cmd.code, clock.now(), facts)
    await uow.commit()
