"""Routes of kinds."""

from fastapi import APIRouter

from lib_service.web import ReadSession
from lib_web import AnyCaller, problems
from svc_license.kind import store
from svc_license.kind.domain import Kind, NoSuchKind
from svc_license.kind.schemas import KindList, KindOut

router = APIRouter(prefix="/v1", tags=["证照类型"])


@router.get("/license-types")
async def list_kinds(caller: AnyCaller, session: ReadSession) -> KindList:
    """List the kinds of licences (证照类型)."""
    return KindList(items=[_out(kind) for kind in await store.every(session)])


@router.get("/license-types/{code}", responses=problems(NoSuchKind))
async def get_kind(code: str, caller: AnyCaller, session: ReadSession) -> KindOut:
    """Return a kind of licence with the fields it has."""
    return _out(await store.one(session, code))


def _out(kind: Kind) -> KindOut:
    return KindOut(
        code=kind.code,
        name=kind.name,
        issuer=kind.issuer,
        issuer_name=kind.issuer_name,
        holder_kind=kind.holder_kind,
        validity=kind.validity.rule.value,
        fields=dict(kind.schema),
    )
