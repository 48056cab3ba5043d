"""Settings of the gateway, from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`public_origin` is what clients see: signatures of requests are over it, never over the Host header."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", frozen=True, extra="ignore", populate_by_name=True
    )

    public_origin: str = Field(default="http://127.0.0.1:8000", validation_alias="PUBLIC_ORIGIN")
    nats_url: str = Field(default="nats://127.0.0.1:4222", validation_alias="NATS_URL")
    internal_signing_key_file: Path = Field(validation_alias="INTERNAL_SIGNING_KEY_FILE")
    person_id_key_file: Path = Field(validation_alias="PERSON_ID_KEY_FILE")
    oidc_issuer: str = Field(validation_alias="OIDC_ISSUER")
    oidc_audience: str = Field(default="pingdingshan-gateway", validation_alias="OIDC_AUDIENCE")
    oidc_jwks_url: str = Field(validation_alias="OIDC_JWKS_URL")
    oidc_client_id: str = Field(
        default="pingdingshan-gateway",
        validation_alias="OIDC_CLIENT_ID",
        description="as what staff's browsers are sent to log in",
    )
    oidc_client_secret_file: Path | None = Field(default=None, validation_alias="OIDC_CLIENT_SECRET_FILE")
    oidc_person_claim: str = "person_id"
    oidc_staff_claim: str = "staff_id"
    catalog_url: str = Field(
        default="http://127.0.0.1:8011",
        validation_alias="CATALOG_URL",
        description="addresses of a service's replicas, separated by commas",
    )
    booking_url: str = Field(default="http://127.0.0.1:8012", validation_alias="BOOKING_URL")
    license_url: str = Field(default="http://127.0.0.1:8013", validation_alias="LICENSE_URL")
    seal_url: str = Field(default="http://127.0.0.1:8014", validation_alias="SEAL_URL")
    complaint_url: str = Field(default="http://127.0.0.1:8015", validation_alias="COMPLAINT_URL")
    largest_body: int = Field(default=8 * 1024 * 1024, description="bytes")
    upstream_seconds: float = Field(default=10.0, description="longest silence of a service")
    patience_seconds: float = Field(default=3.0, description="how long a service may take to come back")
    body_seconds: float = Field(default=20.0, description="for a request's body to arrive")
    head_seconds: float = Field(default=10.0, description="for a request's head to arrive")
    keep_alive_seconds: int = Field(
        default=75, description="longer than a load balancer in front keeps idle connections"
    )
    drain_seconds: float = Field(default=3.0, description="at a stop: for load balancers and clients to move")
    longest_drain_seconds: float = Field(default=25.0, description="at a stop: for requests in hand")
    cache_bytes: int = Field(default=64 * 1024 * 1024, description="catalogue answers kept in memory")
    most_in_flight: int = 1000
    most_streams: int = Field(default=5000, description="open server-sent event streams")
    most_streams_of_one: int = Field(
        default=100, description="of one person or terminal; without a name of one address"
    )
    cors_origins: dict[str, list[str]] = Field(
        default={}, description='sites whose scripts may call a channel: {"pc": ["https://…"]}'
    )
    requests_per_second: float = Field(default=100.0, description="of one caller, lasting")
    burst: float = Field(default=200.0, description="of one caller, at once")
    failures_per_second: float = Field(
        default=0.5, description="wrong signatures, tokens and one-time codes from one address, lasting"
    )
    failure_burst: float = Field(default=60.0, description="of one address, at once")
    clock_file: str | None = Field(default=None, validation_alias="CLOCK_FILE")
    trusted_proxies: tuple[str, ...] = Field(default=(), description="whose X-Forwarded-For is believed")
    webhook_key_file: Path | None = Field(default=None, validation_alias="WEBHOOK_KEY_FILE")
    webhook_sm2_key_file: Path | None = Field(default=None, validation_alias="WEBHOOK_SM2_KEY_FILE")
    webhook_allow_inner: bool = Field(
        default=False, description="calls into private networks: local runs only"
    )
    webhook_allow_http: bool = Field(default=False, description="calls without TLS: local runs only")
    webhook_seconds: float = Field(default=10.0, description="longest call")
    webhook_first_retry: timedelta = timedelta(seconds=5)
    webhook_longest_retry: timedelta = timedelta(hours=1)
    webhook_give_up: timedelta = timedelta(hours=24)
    webhook_rest: timedelta = Field(default=timedelta(minutes=1), description="longest rest of a partner")
    wechat_connector: str = Field(default="console", pattern="^(console|null)$")
    sms_connector: str = Field(default="console", pattern="^(console|null)$")
    notice_connector: Literal["console", "smtp", "http"] = Field(
        default="console", description="how the operator and partners' contacts are told what needs a person"
    )
    notice_operator: str = Field(default="", description="smtp: the operator's mail address")
    notice_from: str = Field(default="", description="smtp: the sender's mail address")
    notice_smtp_host: str = ""
    notice_smtp_port: int = 465
    notice_smtp_security: Literal["tls", "starttls", "none"] = "tls"
    notice_user: str = Field(default="", description="smtp: who logs in; empty for nobody")
    notice_password_file: Path | None = Field(default=None, description="smtp: password; http: bearer token")
    notice_url: str = Field(default="", description="http: where notices are posted")
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")

    @model_validator(mode="after")
    def _notices_have_a_way(self) -> Self:
        needed = {
            "smtp": ("notice_operator", "notice_from", "notice_smtp_host"),
            "http": ("notice_url",),
        }
        missing = [name for name in needed.get(self.notice_connector, ()) if not getattr(self, name)]
        if missing:
            raise ValueError(f"notice_connector {self.notice_connector} needs {', '.join(missing)}")
        return self

    @property
    def is_https(self) -> bool:
        """Return whether clients reach the platform by HTTPS only."""
        return self.public_origin.startswith("https://")

    def upstreams(self) -> dict[str, list[str]]:
        """Return the addresses of each service."""
        named = {
            "catalog": self.catalog_url,
            "booking": self.booking_url,
            "license": self.license_url,
            "seal": self.seal_url,
            "complaint": self.complaint_url,
        }
        return {name: [url.strip().rstrip("/") for url in urls.split(",")] for name, urls in named.items()}
