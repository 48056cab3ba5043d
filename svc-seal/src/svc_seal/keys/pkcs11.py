"""Keys in a PKCS#11 device (密码机): they are made there and never leave it.

PKCS#11 has no standard mechanism for SM2 signatures; makers number their own. The number is a setting. The
digest e = SM3(Z || M) is computed here and signed there, as those mechanisms want it; the answer is r || s.
"""

import threading
from typing import Any, Protocol

import pkcs11
from asn1crypto import core
from pkcs11.util.ec import encode_named_curve_parameters

from lib_gm import SigningKey, Sm2PublicKey, signature_from_raw, signed_digest
from svc_seal.keys.provider import KeyUnusable, NewKey

PREFIX = b"P11:"
SM2_CURVE = "1.2.156.10197.1.301"
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


class TokenFailed(Exception):
    """The device refused or failed; the text is the error's name."""


class Token(Protocol):
    """What is asked of a device."""

    def generate(self, label: str) -> bytes:
        """Make a key pair on the SM2 curve and return its point x || y. Raises TokenFailed."""
        ...

    def point(self, label: str) -> bytes:
        """Return the point of a key. Raises TokenFailed."""
        ...

    def sign(self, label: str, digest: bytes) -> bytes:
        """Return r || s over a 32-byte digest. Raises TokenFailed."""
        ...


class Pkcs11Keys:
    """Keys of a device; a handle is the label of the key in it."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def create(self, label: str) -> NewKey:
        """Return a new key. Raises KeyUnusable."""
        try:
            return NewKey(
                _DeviceKey(self._token, label, self._token.generate(label)), PREFIX + label.encode()
            )
        except TokenFailed as error:
            raise KeyUnusable(f"密码设备不能生成密钥（{error}）") from error

    def open(self, handle: bytes, label: str) -> SigningKey:
        """Return the key of a handle. Raises KeyUnusable."""
        if handle != PREFIX + label.encode():
            raise KeyUnusable("密钥不在密码设备中")
        try:
            return _DeviceKey(self._token, label, self._token.point(label))
        except TokenFailed as error:
            raise KeyUnusable(f"密码设备中没有此密钥（{error}）") from error


class _DeviceKey:
    def __init__(self, token: Token, label: str, point: bytes) -> None:
        self._token = token
        self._label = label
        self._public = Sm2PublicKey.from_spki(SPKI_HEAD + point)

    def public_key(self) -> Sm2PublicKey:
        return self._public

    def sign(self, message: bytes) -> bytes:
        try:
            raw = self._token.sign(self._label, signed_digest(self._public, message))
            return signature_from_raw(raw)
        except (TokenFailed, ValueError) as error:
            raise KeyUnusable(f"密码设备不能签名（{error}）") from error


class Pkcs11Token:
    """A device behind a PKCS#11 library. One session, used by one thread at a time."""

    def __init__(self, library: str, token: str, pin: str, *, mechanism: int) -> None:
        self._mechanism = vendor_mechanism(mechanism)
        self._lock = threading.Lock()
        try:
            self._session: Any = pkcs11.lib(library).get_token(token_label=token).open(rw=True, user_pin=pin)
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise TokenFailed(type(error).__name__) from error

    def close(self) -> None:
        """Log out."""
        self._session.close()

    def generate(self, label: str) -> bytes:
        """Make a key pair on the SM2 curve and return its point x || y. Raises TokenFailed."""
        with self._lock:
            try:
                curve = encode_named_curve_parameters(SM2_CURVE)
                parameters = self._session.create_domain_parameters(
                    pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
                )
                public, _private = parameters.generate_keypair(store=True, label=label)
                return _point(public)
            except pkcs11.PKCS11Error as error:
                raise TokenFailed(type(error).__name__) from error

    def point(self, label: str) -> bytes:
        """Return the point of a key. Raises TokenFailed."""
        with self._lock:
            try:
                return _point(self._session.get_key(label=label, object_class=pkcs11.ObjectClass.PUBLIC_KEY))
            except pkcs11.PKCS11Error as error:
                raise TokenFailed(type(error).__name__) from error

    def sign(self, label: str, digest: bytes) -> bytes:
        """Return r || s over a 32-byte digest. Raises TokenFailed."""
        with self._lock:
            try:
                key = self._session.get_key(label=label, object_class=pkcs11.ObjectClass.PRIVATE_KEY)
                signature: bytes = key.sign(digest, mechanism=self._mechanism)
            except pkcs11.PKCS11Error as error:
                raise TokenFailed(type(error).__name__) from error
            return signature


def _point(key: Any) -> bytes:
    encoded = core.OctetString.load(key[pkcs11.Attribute.EC_POINT]).native
    if len(encoded) != 65 or encoded[:1] != b"\x04":
        raise TokenFailed("the point is not uncompressed on a 256-bit curve")
    return bytes(encoded[1:])


def vendor_mechanism(number: int) -> Any:
    """Return a mechanism of a maker's own number: the library's enumeration knows only the standard's."""
    member = int.__new__(pkcs11.Mechanism, number)
    member._name_, member._value_ = f"VENDOR_{number:#x}", number
    return member
