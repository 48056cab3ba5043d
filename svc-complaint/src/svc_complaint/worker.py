"""Worker process of svc-complaint: relay, invitations, deadlines."""

from lib_messaging import Consumer, Periodic
from lib_service import Runtime, run_worker
from svc_complaint.complaint_case.store import mark_overdue
from svc_complaint.rating.consumers import invite_after_application, invite_after_ticket
from svc_complaint.service import SERVICE
from svc_complaint.settings import Settings


def consumers(runtime: Runtime) -> list[Consumer]:
    """Return the handlers of other services' events."""
    handlers = (invite_after_ticket, invite_after_application)
    return [handler.given(clock=runtime.clock) for handler in handlers]


def duties(runtime: Runtime) -> list[Periodic]:
    """Return what time does to cases."""
    return [Periodic("overdue", lambda: mark_overdue(runtime.sessions, runtime.clock), 30.0)]


def main() -> None:
    """Run until stopped."""
    run_worker(SERVICE, Settings(), consumers=consumers, duties=duties)


if __name__ == "__main__":
    main()
