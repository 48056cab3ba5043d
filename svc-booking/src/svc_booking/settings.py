"""Settings of svc-booking, from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings
from svc_booking.admission.domain import Policy


class Settings(ServiceSettings):
    """Rules of the city that may change without a release."""

    model_config = SettingsConfigDict(
        env_prefix="BOOKING_", frozen=True, extra="ignore", populate_by_name=True
    )

    admission_url: str | None = Field(default=None, description="asked before booking; empty: nobody is")
    admission_timeout: float = Field(default=1.0, gt=0, description="seconds")
    admission_cache: float = Field(default=60.0, ge=0, description="seconds an answer is remembered")
    admission_policy: Policy = Field(default=Policy.OPEN, description="while it does not answer")
