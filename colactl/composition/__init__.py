"""Hydra: names and overrides become a validated config."""
