"""Settings of svc-seal, from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from lib_service import ServiceSettings


class Settings(ServiceSettings):
    """`keys_dir` holds the certificate authority of this installation and, unless given, its master keys."""

    model_config = SettingsConfigDict(env_prefix="SEAL_", frozen=True, extra="ignore", populate_by_name=True)

    keys_dir: Path = Field(description="folder of the authority and its master key; made on first use")
    public_origin: str = Field(
        default="",
        validation_alias="PUBLIC_ORIGIN",
        description="the city's address: PDF certificates say that their revocation list is there",
    )
    master_keys: SecretStr | None = Field(
        default=None, description='{"current": "m1", "keys": {"m1": base64 of 16 bytes}} instead of a file'
    )
    master_keys_file: Path | None = Field(default=None, description="file with the same JSON")
    import_dir: Path | None = Field(
        default=None, description="ca.pem, ca.key, root.pem (maker.pem, maker.key) of a real authority"
    )
    import_password_file: Path | None = Field(default=None, description="password of the imported keys")
    trust_dir: Path | None = Field(
        default=None,
        description="further roots (*.root.pem), authorities (*.pem) and lists (*.crl) to verify with",
    )
    keys: Literal["software", "pkcs11"] = Field(default="software", description="where new keys are made")
    pkcs11_library: str = Field(default="", description="path of the device's PKCS#11 library")
    pkcs11_token: str = Field(default="", description="label of the token")
    pkcs11_pin_file: Path | None = Field(default=None, description="file with the user PIN")
    pkcs11_sm2_mechanism: int = Field(default=0, description="the maker's number of SM2 signatures over e")
    pdf_tsa_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="time-stamp authority (RFC 3161) that PDF signatures are stamped by; none without",
    )
    pdf_tsa_roots_file: Path | None = Field(
        default=None, description="PEM: the roots of time-stamp authorities that verification believes"
    )
    signing_threads: int = Field(default=2, ge=1, le=64)
