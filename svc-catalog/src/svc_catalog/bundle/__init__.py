"""Bundles (一件事): several items done as one, with one form, one set of materials and one deadline."""
