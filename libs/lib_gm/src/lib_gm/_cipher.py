"""SM4-GCM for fields and keys at rest, and blind indexes to search encrypted values."""

import base64
import hmac
import json
import os
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

NONCE = 12
TAG = 16


class CannotDecrypt(ValueError):
    """The value was changed, belongs elsewhere, or its key is not here. No part of it is in the message."""


def encrypt(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Return nonce, SM4-GCM ciphertext and tag; `context` must be the same to decrypt. Key: 16 bytes."""
    nonce = os.urandom(NONCE)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(context)
    return nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Return the plain bytes. Raises CannotDecrypt."""
    nonce, body, tag = sealed[:NONCE], sealed[NONCE:-TAG], sealed[-TAG:]
    try:
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(context)
        return decryptor.update(body) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt("the value cannot be decrypted") from error


class FieldCipher:
    """Encrypts single fields: `<key id>:<base64>`. Old keys stay readable after a rotation.

    `context` names table and column, so that a value copied into another column does not decrypt.
    """

    def __init__(self, current: str, keys: dict[str, bytes], index_key: bytes) -> None:
        if current not in keys:
            raise ValueError("the current field key is not among the keys")
        self._current = current
        self._keys = keys
        self._index_key = index_key

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read `{"current": id, "keys": {id: base64 of 16 bytes}, "index": base64 of 32 bytes}`."""
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = {name: base64.b64decode(key) for name, key in content["keys"].items()}
        return cls(content["current"], keys, base64.b64decode(content["index"]))

    def encrypt(self, text: str, *, context: str) -> str:
        """Return the text encrypted under the current key."""
        sealed = encrypt(self._keys[self._current], text.encode(), context.encode())
        return f"{self._current}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, value: str, *, context: str) -> str:
        """Return the text. Raises CannotDecrypt."""
        key_id, _, sealed = value.partition(":")
        if key_id not in self._keys:
            raise CannotDecrypt("the key of the value is not known here")
        return decrypt(self._keys[key_id], base64.b64decode(sealed), context.encode()).decode()

    def blind_index(self, text: str) -> str:
        """Return the HMAC-SM3 of the normalised text: equal texts can be found, none can be read."""
        return hmac.new(self._index_key, text.strip().upper().encode(), "sm3").hexdigest()
