"""A sweep becomes many runs on one of Hydra's launchers."""
