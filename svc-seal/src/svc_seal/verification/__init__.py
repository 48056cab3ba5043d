"""Verification of sealed documents (验章): every check apart, in Chinese."""
