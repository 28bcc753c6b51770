"""Prints the config as the tutorial's training script does: @hydra.main, below the imports that it trains with."""

from __future__ import annotations

import sys

import datasets  # noqa: F401 - what the tutorial imports before it sees its config
import hydra
from omegaconf import DictConfig, OmegaConf

import tests.benchmarks.peers.tutorial  # noqa: F401 - as above


@hydra.main(config_path=None, config_name="config", version_base="1.3")
def main(config: DictConfig) -> None:
    sys.stdout.write(OmegaConf.to_yaml(config))


if __name__ == "__main__":
    main()
