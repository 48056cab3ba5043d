"""Settings of svc-license, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """Addresses of the sister services and where files are kept."""

    model_config = SettingsConfigDict(
        env_prefix="LICENSE_", frozen=True, extra="ignore", populate_by_name=True
    )

    field_keys_file: Path = Field(validation_alias="FIELD_KEYS_FILE")
    files_url: str = Field(validation_alias="FILES_URL", description="file:///… or s3://…")
    catalog_url: str = Field(default="http://127.0.0.1:8011", validation_alias="CATALOG_URL")
    seal_url: str = Field(default="http://127.0.0.1:8014", validation_alias="SEAL_URL")
