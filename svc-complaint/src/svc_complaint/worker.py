"""Worker process of svc-complaint: relay, invitations, deadlines."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_complaint.complaint_case.store import mark_overdue
from svc_complaint.rating.consumers import invite_after_application, invite_after_ticket
from svc_complaint.service import SERVICE
from svc_complaint.settings import Settings


@asynccontextmanager
async def work(runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield the handlers of other services' events and what time does to cases."""
    handlers = (invite_after_ticket, invite_after_application)
    yield Work(
        consumers=[handler.given(clock=runtime.clock) for handler in handlers],
        duties=[Periodic("overdue", lambda: mark_overdue(runtime.sessions, runtime.clock), 30.0)],
    )


if __name__ == "__main__":
    run_worker(SERVICE, Settings(), work)
