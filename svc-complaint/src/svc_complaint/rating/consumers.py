"""Finished services invite a rating: once per service, however many events tell of it, in whatever order."""

from uuid import UUID

from lib_contracts.booking import TicketFinished
from lib_contracts.catalog import ApplicationDelivered
from lib_contracts.complaint import RatingInvited
from lib_kernel import Clock
from lib_messaging import on
from svc_complaint.rating.domain import Rating
from svc_complaint.rating.ports import UnitOfWork


def service_key(appointment_id: UUID | None, otherwise: UUID) -> str:
    """Return what a visit and the application made at it have in common: the appointment."""
    return f"appointment:{appointment_id}" if appointment_id else f"service:{otherwise}"


@on(TicketFinished, durable="complaint-invite-after-ticket")
async def invite_after_ticket(event: TicketFinished, *, uow: UnitOfWork, clock: Clock, days: int) -> None:
    """A window finished serving a person."""
    key = service_key(event.appointment_id, event.ticket_id)
    clerk: str | None = getattr(event, "clerk", None)  # Not every release of the desk names the clerk.
    rating = Rating.invite(
        service_key=key,
        person_id=event.person_id,
        service_name=f"{event.service_point_name}窗口服务",
        item_code=event.item_code,
        department="",
        service_point=event.service_point,
        now=clock.now(),
        days=days,
        window=event.window,
        clerk=clerk,
    )
    await _invite(rating, uow)
    await uow.ratings.complete(key, window=event.window, clerk=clerk)


@on(ApplicationDelivered, durable="complaint-invite-after-application")
async def invite_after_application(
    event: ApplicationDelivered, *, uow: UnitOfWork, clock: Clock, days: int
) -> None:
    """An application reached its end."""
    key = service_key(event.appointment_id, event.application_id)
    rating = Rating.invite(
        service_key=key,
        person_id=event.person_id,
        service_name=event.item_name,
        item_code=event.item_code,
        department=event.department,
        service_point=event.service_point,
        now=clock.now(),
        days=days,
    )
    await _invite(rating, uow)
    await uow.ratings.complete(key, service_name=event.item_name, department=event.department)


async def _invite(rating: Rating, uow: UnitOfWork) -> None:
    if await uow.ratings.invite(rating) is None:
        return
    uow.outbox.add(
        RatingInvited(
            rating_id=rating.id,
            person_id=rating.person_id,
            service_name=rating.service_name,
            invited_at=rating.invited_at,
        )
    )
