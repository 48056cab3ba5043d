"""The port of a key provider."""

from typing import NamedTuple, Protocol

from lib_gm import SigningKey
from lib_kernel import Unavailable


class KeyUnusable(Unavailable):
    """A key cannot be opened: it belongs to another provider, its master key is missing, it was changed."""

    code = "seal-key-unusable"
    title = "印章密钥暂时不可用"


class NewKey(NamedTuple):
    """A new key and the handle under which the provider opens it again. The handle holds no open secret."""

    key: SigningKey
    handle: bytes


class KeyProvider(Protocol):
    """Makes and opens SM2 signing keys. `label` names the owner and must be the same each time."""

    def create(self, label: str) -> NewKey:
        """Return a new key."""
        ...

    def open(self, handle: bytes, label: str) -> SigningKey:
        """Return the key of a handle. Raises KeyUnusable."""
        ...
