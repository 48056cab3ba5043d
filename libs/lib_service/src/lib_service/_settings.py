"""Settings that every service has. A service adds its own in `settings.py`, with its prefix."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read from the environment. A subclass sets `env_prefix`: the database has the service's prefix."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    database_url: str = Field(description="postgresql+asyncpg://user:password@host:port/database")
    database_pool: int = Field(default=10, ge=1)
    nats_url: str = Field(default="nats://127.0.0.1:4222", validation_alias="NATS_URL")
    internal_keys_file: Path = Field(validation_alias="INTERNAL_KEYS_FILE")
    internal_signing_key_file: Path | None = Field(default=None, validation_alias="INTERNAL_SIGNING_KEY_FILE")
    clock_file: str | None = Field(default=None, validation_alias="CLOCK_FILE")
    city_data_dir: Path = Field(default=Path("deploy/demo/city"), validation_alias="CITY_DATA_DIR")
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")
