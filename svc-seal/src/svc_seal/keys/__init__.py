"""Where signing keys live: a port with two providers, and the master keys that wrap software keys."""

from svc_seal.keys.master import MasterKeys, MasterKeyUnusable
from svc_seal.keys.pkcs11 import Pkcs11Keys, Pkcs11Token, Token, TokenFailed
from svc_seal.keys.provider import KeyProvider, KeyUnusable, NewKey
from svc_seal.keys.software import SoftwareKeys

__all__ = [
    "KeyProvider",
    "KeyUnusable",
    "MasterKeyUnusable",
    "MasterKeys",
    "NewKey",
    "Pkcs11Keys",
    "Pkcs11Token",
    "SoftwareKeys",
    "Token",
    "TokenFailed",
]
