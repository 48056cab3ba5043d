"""What svc-catalog is made of."""

from pathlib import Path

from lib_service import Service
from svc_catalog.database import ANSWERS, MESSAGES, METADATA
from svc_catalog.uow import CatalogUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"

SERVICE = Service(
    name="svc-catalog",
    title="事项与办件服务",
    metadata=METADATA,
    messages=MESSAGES,
    answers=ANSWERS,
    uow=CatalogUnitOfWork,
    migrations=MIGRATIONS,
)
