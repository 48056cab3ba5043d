"""Keys in this process, stored wrapped under a master key."""

from lib_gm import SigningKey, Sm2PrivateKey
from svc_seal.keys.master import MasterKeys
from svc_seal.keys.provider import KeyUnusable, NewKey


class SoftwareKeys:
    """Makes keys in memory; their handles are the keys wrapped with SM4-GCM."""

    def __init__(self, master: MasterKeys) -> None:
        self.master = master

    def create(self, label: str) -> NewKey:
        """Return a new key."""
        return self.keep(Sm2PrivateKey.generate(), label)

    def keep(self, key: Sm2PrivateKey, label: str) -> NewKey:
        """Take in a key made elsewhere."""
        return NewKey(key, self.master.wrap(key.pem(), label))

    def open(self, handle: bytes, label: str) -> SigningKey:
        """Return the key of a handle. Raises KeyUnusable."""
        try:
            return Sm2PrivateKey.from_pem(self.master.unwrap(handle, label))
        except ValueError as error:
            raise KeyUnusable("密钥内容不是 SM2 私钥") from error
