"""Settings of svc-catalog, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """Keys for what applicants write, where files are kept, and who is asked outside.

    An address left empty means that nobody is connected there, which is then said and never hides an error.
    """

    model_config = SettingsConfigDict(
        env_prefix="CATALOG_", frozen=True, extra="ignore", populate_by_name=True
    )

    field_keys_file: Path = Field(validation_alias="FIELD_KEYS_FILE")
    files_url: str = Field(
        default="file:///var/lib/city/files", validation_alias="FILES_URL", description="file:///… or s3://…"
    )
    license_url: str = Field(default="", validation_alias="LICENSE_URL")
    person_id_key_file: Path | None = Field(default=None, validation_alias="PERSON_ID_KEY_FILE")
    departments_url: str = Field(default="", description="data services of departments (部门数据接口)")
    carrier_url: str = Field(default="", description="postal service that answers where parcels are")
    inhabitants: int = Field(
        default=5_048_000,
        ge=1,
        description="for figures per inhabitant; 2021: 2.76 million registered users were 54.67 % of them",
    )
    exchange_partners: dict[str, str] = Field(
        default={}, description='partner cities and their addresses, {"320583": "https://…"}'
    )
    exchange_key_file: Path | None = Field(default=None, description="Ed25519 key (PEM) of signed transfers")
    exchange_key_id: str = "pingdingshan-1"
