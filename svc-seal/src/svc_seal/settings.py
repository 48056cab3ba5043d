"""Settings of svc-seal, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """`keys_dir` holds the master key and the certificate authority of this installation."""

    model_config = SettingsConfigDict(env_prefix="SEAL_", frozen=True, extra="ignore", populate_by_name=True)

    keys_dir: Path = Field(description="folder with master.key, root and maker; made on first use")
