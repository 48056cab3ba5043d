"""Settings of svc-complaint, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """Deadlines are the city's own; no national number of days was set."""

    model_config = SettingsConfigDict(
        env_prefix="COMPLAINT_", frozen=True, extra="ignore", populate_by_name=True
    )

    field_keys_file: Path = Field(validation_alias="FIELD_KEYS_FILE")
    rectification_days: int = Field(default=5, ge=1, le=60, description="working days to solve a case")
