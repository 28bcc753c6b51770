"""Where a run or a sweep goes, as its config says."""

from __future__ import annotations

from pathlib import Path

from omegaconf import OmegaConf

from colactl.composition.compose import Composed

# Hydra's own defaults (hydra/output/default.yaml); two runs of one second would share such a folder.
RUN_DIR = "outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}"
SWEEP_DIR = "multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}"


def run_folder(composed: Composed) -> tuple[Path, bool]:
    """The folder of a run, and whether the user chose it; one that nobody chose is to be made unique."""
    return _folder(composed, "hydra.run.dir", RUN_DIR)


def sweep_folder(composed: Composed) -> tuple[Path, bool]:
    """The folder of a sweep, and whether the user chose it; one that nobody chose is to be made unique."""
    return _folder(composed, "hydra.sweep.dir", SWEEP_DIR)


def _folder(composed: Composed, key: str, default: str) -> tuple[Path, bool]:
    unresolved = OmegaConf.to_container(composed.hydra, resolve=False)
    section = key.split(".")[1]
    assert isinstance(unresolved, dict)  # Hydra's own node always is
    return Path(composed.path(key)), unresolved[section]["dir"] != default
