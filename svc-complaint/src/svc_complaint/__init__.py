"""Cases (有诉即应, 办不成事) and ratings (好差评)."""
