"""Hydra: names and overrides become a validated config."""

from colactl.composition.compose import Composed, compose, compose_and_validate, config_hash
from colactl.composition.data import check_split, compose_data, validate_data
from colactl.composition.validate import trainable, validate
from colactl.schema.config_files import config_dir

__all__ = [
    "Composed",
    "check_split",
    "compose",
    "compose_and_validate",
    "compose_data",
    "config_dir",
    "config_hash",
    "trainable",
    "validate",
    "validate_data",
]
