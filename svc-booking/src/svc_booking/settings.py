"""Settings of svc-booking, from the environment."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """Rules of the city that may change without a release."""

    model_config = SettingsConfigDict(
        env_prefix="BOOKING_", frozen=True, extra="ignore", populate_by_name=True
    )

    days_ahead: int = Field(default=1, ge=0, le=30, description="opening days ahead that may be booked")
    closes_before: timedelta = Field(default=timedelta(minutes=5), description="booking ends before the slot")
