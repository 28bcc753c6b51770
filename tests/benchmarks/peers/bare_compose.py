"""Composes a config with Hydra and prints it, with nothing else around: bare_compose.py DIR [OVERRIDE ...]."""

from __future__ import annotations

import sys

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

if __name__ == "__main__":
    with initialize_config_dir(sys.argv[1], version_base="1.3"):
        sys.stdout.write(OmegaConf.to_yaml(compose("config", sys.argv[2:])))
