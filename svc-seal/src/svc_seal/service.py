"""What svc-seal is made of."""

from pathlib import Path

from lib_service import Service
from svc_seal.database import ANSWERS, MESSAGES, METADATA
from svc_seal.uow import SealUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"

SERVICE = Service(
    name="svc-seal",
    title="电子印章服务",
    metadata=METADATA,
    messages=MESSAGES,
    answers=ANSWERS,
    uow=SealUnitOfWork,
    migrations=MIGRATIONS,
)
