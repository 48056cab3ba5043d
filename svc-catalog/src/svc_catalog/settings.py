"""Settings of svc-catalog, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """The field keys encrypt what applicants write."""

    model_config = SettingsConfigDict(
        env_prefix="CATALOG_", frozen=True, extra="ignore", populate_by_name=True
    )

    field_keys_file: Path = Field(validation_alias="FIELD_KEYS_FILE")
