"""The seam between what asks for work and what does it: module-level functions, picklable, light to import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from colactl.errors import ColactlError, TrainingError
from colactl.runs.create import create, create_unique, default_folder, write_hydra_files
from colactl.runs.provenance import provenance
from colactl.runs.run import LOG, Run


@dataclass(frozen=True)
class Record:
    """How a config was composed, for the run's `.hydra` folder.

    Attributes:
        hydra: The composed config; of it, Hydra's own node is recorded.
        overrides: Those that were typed.
    """

    hydra: DictConfig | None = None
    overrides: tuple[str, ...] = ()


def train(
    config: DictConfig,
    folder: Path | None = None,
    *,
    unique: bool = False,
    record: Record = Record(),
    talkative: bool = True,
) -> Run:
    """Trains on a validated config, in a new run folder.

    Args:
        config: Validated, without Hydra's node.
        folder: The run's folder; None puts it under `outputs/`, by day and second.
        unique: Whether four random letters are added to the folder's name.
        record: How the config was composed.
        talkative: Whether progress and warnings may be shown on stderr.

    Returns:
        The complete run.

    Raises:
        ColactlError: The folder is taken, the data or the model is not to be had, or the training failed.
    """
    run = create_unique(folder or default_folder()) if unique or folder is None else create(folder)
    write_hydra_files(run.folder, config, record.hydra, list(record.overrides))
    return work(run, config, talkative)


def work(run: Run, config: DictConfig, talkative: bool = False) -> Run:
    """Trains in a run folder that exists, and records how it ends there.

    Raises:
        ColactlError: Whatever went wrong; a library's own exception is told as a `TrainingError`.
    """
    with run.recording():
        try:
            run.complete(_figures(run, config, talkative))
        except (ColactlError, KeyboardInterrupt):
            raise
        except Exception as error:
            reason = str(error).partition("\n")[0]
            log = f"See {run.folder / LOG}"
            raise TrainingError(f"Training failed with {type(error).__name__}: {reason}", log) from error
    return run


def _figures(run: Run, config: DictConfig, talkative: bool) -> dict[str, Any]:
    from colactl.training.corpus import load_splits
    from colactl.training.settings import settle

    settled = settle(config)
    run.write_config(settled)
    splits = load_splits(settled.data)
    run.write_provenance(provenance(settled.seed, splits.fingerprint()))

    from colactl.training.fit import fit  # after the data: bad data is told without seconds of imports

    return fit(settled, splits, run.folder, talkative)
