"""Chinese national cryptography: SM2, SM3, SM4, certificates."""
