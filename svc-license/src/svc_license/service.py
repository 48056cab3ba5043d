"""What svc-license is made of."""

from pathlib import Path

from lib_service import Service
from svc_license.checking import store as _attempts  # noqa: F401 - its table belongs to the metadata
from svc_license.database import ANSWERS, MESSAGES, METADATA
from svc_license.uow import LicenseUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"

SERVICE = Service(
    name="svc-license",
    title="电子证照服务",
    metadata=METADATA,
    messages=MESSAGES,
    answers=ANSWERS,
    uow=LicenseUnitOfWork,
    migrations=MIGRATIONS,
)
