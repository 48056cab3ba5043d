"""Licences from approved applications: once, whole, and picked up after a crash."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lib_contracts.catalog import ApplicationApproved
from lib_contracts.seal import SealReplaced, SealUnfrozen
from lib_db import Sessions
from lib_kernel import Conflict, IllegalMove, LicenseNumber, Unavailable, move
from lib_messaging import Envelope, InboxProcessor, wrap
from lib_testing import CITIZEN, OTHER_CITIZEN, Clients, FixedClock
from lib_web import Caller, CallerKind
from svc_license.database import MESSAGES
from svc_license.license.consumers import draft_licenses, follow_seal, go_on
from svc_license.license.domain import NEXT, Status
from svc_license.license.issuing import Issuing
from svc_license.license.store import license_table
from svc_license.uow import LicenseUnitOfWork
from svc_license.usage.store import license_read

MARKET = "11410400005184603J"
TYPE, CARD_TYPE = f"{MARKET}001", f"{MARKET}002"
BANK = Caller(CallerKind.PARTNER, "psbc", "bank", partner="psbc")
OTHER_BANK = Caller(CallerKind.PARTNER, "ccb", "bank", partner="ccb")


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


def an_approval(application_id: UUID | None = None, **changes: Any) -> ApplicationApproved:
    facts = {
        "application_id": application_id or uuid4(),
        "case_number": "1",
        "person_id": CITIZEN.subject,
        "item_code": "410101001000",
        "item_name": "食品经营许可（新办）",
        "department": MARKET,
        "service_point": "410422-HALL",
        "appointment_id": None,
        "happened_at": datetime(2026, 3, 4, tzinfo=UTC),
        "result_license_type": TYPE,
        **changes,
    }
    return ApplicationApproved.model_validate(facts)


async def tell(sessions: Sessions, clock: FixedClock, event: ApplicationApproved, times: int = 1) -> None:
    processor = InboxProcessor(draft_licenses.given(clock=clock), lambda: LicenseUnitOfWork(sessions))
    envelope = wrap(event, source="svc-catalog", now=clock.now())
    for _ in range(times):
        await processor.process(envelope)


async def issued(sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients) -> dict[str, Any]:
    await tell(sessions, clock, an_approval())
    while await issuing.run_once():
        pass
    [found] = (await service.as_(CITIZEN).get("/v1/licenses")).json()["items"]
    license_: dict[str, Any] = found
    return license_


async def statuses(sessions: Sessions) -> list[Status]:
    async with sessions() as session:
        return list(await session.scalars(select(license_table.c.status)))


async def events(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(select(MESSAGES.outbox.c.type).order_by(MESSAGES.outbox.c.seq)))


async def partners(sessions: Sessions, kind: str) -> list[str | None]:
    outbox = MESSAGES.outbox.c
    async with sessions() as session:
        rows = await session.scalars(select(outbox.envelope).where(outbox.type == kind))
        return [Envelope.model_validate_json(row).data["partner"] for row in rows]


async def test_an_approval_told_twice_makes_one_licence(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    approval = an_approval()
    await tell(sessions, clock, approval, times=2)
    await tell(sessions, clock, approval)  # The same fact in another envelope.
    while await issuing.run_once():
        pass
    assert await statuses(sessions) == [Status.VALID]
    assert await events(sessions) == ["license.license.issued.v1"]


async def test_each_result_of_a_bundle_becomes_its_own_licence_once(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, catalog: Any, sealing: Any, service: Clients
) -> None:
    results = [
        {"license_type": TYPE, "department": MARKET, "item_code": "410101001000"},
        {"license_type": CARD_TYPE, "department": "other", "item_code": "410101001001"},
    ]
    catalog.fields = {CARD_TYPE: {"holder": "李明"}}
    approval = an_approval(results=results)
    await tell(sessions, clock, approval, times=2)
    await tell(sessions, clock, approval)  # The same fact in another envelope.
    while await issuing.run_once():
        pass
    wallet = (await service.as_(CITIZEN).get("/v1/licenses")).json()["items"]
    assert {(found["type_code"], found["department"]) for found in wallet} == {
        (TYPE, MARKET),
        (CARD_TYPE, "other"),
    }
    assert sorted(sealing.seals) == ["4104000000001", "4104000000002"]
    assert await events(sessions) == ["license.license.issued.v1"] * 2


async def test_what_the_release_before_left_out_is_drafted_beside_what_it_drafted(
    sessions: Sessions, clock: FixedClock
) -> None:
    """It drafts one licence of an approval: the kind in `result_license_type`."""
    application_id = uuid4()
    await tell(sessions, clock, an_approval(application_id, result_license_type=CARD_TYPE))
    results = [{"license_type": kind, "department": MARKET, "item_code": "1"} for kind in (TYPE, CARD_TYPE)]
    whole = an_approval(application_id, result_license_type=CARD_TYPE, results=results)
    await asyncio.gather(*(tell(sessions, clock, whole) for _ in range(3)))
    assert await statuses(sessions) == [Status.DRAFTING] * 2


async def test_the_licence_of_a_banks_application_names_the_bank_when_it_is_issued(
    sessions: Sessions, clock: FixedClock, issuing: Issuing
) -> None:
    for partner in ("psbc", None):
        await tell(sessions, clock, an_approval(partner=partner))
    while await issuing.run_once():
        pass
    assert set(await partners(sessions, "license.license.issued.v1")) == {None, "psbc"}


async def test_an_approval_without_a_licence_makes_none(sessions: Sessions, clock: FixedClock) -> None:
    await tell(sessions, clock, an_approval(result_license_type=None))
    assert await statuses(sessions) == []


async def test_a_licence_says_who_holds_it_and_has_a_right_number(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    found = await issued(sessions, clock, issuing, service)
    assert LicenseNumber.parse(found["number"]).serial == "20260000001"
    assert found["valid_until"] == "2031-03-03"
    detail = (await service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}")).json()
    assert (detail["holder_name"], detail["holder_number"]) == ("李明", "110***********002X")
    async with sessions() as session:
        row = (await session.execute(select(license_table.c.holder_number, license_table.c.fields))).one()
    assert "11010519491231002X" not in row.holder_number
    assert "李记面馆" not in row.fields


async def test_a_sister_that_is_away_puts_it_off_and_it_goes_on_where_it_stopped(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, sealing: Any, catalog: Any
) -> None:
    catalog.failures.append(Unavailable())
    await tell(sessions, clock, an_approval())
    assert await issuing.run_once()
    assert await statuses(sessions) == [Status.DRAFTING]
    assert not await issuing.run_once()  # Not before its time.
    clock.advance(timedelta(minutes=1))
    sealing.failures.append(Unavailable())
    await issuing.run_once()
    assert await statuses(sessions) == [Status.SEALING]
    clock.advance(timedelta(minutes=10))
    await issuing.run_once()
    assert await statuses(sessions) == [Status.VALID]
    assert await events(sessions) == ["license.license.issued.v1"]


async def test_a_crash_between_two_steps_is_picked_up_with_the_same_number(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, sealing: Any
) -> None:
    await tell(sessions, clock, an_approval())
    sealing.failures.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await issuing.run_once()
    async with sessions() as session:
        number = await session.scalar(select(license_table.c.number))
    clock.advance(timedelta(minutes=1))
    assert await issuing.run_once()
    async with sessions() as session:
        assert await session.scalar(select(license_table.c.number)) == number
    assert await statuses(sessions) == [Status.VALID]


async def test_several_workers_make_each_licence_once(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, sealing: Any
) -> None:
    for _ in range(5):
        await tell(sessions, clock, an_approval())

    async def work() -> None:
        while await issuing.run_once():
            pass

    await asyncio.gather(*(work() for _ in range(3)))
    assert await statuses(sessions) == [Status.VALID] * 5
    assert len(set(sealing.keys)) == len(sealing.keys) == 5
    assert len(await events(sessions)) == 5


async def test_others_do_not_see_my_licence(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    found = await issued(sessions, clock, issuing, service)
    for path in ("", "/document", "/preview", "/pdf", "/reads"):
        answer = await service.as_(OTHER_CITIZEN).get(f"/v1/licenses/{found['id']}{path}")
        assert answer.status_code == 404
    assert (await service.as_(OTHER_CITIZEN).get("/v1/licenses")).json()["items"] == []


async def test_what_i_hold_need_not_be_handed_in(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    found = await issued(sessions, clock, issuing, service)
    query = {"license_types": [found["type_code"], "other"]}
    proofs = (await service.as_(CITIZEN).get("/v1/material-proofs", params=query)).json()["items"]
    assert [proof["license_id"] for proof in proofs] == [found["id"]]
    clock.advance(timedelta(days=6 * 365))
    assert (await service.as_(CITIZEN).get("/v1/material-proofs", params=query)).json()["items"] == []


async def consent(service: Clients, license_id: str) -> str:
    body = {
        "license_id": license_id,
        "partner": "psbc",
        "purpose": "办理贷款",
        "expires_at": "2026-04-01T00:00:00+08:00",
    }
    answer = await service.as_(CITIZEN).post("/v1/consents", json=body)
    assert answer.status_code == 201, answer.text
    given: str = answer.json()["id"]
    return given


async def test_a_partner_reads_only_under_a_live_consent_and_every_read_is_seen(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    found = await issued(sessions, clock, issuing, service)
    given = await consent(service, found["id"])
    body = {"license_number": found["number"], "consent_id": given, "purpose": "贷前核验"}
    seen = (await service.as_(BANK).post("/v1/verifications", json=body)).json()
    assert (seen["valid"], seen["holder_name"], seen["holder_number"]) == (True, "李*", "110***********002X")
    reads = (await service.as_(CITIZEN).get(f"/v1/licenses/{found['id']}/reads")).json()["items"]
    assert [(read["reader"], read["purpose"]) for read in reads] == [
        ("psbc", "办理贷款（对方填写：贷前核验）")
    ]
    assert await partners(sessions, "license.license.read.v1") == ["psbc"]

    other = await service.as_(OTHER_BANK).post("/v1/verifications", json=body)
    assert (other.status_code, other.json()["type"]) == (403, "/problems/consent-missing")
    unknown = await service.as_(BANK).post("/v1/verifications", json={**body, "license_number": "x" * 20})
    assert unknown.json()["type"] == "/problems/consent-missing"
    await service.as_(CITIZEN).post(f"/v1/consents/{given}/revocation")
    revoked = await service.as_(BANK).post("/v1/verifications", json=body)
    assert revoked.status_code == 403
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(license_read)) == 1


async def test_a_consent_ends_by_itself(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    found = await issued(sessions, clock, issuing, service)
    given = await consent(service, found["id"])
    clock.advance(timedelta(days=40))
    body = {"license_number": found["number"], "consent_id": given, "purpose": "贷前核验"}
    assert (await service.as_(BANK).post("/v1/verifications", json=body)).status_code == 403


async def test_nobody_consents_for_another(
    sessions: Sessions, clock: FixedClock, issuing: Issuing, service: Clients
) -> None:
    found = await issued(sessions, clock, issuing, service)
    body = {
        "license_id": found["id"],
        "partner": "psbc",
        "purpose": "办理贷款",
        "expires_at": "2026-04-01T00:00:00+08:00",
    }
    assert (await service.as_(OTHER_CITIZEN).post("/v1/consents", json=body)).status_code == 404
    past = {**body, "expires_at": "2026-01-01T00:00:00+08:00"}
    assert (await service.as_(CITIZEN).post("/v1/consents", json=past)).json()["field"] == "expires_at"


async def test_a_replaced_seals_place_is_taken_by_the_newest_one_also_when_told_twice(
    desk: Any, sealing: Any, clock: FixedClock
) -> None:
    sealing.failures.append(Conflict("印章状态为已换发"))
    await desk.approve()
    await desk.work()
    told = [
        SealReplaced(seal_code=old, replaced_by=new, replaced_at=clock.now())
        for old, new in (("4104000000001", "4104000000091"), ("4104000000091", "4104000000092"))
    ]
    processor = InboxProcessor(follow_seal.given(clock=clock), desk.open_work)
    for event in (*told, told[0]):
        await processor.process(wrap(event, source="svc-seal", now=clock.now()))
    # No clock is moved: what waited is made at once, with the seal at the end of the line.
    await desk.work()
    assert [row.status for row in await desk.rows(license_table.c.status)] == [Status.VALID]
    assert sealing.seals == ["4104000000092"]


async def test_what_waits_for_a_frozen_seal_goes_on_when_it_is_free(
    desk: Any, sealing: Any, clock: FixedClock
) -> None:
    sealing.failures.append(Conflict("印章状态为冻结"))
    await desk.approve()
    await desk.work()
    [(status, problem)] = await desk.rows(license_table.c.status, license_table.c.problem)
    assert (status, "冻结" in problem) == (Status.SEALING, True)
    event = SealUnfrozen(seal_code="4104000000001", unfrozen_at=clock.now())
    processor = InboxProcessor(go_on.given(clock=clock), desk.open_work)
    for _ in range(2):
        await processor.process(wrap(event, source="svc-seal", now=clock.now()))
    await desk.work()
    assert [row.status for row in await desk.rows(license_table.c.status)] == [Status.VALID]
