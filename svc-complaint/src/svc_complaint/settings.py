"""Settings of svc-complaint, from the environment."""

from datetime import time
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """What the city decides for itself; deadlines of cases are part of their kinds."""

    model_config = SettingsConfigDict(
        env_prefix="COMPLAINT_", frozen=True, extra="ignore", populate_by_name=True
    )

    field_keys_file: Path = Field(validation_alias="FIELD_KEYS_FILE")
    files_url: str = Field(default="file:///tmp/city-files", validation_alias="FILES_URL")
    largest_attachment: int = Field(default=5 * 1024 * 1024, ge=1, description="bytes")
    most_attachments: int = Field(default=9, ge=0, description="for one case")
    rating_days: int = Field(default=30, ge=1, description="days in which a service may be rated")
    ratings_a_day: int = Field(default=10, ge=1, description="more of one person in a day are flagged")
    window_ratings: int = Field(default=20, ge=1, description="more of one window in ten minutes are flagged")
    digest_at: time = Field(default=time(8, 0), description="when yesterday's digest is made, in the city")
    digest_days_back: int = Field(default=31, ge=1, description="missing days made up at most")
    platform_url: str | None = Field(default=None, description="the other platform (民呼必应); none: queued")
    platform_name: str = Field(default="minhubiying", description="its code")
    platform_key_file: Path | None = Field(default=None, description="shared key that signs both ways")
