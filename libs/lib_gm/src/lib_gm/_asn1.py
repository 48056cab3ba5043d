"""ASN.1 structures of GB/T 38540-2020 seals and signatures, in the order of the standard's fields."""

from typing import ClassVar

from asn1crypto import core

SM2_WITH_SM3 = "1.2.156.10197.1.501"
SM2_CURVE = "1.2.156.10197.1.301"
SM3 = "1.2.156.10197.1.401"


class SesHeader(core.Sequence):  # type: ignore[misc]
    """SES_Header: `ES`, version 4, maker's id."""

    _fields: ClassVar = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class CertificateList(core.SequenceOf):  # type: ignore[misc]
    """DER certificates of the permitted signers."""

    _child_spec = core.OctetString


class SesProperty(core.Sequence):  # type: ignore[misc]
    """SES_ESPropertyInfo; `certListType` 1 only: whole certificates."""

    _fields: ClassVar = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list_type", core.Integer),
        ("cert_list", CertificateList),
        ("create_date", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]


class SesPicture(core.Sequence):  # type: ignore[misc]
    """SES_ESPictrueInfo; width and height in whole millimetres."""

    _fields: ClassVar = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class SesSealInfo(core.Sequence):  # type: ignore[misc]
    """SES_SealInfo. Extensions are read in either tagging and never written."""

    _fields: ClassVar = [
        ("header", SesHeader),
        ("es_id", core.IA5String),
        ("property", SesProperty),
        ("picture", SesPicture),
        ("ext_datas", core.Any, {"optional": True}),
    ]


class SesSeal(core.Sequence):  # type: ignore[misc]
    """SESeal V4: the maker's signature is over the DER of `seal_info`."""

    _fields: ClassVar = [
        ("seal_info", SesSealInfo),
        ("cert", core.OctetString),
        ("sign_alg", core.ObjectIdentifier),
        ("signed_value", core.OctetBitString),
    ]


class TbsSign(core.Sequence):  # type: ignore[misc]
    """TBS_Sign: what the signer signs. The seal stands byte for byte as in `Seal.esl`."""

    _fields: ClassVar = [
        ("version", core.Integer),
        ("eseal", SesSeal),
        ("time_info", core.GeneralizedTime),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
        ("ext_datas", core.Any, {"optional": True, "explicit": 0}),
    ]


class SesSignature(core.Sequence):  # type: ignore[misc]
    """SES_Signature V4; the time stamp is optional."""

    _fields: ClassVar = [
        ("to_sign", TbsSign),
        ("cert", core.OctetString),
        ("signature_alg", core.ObjectIdentifier),
        ("signature", core.OctetBitString),
        ("time_stamp", core.OctetBitString, {"optional": True, "explicit": 0}),
    ]
