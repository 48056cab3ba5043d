"""Public events of applications."""

from typing import Any

from lib_contracts import Event
from lib_kernel import Clock
from svc_catalog.application.domain import Application


def event_of(kind: type[Event], application: Application, clock: Clock, **more: Any) -> Event:
    """Return an event about an application: ids, codes and times."""
    return kind.model_validate(
        {
            "application_id": application.id,
            "case_number": application.case_number,
            "person_id": application.person_id,
            "item_code": application.item_code,
            "item_name": application.item_name,
            "department": application.department,
            "service_point": application.service_point,
            "appointment_id": application.appointment_id,
            "happened_at": clock.now(),
            "channel": application.channel,
            "partner": application.partner,
            **more,
        }
    )
