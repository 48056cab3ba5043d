"""The lean way to the booking route: the opening minute cannot afford more."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from lib_web import ExpressRoute, KeyedRequest
from svc_booking.appointment.desk import Desk, DeskSupplies
from svc_booking.appointment.schemas import AppointmentCreate


class BookingRoute(ExpressRoute):
    """A route whose handler takes `body`, `caller`, `desk` and `clock`; the desk knows repeated requests."""

    scopes = ("citizen", "clerk")
    model = AppointmentCreate

    def supplies(self, request: Request, keyed: KeyedRequest | None) -> Mapping[str, Any]:
        """Return the desk and the clock."""
        state = request.app.state
        return {"desk": Desk(state.components[DeskSupplies], keyed), "clock": state.runtime.clock}
