"""Cases (诉求): taken in, given to departments, solved, confirmed."""
