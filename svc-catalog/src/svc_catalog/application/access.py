"""Who may see and touch an application."""

from sqlalchemy.ext.asyncio import AsyncSession

from lib_kernel import NotAllowed
from lib_web import Caller, CallerKind
from svc_catalog.application import store
from svc_catalog.application.commands import Check, MayDecide
from svc_catalog.application.domain import Application, NoSuchApplication
from svc_catalog.application.listing import Scope

SEES = ("citizen", "clerk", "officer")


def own(caller: Caller) -> Check:
    """Return the check that the application is the citizen's own; others' do not exist for them."""

    def check(application: Application) -> None:
        if application.person_id != caller.person_id:
            raise NoSuchApplication

    return check


def at_point_or_department(caller: Caller) -> Check:
    """Return the check that the clerk works at the application's service point or for its department."""

    def check(application: Application) -> None:
        if application.service_point not in caller.points:
            caller.check_org(application.department)

    return check


def by_staff(caller: Caller) -> Check:
    """Return the check that a staff member works at its point, for its department, or on one of its tasks."""

    def check(application: Application) -> None:
        if any(task.department in caller.orgs for task in application.tasks):
            return
        at_point_or_department(caller)(application)

    return check


def decides_for(caller: Caller) -> MayDecide:
    """Return whether an officer decides for a department."""
    return lambda department: "admin" in caller.roles or department in caller.orgs


def scope_of(caller: Caller) -> Scope:
    """Return what the caller sees in lists and counts."""
    if caller.kind is CallerKind.CITIZEN:
        return Scope(person_id=caller.person_id)
    return Scope(departments=caller.orgs, points=caller.points, everything="admin" in caller.roles)


async def visible(session: AsyncSession, application: Application, caller: Caller) -> None:
    """Raise unless the caller may see the application: NoSuchApplication to citizens, NotAllowed to staff."""
    if caller.kind is CallerKind.CITIZEN:
        own(caller)(application)
        return
    try:
        at_point_or_department(caller)(application)
    except NotAllowed:
        if not caller.orgs or not await store.is_handled_by(session, application.id, caller.orgs):
            raise
