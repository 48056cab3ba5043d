"""Names of the national algorithms, told to asn1crypto once."""

from asn1crypto import algos, keys

SM2_WITH_SM3 = "1.2.156.10197.1.501"
SM2_CURVE = "1.2.156.10197.1.301"
SM3 = "1.2.156.10197.1.401"

keys.NamedCurve.register("sm2p256v1", SM2_CURVE, 32)
algos.SignedDigestAlgorithmId._map[SM2_WITH_SM3] = "sm2_sm3"
algos.SignedDigestAlgorithmId._reverse_map = None
