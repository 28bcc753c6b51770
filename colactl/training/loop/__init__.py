"""A training run from a settled config to its result."""
