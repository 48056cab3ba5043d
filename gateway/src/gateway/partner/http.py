"""The life of a partner over HTTP: for administrators, and what a partner may ask about itself."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from gateway.callers import Admin
from gateway.callers import Partner as PartnerCaller
from gateway.keys import check_public_key
from gateway.partner import schemas
from gateway.partner.domain import Contact, Partner, PartnerKey
from gateway.partner.store import Partners
from gateway.partner.usage import Usage, UsageRow
from gateway.webhook.poster import Outside
from lib_kernel import CITY_ZONE, Clock, Invalid, StaleVersion
from lib_sheets import XLSX_MEDIA_TYPE, Sheet, write_workbook
from lib_web import Day

LONGEST_REPORT = 92
Cell = str | int | float | date | datetime | None
IfMatch = Annotated[str | None, Header(max_length=40, description="ETag 原样带回，防止覆盖他人的修改")]
Bound = Annotated[Day | None, Query()]


def partner_router(partners: Partners, usage: Usage, outside: Outside, clock: Clock) -> APIRouter:
    """Return the operations of partners."""
    router = APIRouter(tags=["合作机构"])

    def answer(response: Response, found: tuple[Partner, int]) -> schemas.PartnerOut:
        response.headers["etag"] = f'"{found[1]}"'
        return schemas.out(found[0])

    def key_of(body: schemas.KeyCreate) -> PartnerKey:
        pem = check_public_key(body.algorithm, body.public_key)
        return PartnerKey(body.key_id, body.algorithm, pem, clock.now())

    @router.post("/v1/partners", status_code=201)
    async def register_partner(
        body: schemas.PartnerCreate, caller: Admin, response: Response
    ) -> schemas.PartnerOut:
        """Register a partner with its first key (登记合作机构)."""
        partner = replace(
            Partner(body.code, body.name, Contact("", "", ""), clock.now(), keys=(key_of(body.key),)),
            is_sandbox=body.is_sandbox,
            **schemas.terms(body, outside),  # type: ignore[arg-type] # the members' types are checked there
        )
        await partners.create(partner, by=caller.subject)
        return answer(response, await partners.get(body.code))

    @router.get("/v1/partners")
    async def list_partners(caller: Admin) -> schemas.PartnersOut:
        """List all partners."""
        return schemas.PartnersOut(items=[schemas.out(partner) for partner in await partners.all()])

    @router.get("/v1/partners/{code}")
    async def read_partner(code: str, caller: Admin, response: Response) -> schemas.PartnerOut:
        """Show a partner."""
        return answer(response, await partners.get(code))

    @router.put("/v1/partners/{code}")
    async def change_partner(
        code: str,
        body: schemas.PartnerTerms,
        caller: Admin,
        response: Response,
        if_match: IfMatch = None,
    ) -> schemas.PartnerOut:
        """Change what a partner is granted: name, contact, scopes, addresses, quotas, webhook, events."""

        def edit(partner: Partner) -> Partner:
            return replace(partner, **schemas.terms(body, outside, partner.webhook))  # type: ignore[arg-type] # as above

        changed = await partners.change(
            code,
            edit,
            action="changed",
            by=caller.subject,
            revision=_revision(if_match),
            terms=body.model_dump(),
        )
        return answer(response, changed)

    @router.post("/v1/partners/{code}/keys", status_code=201)
    async def add_key(
        code: str, body: schemas.KeyCreate, caller: Admin, response: Response
    ) -> schemas.PartnerOut:
        """Add a second key beside the first, so that the partner can change over (密钥轮换)."""
        key = key_of(body)
        changed = await partners.change(
            code,
            lambda partner: partner.with_key(key, clock.now()),
            action="key added",
            by=caller.subject,
            key_id=key.key_id,
        )
        return answer(response, changed)

    @router.post("/v1/partners/{code}/keys/{key_id}/retirement")
    async def retire_key(
        code: str, key_id: str, body: schemas.KeyRetirement, caller: Admin, response: Response
    ) -> schemas.PartnerOut:
        """Refuse a key from a time on, or at once (停用密钥)."""
        now = clock.now()
        at = body.at or now
        if at.tzinfo is None:
            raise Invalid("时间须带时区", field="at")
        changed = await partners.change(
            code,
            lambda partner: partner.with_key_retired(key_id, at, now),
            action="key retired",
            by=caller.subject,
            key_id=key_id,
            at=at,
        )
        return answer(response, changed)

    @router.post("/v1/partners/{code}/suspension")
    async def suspend(
        code: str, body: schemas.Reason, caller: Admin, response: Response
    ) -> schemas.PartnerOut:
        """Shut a partner out on every replica (暂停接入); its calls wait meanwhile."""
        changed = await partners.change(
            code,
            lambda partner: partner.suspended(body.reason),
            action="suspended",
            by=caller.subject,
            reason=body.reason,
        )
        return answer(response, changed)

    @router.post("/v1/partners/{code}/reinstatement")
    async def reinstate(
        code: str, body: schemas.Reason, caller: Admin, response: Response
    ) -> schemas.PartnerOut:
        """Let a partner in again (恢复接入)."""
        changed = await partners.change(
            code, Partner.reinstated, action="reinstated", by=caller.subject, reason=body.reason
        )
        return answer(response, changed)

    @router.get("/v1/partners/{code}/audit")
    async def read_audit(code: str, caller: Admin) -> schemas.AuditOut:
        """Show who changed the partner (变更记录)."""
        return schemas.AuditOut.model_validate({"items": await partners.history(code)})

    @router.get("/v1/partners/{code}/usage")
    async def read_usage(
        code: str, caller: Admin, request: Request, first: Bound = None, last: Bound = None
    ) -> schemas.UsageOut:
        """Show a partner's requests by day, operation and status (调用统计)."""
        return _usage(code, await report(code, first, last))

    @router.get("/v1/partners/{code}/usage.xlsx", response_class=Response)
    async def download_usage(code: str, caller: Admin, first: Bound = None, last: Bound = None) -> Response:
        """Download a partner's requests as a workbook."""
        rows: list[list[Cell]] = [
            [row.day, row.operation, row.status, row.count] for row in await report(code, first, last)
        ]
        book = write_workbook([Sheet("调用统计", ["日期", "接口", "状态", "次数"], rows)])
        headers = {"content-disposition": f'attachment; filename="usage-{code}.xlsx"'}
        return Response(book, media_type=XLSX_MEDIA_TYPE, headers=headers)

    @router.get("/v1/me")
    async def read_self(caller: PartnerCaller) -> schemas.PartnerOut:
        """Show how the calling partner is registered."""
        return schemas.out((await partners.get(caller.subject))[0])

    @router.get("/v1/me/usage")
    async def read_own_usage(
        caller: PartnerCaller, first: Bound = None, last: Bound = None
    ) -> schemas.UsageOut:
        """Show the calling partner's own requests."""
        return _usage(caller.subject, await report(caller.subject, first, last))

    async def report(code: str, first: date | None, last: date | None) -> list[UsageRow]:
        await partners.get(code)
        end = last or clock.now().astimezone(CITY_ZONE).date()
        begin = first or end - timedelta(days=30)
        if not timedelta(0) <= end - begin < timedelta(days=LONGEST_REPORT):
            raise Invalid(f"起止日期须先后有序且不超过 {LONGEST_REPORT} 天", field="first")
        await usage.flush()
        return await usage.report(code, begin, end)

    return router


def _usage(code: str, rows: list[UsageRow]) -> schemas.UsageOut:
    items = [schemas.UsageRowOut.model_validate(row) for row in rows]
    return schemas.UsageOut(partner=code, total=sum(row.count for row in rows), items=items)


def _revision(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    bare = if_match.strip().strip('"')
    if not bare.isdigit():
        raise StaleVersion
    return int(bare)
