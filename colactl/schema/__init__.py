"""What a config may hold: one declaration for each key. No Hydra, no torch, no terminal."""
