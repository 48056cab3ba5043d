"""What svc-booking is made of."""

from pathlib import Path

from lib_service import Service
from svc_booking.database import ANSWERS, MESSAGES, METADATA
from svc_booking.uow import BookingUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"

SERVICE = Service(
    name="svc-booking",
    title="预约与叫号服务",
    metadata=METADATA,
    messages=MESSAGES,
    answers=ANSWERS,
    uow=BookingUnitOfWork,
    migrations=MIGRATIONS,
)
