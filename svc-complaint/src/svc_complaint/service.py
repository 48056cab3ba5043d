"""What svc-complaint is made of."""

from pathlib import Path

from lib_service import Service
from svc_complaint.database import ANSWERS, MESSAGES, METADATA
from svc_complaint.uow import ComplaintUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"

SERVICE = Service(
    name="svc-complaint",
    title="诉求与评价服务",
    metadata=METADATA,
    messages=MESSAGES,
    answers=ANSWERS,
    uow=ComplaintUnitOfWork,
    migrations=MIGRATIONS,
)
