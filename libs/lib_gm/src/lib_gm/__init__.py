"""Chinese national cryptography: SM2, SM3, SM4, certificates, seals of GB/T 38540."""

from lib_gm._asn1 import SM2_WITH_SM3, SM3
from lib_gm._certificates import (
    Issued,
    is_issued_by,
    is_valid_at,
    issue,
    make_root,
    may_sign,
    public_key_of,
    serial_of,
    subject_name,
)
from lib_gm._cipher import CannotDecrypt, FieldCipher, decrypt, encrypt
from lib_gm._seals import (
    Finding,
    NotASeal,
    SealFacts,
    SignatureFacts,
    check_seal,
    check_signature,
    make_seal,
    parse_seal,
    parse_signature,
    sign_with_seal,
)
from lib_gm._sm2 import Sm2PrivateKey, Sm2PublicKey, sm3

__all__ = [
    "SM2_WITH_SM3",
    "SM3",
    "CannotDecrypt",
    "FieldCipher",
    "Finding",
    "Issued",
    "NotASeal",
    "SealFacts",
    "SignatureFacts",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "check_seal",
    "check_signature",
    "decrypt",
    "encrypt",
    "is_issued_by",
    "is_valid_at",
    "issue",
    "make_root",
    "make_seal",
    "may_sign",
    "parse_seal",
    "parse_signature",
    "public_key_of",
    "serial_of",
    "sign_with_seal",
    "sm3",
    "subject_name",
]
