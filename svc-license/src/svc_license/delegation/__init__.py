"""Delegation (授权代持): a family member or agent may show a licence, once they accept, until a day."""
