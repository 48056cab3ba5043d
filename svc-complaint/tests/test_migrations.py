"""Rows of the first release live on after the newest migrations."""

import asyncio

from alembic import command
from sqlalchemy import select, text

from lib_db import alembic_config, make_engine, make_sessions
from svc_complaint.complaint_case.store import complaint_case
from svc_complaint.service import MIGRATIONS
from svc_complaint.timer.store import case_timer

OLD = """
INSERT INTO complaint_case (id, case_number, kind, person_id, content, service_point, received_at,
                            due_at, status, is_overdue, steps)
VALUES (gen_random_uuid(), 'GJ1', 'bad_rating', 'p', 'k1:x', '410422-HALL', '2026-03-04T01:00Z',
        '2026-03-11T15:59:59Z', 'accepted', false,
        '[{"at": "2026-03-05T01:00:00+00:00", "by": "s", "status": "accepted", "note": "接单"}]'),
       (gen_random_uuid(), 'GJ2', 'consultation', NULL, 'k1:x', NULL, '2026-03-04T01:00Z',
        '2026-03-11T15:59:59Z', 'closed', false,
        '[{"at": "2026-03-06T01:00:00+00:00", "by": "p", "status": "closed", "note": ""}]')
"""


async def test_cases_of_the_first_release_get_their_place_and_their_timer(empty_database: str) -> None:
    config = alembic_config(empty_database, MIGRATIONS)
    await asyncio.to_thread(command.upgrade, config, "complaint_0001")
    engine = make_engine(empty_database)
    async with make_sessions(engine).begin() as session:
        await session.execute(text(OLD))
    await asyncio.to_thread(command.upgrade, config, "head")
    async with make_sessions(engine)() as session:
        c = complaint_case.c
        columns = (c.case_number, c.division, c.outcome, c.closed_at, c.status_since, c.id)
        first, second = (await session.execute(select(*columns).order_by(c.case_number))).all()
        timers = (await session.execute(select(case_timer.c.case_id, case_timer.c.rung))).all()
    assert (first.division, first.outcome, first.closed_at) == ("410422000000", None, None)
    assert first.status_since.isoformat() == "2026-03-05T01:00:00+00:00"
    assert (second.division, second.outcome) == ("410400000000", "solved")
    assert second.closed_at.isoformat() == "2026-03-06T01:00:00+00:00"
    assert timers == [(first.id, 2)]
    await engine.dispose()
    await asyncio.to_thread(command.downgrade, config, "complaint_0001")


def test_the_newest_migration_is_what_the_code_says(empty_database: str) -> None:
    command.upgrade(alembic_config(empty_database, MIGRATIONS), "head")
    command.check(alembic_config(empty_database, MIGRATIONS))
