"""Routes of places, open to everyone."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from lib_service.web import ReadSession
from lib_web import AnyCaller, problems, tagged
from svc_catalog.place import store
from svc_catalog.place.domain import NoSuchPlace
from svc_catalog.place.schemas import DepartmentList, DivisionList, ServicePointList, ServicePointOut

router = APIRouter(prefix="/v1", tags=["网点与部门"])

Filter = Annotated[str | None, Query(max_length=40)]


@router.get("/divisions", response_model=DivisionList)
async def list_divisions(request: Request, caller: AnyCaller, session: ReadSession) -> Response:
    """List all divisions (行政区划)."""
    records = await store.all_of(session, store.division)
    return tagged(request, DivisionList.model_validate({"items": records}), max_age=300)


@router.get("/departments", response_model=DepartmentList)
async def list_departments(request: Request, caller: AnyCaller, session: ReadSession) -> Response:
    """List all departments (部门)."""
    records = await store.all_of(session, store.department)
    return tagged(request, DepartmentList.model_validate({"items": records}), max_age=300)


@router.get("/service-points", response_model=ServicePointList)
async def list_service_points(
    request: Request,
    caller: AnyCaller,
    session: ReadSession,
    kind: Filter = None,
    division: Annotated[str | None, Query(pattern=r"^\d{6,12}$", description="含下级区划")] = None,
    group: Annotated[str | None, Query(max_length=40, description="业务窗口组")] = None,
) -> Response:
    """List service points (服务网点)."""
    records = await store.points(session, kind=kind, division=division, group=group)
    return tagged(request, ServicePointList.model_validate({"items": records}), max_age=60)


@router.get("/service-points/{code}", response_model=ServicePointOut, responses=problems(NoSuchPlace))
async def get_service_point(
    code: Annotated[str, Path(max_length=40)], request: Request, caller: AnyCaller, session: ReadSession
) -> Response:
    """Return one service point."""
    record = await store.one_point(session, code)
    return tagged(request, ServicePointOut.model_validate(record), max_age=60)
