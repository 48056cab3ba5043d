"""Fires due timers until it is killed; started by a test as a process of its own."""

import asyncio
import sys
from datetime import datetime

from lib_db import make_engine, make_sessions
from lib_testing import FixedClock
from svc_complaint.complaint_case.duties import fire_due
from svc_complaint.uow import ComplaintUnitOfWork


async def main() -> None:
    """Work on the database of the first argument at the moment of the second."""
    clock = FixedClock()
    clock.set(datetime.fromisoformat(sys.argv[2]))
    sessions = make_sessions(make_engine(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if not await fire_due(ComplaintUnitOfWork(sessions), clock):
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main())
