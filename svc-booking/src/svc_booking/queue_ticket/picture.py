"""The code of an appointment (预约码) as a picture."""

import io
from uuid import UUID

import segno


def check_in_code(appointment_id: UUID) -> bytes:
    """Return an SVG of the QR code that holds the appointment's id, which nobody can guess."""
    picture = io.BytesIO()
    segno.make(str(appointment_id), error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, xmldecl=False
    )
    return picture.getvalue()
