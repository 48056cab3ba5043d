"""Settings of svc-license, from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """Addresses of the sister services and of the province, keys, and where files are kept."""

    model_config = SettingsConfigDict(
        env_prefix="LICENSE_", frozen=True, extra="ignore", populate_by_name=True
    )

    field_keys_file: Path = Field(validation_alias="FIELD_KEYS_FILE")
    person_id_key_file: Path = Field(validation_alias="PERSON_ID_KEY_FILE")
    files_url: str = Field(validation_alias="FILES_URL", description="file:///… or s3://…")
    public_origin: str = Field(
        default="http://127.0.0.1:8000", validation_alias="PUBLIC_ORIGIN", description="where QR codes lead"
    )
    catalog_url: str = Field(default="http://127.0.0.1:8011", validation_alias="CATALOG_URL")
    seal_url: str = Field(default="http://127.0.0.1:8014", validation_alias="SEAL_URL")
    province_url: str | None = Field(default=None, description="provincial platform; none: nothing is sent")
    province_access_id: str = ""
    province_access_token: SecretStr = SecretStr("")
