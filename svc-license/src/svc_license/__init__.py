"""Electronic licences (电子证照): issued, shown, shared with consent, verified."""
