"""The installation's own certificate authority: root, issuing authority and seal maker, keys with a provider.

A city with keys of a licensed authority imports them by configuration; nothing else changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import pem

from lib_gm import (
    Issued,
    Sm2PrivateKey,
    Sm2PublicKey,
    Trust,
    issue,
    issue_authority,
    make_root,
    may_sign,
    public_key_of,
)
from svc_seal.keys import KeyProvider, MasterKeys, Pkcs11Keys, Pkcs11Token, SoftwareKeys
from svc_seal.keys.master import write_secret
from svc_seal.settings import Settings

ROOT_YEARS, AUTHORITY_YEARS, LEAF_YEARS = 20, 10, 5
YEAR = timedelta(days=365)
NAMES = ("root", "ca", "maker")


class ImportRefused(ValueError):
    """The imported authority does not fit together; the text says what is wrong."""


@dataclass(frozen=True)
class SignerIssued:
    """A new signer: certificate, key, and the provider's handle of the key."""

    issued: Issued
    handle: bytes


@dataclass(frozen=True)
class Authority:
    """Issues certificates and opens private keys.

    `software` always opens wrapped keys; `keys` is the provider that makes new ones. `roots` and
    `intermediates` are whom verification trusts, foreign ones included, `lists` their revocation lists.
    """

    software: SoftwareKeys
    keys: KeyProvider
    root: Issued
    ca: Issued
    maker: Issued
    roots: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()

    def issue_signer(self, name: str, code: str, now: datetime) -> SignerIssued:
        """Return a new signer certificate for a seal's owner, its key with the provider."""
        made = self.keys.create(f"seal:{code}")
        issued = issue(
            self.ca,
            f"{name} {code}",
            organisation=name,
            valid_from=now - timedelta(days=1),
            valid_until=now + LEAF_YEARS * YEAR,
            key=made.key,
        )
        return SignerIssued(issued, made.handle)

    def open_signer(self, certificate: bytes, handle: bytes, code: str) -> Issued:
        """Return the signer of a seal with its key. Raises KeyUnusable."""
        provider: KeyProvider = self.keys if handle.startswith(b"P11:") else self.software
        return Issued(certificate, provider.open(handle, f"seal:{code}"))

    def trust(self, own_list: bytes | None) -> Trust:
        """Return whom to believe, with the newest revocation list of the own authority."""
        lists = [*self.lists, *([own_list] if own_list else [])]
        return Trust.of(
            (self.root.certificate, *self.roots), (self.ca.certificate, *self.intermediates), lists
        )


def open_authority(folder: Path, now: datetime, settings: Settings | None = None) -> Authority:
    """Return the authority in the folder; a folder without one gets one.

    Raises:
        ImportRefused, MasterKeyUnusable, TokenFailed: the configuration does not fit.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    software = SoftwareKeys(_master_keys(folder, settings))
    if settings is not None and settings.import_dir is not None:
        _import(settings.import_dir, _password(settings), folder, software, now)
    _create_missing(folder, software, now)
    root, ca, maker = (_load(folder, name, software) for name in NAMES)
    authority = Authority(software, _provider(software, settings), root, ca, maker)
    if settings is None or settings.trust_dir is None:
        return authority
    return _trusting(authority, settings.trust_dir)


def _master_keys(folder: Path, settings: Settings | None) -> MasterKeys:
    if settings is not None and settings.master_keys is not None:
        return MasterKeys.from_json(settings.master_keys.get_secret_value())
    if settings is not None and settings.master_keys_file is not None:
        return MasterKeys.from_json(settings.master_keys_file.read_text(encoding="utf-8"))
    return MasterKeys.from_folder(folder)


def _provider(software: SoftwareKeys, settings: Settings | None) -> KeyProvider:
    if settings is None or settings.keys == "software":
        return software
    pin = settings.pkcs11_pin_file.read_text(encoding="utf-8").strip() if settings.pkcs11_pin_file else ""
    mechanism = settings.pkcs11_sm2_mechanism
    return Pkcs11Keys(Pkcs11Token(settings.pkcs11_library, settings.pkcs11_token, pin, mechanism=mechanism))


def _create_missing(folder: Path, software: SoftwareKeys, now: datetime) -> None:
    """Make what is not there: a folder of an earlier release has no issuing authority."""
    begin = now - timedelta(days=30)
    if not (folder / "root.cer").exists():
        key = software.create("root")
        root = make_root(
            "平顶山市政务服务演示根证书", valid_from=begin, valid_until=begin + ROOT_YEARS * YEAR, key=key.key
        )
        _keep(folder, "root", root.certificate, key.handle)
    if not (folder / "ca.cer").exists():
        root, key = _load(folder, "root", software), software.create("ca")
        until = begin + AUTHORITY_YEARS * YEAR
        ca = issue_authority(
            root, "平顶山市政务服务电子印章签发机构", valid_from=begin, valid_until=until, key=key.key
        )
        _keep(folder, "ca", ca.certificate, key.handle)
    if not (folder / "maker.cer").exists():
        ca, key = _load(folder, "ca", software), software.create("maker")
        until = begin + AUTHORITY_YEARS * YEAR
        maker = issue(ca, "平顶山市电子印章制作中心", valid_from=begin, valid_until=until, key=key.key)
        _keep(folder, "maker", maker.certificate, key.handle)


def _import(
    source: Path, password: bytes | None, folder: Path, software: SoftwareKeys, now: datetime
) -> None:
    """Take in an authority's certificates and keys: checked first, its keys wrapped, nothing half done."""
    root, ca = _certificate(source / "root.pem"), _certificate(source / "ca.pem")
    if (folder / "ca.cer").exists() and (folder / "ca.cer").read_bytes() == ca:
        return
    keys = {"ca": _private_key(source / "ca.key", password, ca)}
    certificates = {"ca": ca}
    if Trust((root,)).path_of(ca) is None:
        raise ImportRefused("ca.pem was not issued by root.pem, or one of them is no authority")
    if (source / "maker.pem").exists():
        certificates["maker"] = _certificate(source / "maker.pem")
        keys["maker"] = _private_key(source / "maker.key", password, certificates["maker"])
        if Trust((root,), (ca,)).path_of(certificates["maker"]) is None or not may_sign(
            certificates["maker"]
        ):
            raise ImportRefused("maker.pem was not issued by ca.pem, or may not sign")
    else:
        until = now + AUTHORITY_YEARS * YEAR
        keys["maker"] = Sm2PrivateKey.generate()
        certificates["maker"] = issue(
            Issued(ca, keys["ca"]),
            "平顶山市电子印章制作中心",
            valid_from=now,
            valid_until=until,
            key=keys["maker"],
        ).certificate
    for name in ("maker", "ca"):
        _keep(folder, name, certificates[name], software.keep(keys[name], name).handle)
    # The root's key stays with the licensed authority.
    write_secret(folder / "root.cer", root)
    (folder / "root.key").unlink(missing_ok=True)


def _trusting(authority: Authority, folder: Path) -> Authority:
    roots = tuple(_certificate(path) for path in sorted(folder.glob("*.root.pem")))
    others = tuple(
        _certificate(path) for path in sorted(folder.glob("*.pem")) if not path.name.endswith(".root.pem")
    )
    lists = tuple(_unarmored(path.read_bytes()) for path in sorted(folder.glob("*.crl")))
    found = replace(authority, roots=roots, intermediates=others, lists=lists)
    found.trust(None)
    return found


def _load(folder: Path, name: str, software: SoftwareKeys) -> Issued:
    certificate, path = (folder / f"{name}.cer").read_bytes(), folder / f"{name}.key"
    if not path.exists():
        return Issued(certificate, _NoKey())
    return Issued(certificate, software.open(path.read_bytes(), name))


class _NoKey:
    """Stands for the key of an imported root, which is not here."""

    def sign(self, message: bytes) -> bytes:
        raise ImportRefused("the root's key is not in this installation")

    def public_key(self) -> Sm2PublicKey:
        raise ImportRefused("the root's key is not in this installation")


def _keep(folder: Path, name: str, certificate: bytes, handle: bytes) -> None:
    # The key first: a certificate without its key would count as complete.
    write_secret(folder / f"{name}.key", handle)
    write_secret(folder / f"{name}.cer", certificate)


def _password(settings: Settings) -> bytes | None:
    path = settings.import_password_file
    return path.read_text(encoding="utf-8").strip().encode() if path else None


def _certificate(path: Path) -> bytes:
    try:
        der = _unarmored(path.read_bytes())
        public_key_of(der)
    except (OSError, ValueError, TypeError) as error:
        raise ImportRefused(f"{path.name} is no certificate with an SM2 key") from error
    return der


def _private_key(path: Path, password: bytes | None, certificate: bytes) -> Sm2PrivateKey:
    try:
        key = Sm2PrivateKey.from_pem(path.read_bytes(), password)
    except (OSError, ValueError) as error:
        raise ImportRefused(
            f"{path.name} cannot be read: missing, no SM2 key, or another password"
        ) from error
    if key.public_key().spki() != public_key_of(certificate).spki():
        raise ImportRefused(f"{path.name} does not belong to its certificate")
    return key


def _unarmored(data: bytes) -> bytes:
    der: bytes = pem.unarmor(data)[2] if pem.detect(data) else data
    return der


def certificates_pem(certificates: Sequence[bytes]) -> bytes:
    """Return certificates as PEM, one after another."""
    return b"".join(pem.armor("CERTIFICATE", der) for der in certificates)
