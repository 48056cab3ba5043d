"""Master keys: SM4 keys that wrap private keys, from a folder or from the environment, with rotation.

A folder holds `master.key` (the first key, `m1`), later ones as `master-<id>.key`, and the id of the current
one in `master.current`. Values wrapped here name their key, so several keys work side by side while a
rotation runs; values from before that have no name and are the first key's.
"""

import base64
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Self

from lib_gm import CannotDecrypt, decrypt, encrypt
from svc_seal.keys.provider import KeyUnusable

FIRST = "m1"
MAGIC = b"SMK1:"
KEY_BYTES = 16
ID = re.compile(r"^m\d{1,6}$")


class MasterKeyUnusable(ValueError):
    """The master keys as configured cannot be used; the text names what is wrong and no secret."""


class MasterKeys:
    """Wraps and unwraps; reads the folder again when another process has rotated."""

    def __init__(self, folder: Path | None, given: dict[str, bytes], current: str) -> None:
        self._folder = folder
        self._keys = given
        self._current = current

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """Open the keys of a folder; a folder without one gets one."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / "master.key").exists() and not (folder / "master.current").exists():
            write_secret(folder / "master.key", os.urandom(KEY_BYTES))
        found = cls(folder, {}, FIRST)
        found._read()
        return found

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `{"current": id, "keys": {id: base64 of 16 bytes}}`. Raises MasterKeyUnusable."""
        try:
            content = json.loads(text)
            keys = {name: base64.b64decode(key, validate=True) for name, key in content["keys"].items()}
            current = content["current"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MasterKeyUnusable("the master keys are no JSON of the documented shape") from error
        for name, key in keys.items():
            _check(name, key)
        if current not in keys:
            raise MasterKeyUnusable("the current master key is not among the keys")
        return cls(None, keys, current)

    @property
    def current(self) -> str:
        """Return the id of the key that wraps now."""
        if self._folder is not None:
            self._read()
        return self._current

    @property
    def prefix(self) -> bytes:
        """Return how values begin that the current key wrapped."""
        return MAGIC + self.current.encode() + b":"

    def wrap(self, plain: bytes, label: str) -> bytes:
        """Return a secret wrapped under the current key."""
        prefix = self.prefix
        return prefix + encrypt(self._keys[self._current], plain, label.encode())

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Return the secret. Raises KeyUnusable for another label, a changed value or a missing key."""
        name, sealed = FIRST, wrapped
        if wrapped.startswith(MAGIC):
            encoded, _, sealed = wrapped[len(MAGIC) :].partition(b":")
            name = encoded.decode("ascii", "replace")
        try:
            return decrypt(self._key(name), sealed, label.encode())
        except CannotDecrypt as error:
            raise KeyUnusable(f"密钥不能用主密钥 {name} 解开") from error

    def rotate(self) -> str:
        """Make a new key current and return its id. Raises MasterKeyUnusable when keys come from outside."""
        if self._folder is None:
            raise MasterKeyUnusable("master keys from the environment are rotated there")
        self._read()
        name = f"m{1 + max(int(key[1:]) for key in self._keys)}"
        write_secret(self._folder / f"master-{name}.key", os.urandom(KEY_BYTES))
        write_secret(self._folder / "master.current", name.encode())
        self._read()
        return name

    def forget_others(self) -> list[str]:
        """Delete every key but the current one; return their ids. Nothing may be wrapped under them."""
        if self._folder is None:
            return []
        self._read()
        others = [name for name in self._keys if name != self._current]
        for name in others:
            self._path(name).unlink(missing_ok=True)
            del self._keys[name]
        return others

    def _key(self, name: str) -> bytes:
        if name not in self._keys and self._folder is not None:
            self._read()
        if name not in self._keys:
            raise KeyUnusable("密钥所用的主密钥不在本机")
        return self._keys[name]

    def _read(self) -> None:
        folder = self._folder
        if folder is None:
            return
        pointer = folder / "master.current"
        current = pointer.read_text(encoding="ascii").strip() if pointer.exists() else FIRST
        found = {path.stem.removeprefix("master-"): path for path in folder.glob("master-*.key")}
        if (folder / "master.key").exists():
            found[FIRST] = folder / "master.key"
        self._keys = {name: path.read_bytes() for name, path in found.items()}
        for name, key in self._keys.items():
            _check(name, key)
        if current not in self._keys:
            raise MasterKeyUnusable(f"the current master key {current} is missing in the folder")
        self._current = current

    def _path(self, name: str) -> Path:
        if self._folder is None:
            raise MasterKeyUnusable("these keys have no folder")
        return self._folder / ("master.key" if name == FIRST else f"master-{name}.key")


def _check(name: str, key: bytes) -> None:
    if not ID.match(name) or len(key) != KEY_BYTES:
        raise MasterKeyUnusable(f"master key {name!r} is not 16 bytes under an id like m1")


def write_secret(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    Path(name).replace(path)
